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
    "up": ("▴", "^"),
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
    "fill_work": ("━", "="),
    "fill_check": ("╍", "%"),
    "fill_wait": ("┈", "?"),
    "fill_hold": ("╌", "-"),
    "fill_pause": ("·", "."),
    "gate_ok": ("✓", "v"),
    "gate_bad": ("✗", "X"),
    **{
        f"level_{at}": (block, plain)
        for at, (block, plain) in enumerate(zip("▁▂▃▄▅▆▇█", "..::==##", strict=True))
    },
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
    """Return the glyphs that the terminal's locale can show.

    Python sets LC_CTYPE=C.UTF-8 where it finds the C locale (PEP 538); that says nothing of the terminal.
    """
    values = os.environ if environment is None else environment
    everything, ctype, language = (values.get(name) or "" for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    if not everything and ctype == COERCED and language in PLAIN_LOCALES:
        ctype = language
    named = everything or ctype or language
    encoding = named.partition(".")[2].partition("@")[0]
    if not encoding and named not in PLAIN_LOCALES and environment is None:
        encoding = locale.getpreferredencoding(False)
    return UNICODE if encoding.lower().replace("-", "") == "utf8" else ASCII


PLAIN_LOCALES = frozenset({"C", "POSIX"})
COERCED = "C.UTF-8"
