"""The looks that `t` goes through: two of our own, and the quietest that Textual ships."""

from __future__ import annotations

from textual.theme import Theme

__all__ = ["DARK", "LIGHT", "NAMES", "after"]

DARK = Theme(
    name="agentboard",
    primary="#7aa2c8",
    secondary="#8fb3b0",
    accent="#e0b060",
    foreground="#d6dae0",
    background="#14171c",
    surface="#191d23",
    panel="#1f242c",
    success="#87b87f",
    warning="#e0a458",
    error="#e07a70",
    dark=True,
)

LIGHT = Theme(
    name="agentboard-light",
    primary="#2f5f8f",
    secondary="#2c6e6a",
    accent="#8a5a00",
    foreground="#22262c",
    background="#fafaf7",
    surface="#f1f1ec",
    panel="#e6e6df",
    success="#2f7030",
    warning="#8a5200",
    error="#a8281e",
    dark=False,
)

NAMES = (DARK.name, LIGHT.name, "textual-dark", "nord", "gruvbox", "solarized-light", "ansi-dark")
"""Names of the themes, in the order of the `t` key."""


def after(name: str) -> str:
    """Return the theme after `name`."""
    return NAMES[(NAMES.index(name) + 1) % len(NAMES)] if name in NAMES else NAMES[0]
