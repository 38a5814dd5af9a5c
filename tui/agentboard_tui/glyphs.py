"""Glyphs of states and marks, one cell wide each, with ASCII in their place where the locale is not UTF-8."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping

from msgspec import Struct

from agentboard_tasks.model import State
from agentboard_tasks.text import SafeText

__all__ = ["ASCII", "UNICODE", "Glyphs", "choose"]

RUN_GLYPHS = {
    "queued": ("○", "o"),
    "starting": ("◌", "."),
    "working": ("▶", ">"),
    "paused": ("‖", "="),
    "pausing": ("⏸", "-"),
    "waiting": ("?", "?"),
    "holding": ("◷", "@"),
    "checking": ("✓", "v"),
    "correcting": ("↻", "&"),
    "review": ("◆", "#"),
    "accepted": ("●", "*"),
    "rejected": ("⊘", "0"),
    "failed": ("✗", "X"),
    "cancelled": ("×", "x"),
    "idle": ("–", "-"),
}
"""State of a run to its glyph and what stands for it in ASCII; each ASCII one is its own."""

TASK_GLYPHS = {
    State.IN_PROGRESS: ("▶", ">"),
    State.BLOCKED: ("!", "!"),
    State.TODO: ("○", "o"),
    State.OTHER: ("·", "."),
    State.DONE: ("✓", "v"),
    State.SKIPPED: ("×", "x"),
}

MARKS = {
    "branch": ("⎇", "@"),
    "open": ("▾", "v"),
    "closed": ("▸", ">"),
    "cursor": ("▌", ">"),
    "horizontal": ("─", "-"),
    "vertical": ("│", "|"),
    "top_left": ("┌", "+"),
    "top_right": ("┐", "+"),
    "bottom_left": ("└", "+"),
    "bottom_right": ("┘", "+"),
    "horizontal_on": ("━", "="),
    "vertical_on": ("┃", "#"),
    "top_left_on": ("┏", "#"),
    "top_right_on": ("┓", "#"),
    "bottom_left_on": ("┗", "#"),
    "bottom_right_on": ("┛", "#"),
    "unequal": ("≠", "#"),
    "ok": ("✓", "v"),
    "problem": ("⚠", "!"),
    "blocked": ("!", "!"),
    "plain": (" ", " "),
    "ellipsis": ("…", "~"),
    "dot": ("·", "-"),
    "need": ("●", "*"),
}

PROVENANCE = {"reported": "", "inferred": "~", "stale": "!"}


class Glyphs(Struct, frozen=True):
    """One set of glyphs: Unicode or ASCII."""

    runs: Mapping[str, SafeText]
    tasks: Mapping[State, SafeText]
    marks: Mapping[str, SafeText]

    def run(self, state: str, provenance: str = "reported") -> SafeText:
        """Return the glyph of a run's state, after the mark that says how it is known."""
        return SafeText(PROVENANCE.get(provenance, "") + self.runs.get(state, SafeText("?")))

    def mark(self, name: str) -> SafeText:
        """Return a mark by its name."""
        return self.marks[name]


def _pick(place: int) -> Glyphs:
    return Glyphs(
        {name: SafeText(pair[place]) for name, pair in RUN_GLYPHS.items()},
        {state: SafeText(pair[place]) for state, pair in TASK_GLYPHS.items()},
        {name: SafeText(pair[place]) for name, pair in MARKS.items()},
    )


UNICODE = _pick(0)
ASCII = _pick(1)


def choose(environment: Mapping[str, str] | None = None) -> Glyphs:
    """Return the glyphs that the terminal's locale can show."""
    values = os.environ if environment is None else environment
    named = values.get("LC_ALL") or values.get("LC_CTYPE") or values.get("LANG") or ""
    encoding = named.partition(".")[2] or (
        "" if environment is not None else locale.getpreferredencoding(False)
    )
    return UNICODE if encoding.lower().replace("-", "").startswith("utf8") else ASCII
