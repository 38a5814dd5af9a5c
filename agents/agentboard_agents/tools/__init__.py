"""What an agent can do, one tool family a module."""
