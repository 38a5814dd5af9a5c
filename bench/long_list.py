"""A task list of 10,000 lines in sections, as an agent that works for months would leave it."""

from __future__ import annotations

import random

__all__ = ["LINES", "long_list"]

LINES = 10_000
SEED = 5
PROSE = "add fix move test document review the endpoint cache schema client worker for orders users"
WORDS = PROSE.split()


def long_list(lines: int = LINES, *, sections: bool = True) -> bytes:
    """Return the bytes of a list; without sections its boxes alone are the states."""
    chance = random.Random(SEED)
    heads = {0: "## In Progress", 4: "## To Do", lines // 2: "## Completed"}
    made = ["# Backend tasks", ""]
    while len(made) < lines:
        if sections and len(made) - 2 in heads:
            made.append(heads[len(made) - 2])
        else:
            made.append(_item(chance, len(made), done=sections and len(made) > lines // 2))
    return ("\n".join(made) + "\n").encode()


def _item(chance: random.Random, number: int, *, done: bool) -> str:
    words = " ".join(chance.choices(WORDS, k=6))
    name = f"T{number:04} " if number % 2 else ""
    date = " (completed: 2026-01-02)" if done else ""
    return f"- [{'x' if done else ' '}] {name}{words} {number}{date}"
