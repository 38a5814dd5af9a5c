"""What goes wrong between agentboard and git, as values a person can act on."""

from __future__ import annotations

__all__ = ["BadName", "GitFault"]


class GitFault(Exception):
    """A git operation that did not happen: what was tried, what git said, what to do about it.

    `said` is git's own text and comes from outside: it is shown as text, never obeyed.
    """

    def __init__(self, what: str, said: str = "", hint: str = "") -> None:
        text = ": ".join(piece for piece in (what, _first_line(said)) if piece)
        super().__init__(f"{text} ({hint})" if hint else text)
        self.what = what
        self.said = said
        self.hint = hint


class BadName(GitFault):
    """A name from outside that git must not see as a ref."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name[:80]!r} cannot name a branch or commit", reason)
        self.name = name


def _first_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[0][:300] if lines else ""
