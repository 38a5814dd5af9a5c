"""What is on disk: bytes to values to patches. No user interface, no model, no network, no clock."""
