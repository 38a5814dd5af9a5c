"""How a status is written in a file: in the words and the style of the one that it replaces."""

from __future__ import annotations

from agentboard_tasks.model import State

__all__ = ["spelled"]

_WORDS = {
    State.TODO: "todo",
    State.IN_PROGRESS: "in_progress",
    State.BLOCKED: "blocked",
    State.DONE: "done",
    State.SKIPPED: "cancelled",
}
_KINDS = {  # how a file spells its present status says how it would spell the others
    "pending": {State.DONE: "completed", State.TODO: "pending"},
    "completed": {State.TODO: "pending"},
    "open": {State.DONE: "closed", State.TODO: "open"},
    "closed": {State.TODO: "open"},
}


def spelled(held: str, state: State) -> str:
    """The word for a state, spelled like the status `held`."""
    word = _KINDS.get(held.casefold(), {}).get(state, _WORDS[state])
    if "-" in held and "_" in word:
        word = word.replace("_", "-")
    if held[:1].isupper():
        word = "To Do" if word == "todo" else word.replace("_", " ").title()
    return word
