"""The domain of a small web shop."""
