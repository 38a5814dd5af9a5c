"""Prices in cents."""


def total(lines: list[tuple[int, int]]) -> int:
    """Return the total of `(price, quantity)` lines."""
    return sum(price * quantity for price, quantity in lines)
