"""What happens to finished work: accepted by a merge, sent back, compared with other branches."""
