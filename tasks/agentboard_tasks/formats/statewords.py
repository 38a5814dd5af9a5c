"""Which words mean which state: headings that are states, legends, status fields."""

from __future__ import annotations

import re
from functools import lru_cache

from agentboard_tasks.model import State

__all__ = ["heading_state", "leading_state", "sentence_state", "word_state"]

_WORDS: dict[State, str] = {
    State.TODO: "to do|todo|todos|to dos|backlog|pending|not started|open|planned|"
    "queued|queue|upcoming|up next|next up|next|ready|new|"
    "incomplete|unchecked|remaining|not done|to be done|outstanding|unstarted",
    State.IN_PROGRESS: "in progress|inprogress|doing|active|wip|work in progress|current|currently|started|"
    "review|reviewing|"
    "ongoing|in development|working|working on|under way|underway|in review|partial|partially done|"
    "partially complete|running|currently working on",
    State.BLOCKED: "blocked|on hold|waiting|stuck|waiting on others|"
    "blocked or waiting|failed|needs attention",
    State.DONE: "done|completed|complete|finished|closed|resolved|shipped|"
    "recently completed|merged|fixed|passed|"
    "checked|verified",
    State.SKIPPED: "skipped|skip|cancelled|canceled|deferred|postponed|wont do|won t do|won't do|wontfix|"
    "abandoned|dropped|obsolete|not applicable|n a|removed|rejected|deleted|out of scope",
}
_STATES = {word: state for state, words in _WORDS.items() for word in words.split("|")}
_HEADING_ONLY_ALONE = frozenset(
    {"new", "running", "working", "currently", "failed", "merged", "removed", "rejected"}
)
_FIELDS_ONLY = frozenset({"review", "reviewing"})  # a status field says so; a heading tells what to do
_COUNT = re.compile(r"[(\[{][^()\[\]{}\n]{0,24}[)\]}]")
_NOISE = re.compile(r"[^\w']+|_+|\d+")
_ASIDE = re.compile(r"<[^<>]{1,100}>|\{#[^{}]{1,100}\}")  # HTML, and the id of a heading
_PLURALS = frozenset({"tasks", "items"})
_NOUNS = frozenset({"tasks", "task", "items", "item", "list", "work", "stories"})


@lru_cache(maxsize=4096)
def _phrase(text: str) -> str:
    return _NOISE.sub(" ", text[:200]).strip().casefold()


@lru_cache(maxsize=4096)
def heading_state(text: str) -> State | None:
    """The state that a heading names if all of it, less emoji, count and punctuation, is a state word."""
    phrase = _phrase(_COUNT.sub(_only_counts, _ASIDE.sub(" ", text[:200])))
    if phrase in _HEADING_ONLY_ALONE:
        return None
    words = phrase.split()
    if len(words) > 1 and words[0] in _PLURALS and phrase not in _STATES:
        words.pop(0)
    elif len(words) > 1 and words[-1] in _NOUNS and " ".join(words) not in _STATES:
        words.pop()
    if " ".join(words) in _FIELDS_ONLY:
        return None
    return _STATES.get(" ".join(words))


def _only_counts(match: re.Match[str]) -> str:
    return (
        " "
        if any(character.isdigit() for character in match[0]) or match[0] in ("[x]", "[X]", "[ ]")
        else match[0]
    )


def word_state(text: str) -> State | None:
    """The state that a text names if it is nothing but a state word."""
    return _STATES.get(_phrase(text))


def leading_state(text: str) -> State | None:
    """The state that the first one to four words of a text name, such as `done (merged)`."""
    words = _phrase(text).split()[:4]
    while words and words[0] in ("is", "for", "means", "mean", "task", "tasks"):
        words.pop(0)
    for count in range(len(words), 0, -1):
        state = _STATES.get(" ".join(words[:count]))
        if state is not None:
            return state
    return None


def sentence_state(text: str) -> State | None:
    """The state that a status field means; it may be a whole sentence, whose first state word counts."""
    words = _phrase(text).split()
    for start in range(len(words)):
        for count in range(min(4, len(words) - start), 0, -1):
            state = _STATES.get(" ".join(words[start : start + count]))
            if state is not None:
                return state
    return None
