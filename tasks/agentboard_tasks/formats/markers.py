"""What the character in a box means, by convention and by a file's own legend."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agentboard_tasks.formats.statewords import heading_state, leading_state, word_state
from agentboard_tasks.model import State

__all__ = [
    "CONVENTIONS",
    "Legend",
    "is_box",
    "is_legend_title",
    "is_list_title",
    "legend_of_item",
    "legend_of_line",
    "says_a_state",
    "state_of",
]

Legend = Mapping[str, State]

CONVENTIONS: Legend = {
    " ": State.TODO,
    "": State.TODO,
    **dict.fromkeys(("x", "X", "✓", "✔", "✔️", "✅", "☑", "☑️"), State.DONE),
    **dict.fromkeys(
        ("~", "/", "🔄", "🚧", "⏳", "WIP", "IN PROGRESS", "IN-PROGRESS", "DOING"), State.IN_PROGRESS
    ),
    **dict.fromkeys(("!", "⛔", "🚫", "BLOCKED"), State.BLOCKED),
    **dict.fromkeys((">", "-", "SKIP", "SKIPPED", "CANCELLED", "CANCELED", "DEFERRED", "N/A"), State.SKIPPED),
    **dict.fromkeys(("DONE", "COMPLETED", "COMPLETE"), State.DONE),
    **dict.fromkeys(("TODO", "TO DO", "PENDING"), State.TODO),
}

_TAGS = frozenset({"P"})
_FIXED = frozenset({" ", "", "x", "X"})  # these mean the same everywhere; no legend changes them
_PAIR = re.compile(
    r"\[([^\[\]\r\n]{1,4})\][`*_\"')]{0,4}[ \t]*(?:[=:→|-]|–|—|means|is|for)?[ \t]*([^\[\]|,;\r\n]{1,80})"
)
_TITLES = frozenset(
    [
        "legend",
        "status legend",
        "task legend",
        "task status legend",
        "key",
        "status key",
        "markers",
        "status markers",
        "checkbox legend",
        "status indicators",
        "status icons",
        "notation",
        "marker legend",
    ]
)
_LIST_TITLES = frozenset(["task status", "task states", "statuses", "conventions"])
_WORDS_ONLY = re.compile(r"[^\w ]+")


def is_box(marker: str, legend: Legend = CONVENTIONS) -> bool:
    """Whether `[marker]` is a box rather than a tag, a number or a link."""
    if marker in legend or marker in CONVENTIONS or marker.upper() in CONVENTIONS:
        return True
    return len(marker.rstrip("\ufe0f")) == 1 and marker not in _TAGS and not marker.isdigit()


def state_of(marker: str, legend: Legend) -> State:
    """What a box with this marker says; a marker that nobody explains is `other`."""
    state = legend.get(marker)
    if state is not None:
        return state
    return CONVENTIONS.get(marker) or CONVENTIONS.get(marker.strip().upper(), State.OTHER)


def legend_of_line(line: str, *, within_legend: bool) -> dict[str, State]:
    """The markers that a line explains; a single pair counts only if the rest is nothing but a state word."""
    found: dict[str, State] = {}
    pairs = _PAIR.findall(line[:1000])
    for marker, label in pairs:
        plain = label.strip("`*_ \t.\"')")
        state = leading_state(plain) if len(pairs) > 1 or within_legend else word_state(plain)
        if state is not None and marker not in _TAGS | _FIXED:
            found[marker] = state
    return found


def legend_of_item(marker: str, text: str) -> dict[str, State]:
    """What an item within a legend block explains, such as `- [~] = in progress`."""
    state = heading_state(text.lstrip("=:–—-→ \t")) or leading_state(text.lstrip("=:–—-→ \t"))
    return {marker: state} if state is not None and marker not in _FIXED else {}


def is_legend_title(text: str) -> bool:
    """Whether a heading or a line's text announces a legend."""
    return _title(text) in _TITLES or is_list_title(text)


def is_list_title(text: str) -> bool:
    """Whether what announces a legend may as well announce a list of tasks."""
    return _title(text) in _LIST_TITLES


def _title(text: str) -> str:
    return " ".join(_WORDS_ONLY.sub(" ", text[:80]).split()).casefold()


def says_a_state(text: str) -> bool:
    """Whether the text of an item is a state word, perhaps with an explanation after it."""
    words = text.lstrip("=:–—-→ \t")
    return heading_state(words) is not None or word_state(re.split("[(:;,.–—-]", words)[0]) is not None
