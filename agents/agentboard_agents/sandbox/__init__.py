"""The control around every command that an agent runs."""
