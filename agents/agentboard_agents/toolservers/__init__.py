"""Servers of tools: programs and addresses that give agents more tools, by the Model Context Protocol."""
