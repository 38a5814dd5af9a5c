"""Users of the shop."""


def create_user(users: dict[str, dict[str, str]], name: str, email: str) -> dict[str, str]:
    """Add a user to `users`, keyed by e-mail address, and return it."""
    raise NotImplementedError
