"""The tail of a run's work: its last tool calls with their results, the current sentence, the todo position.

`fold` takes one event at a time, so that a board keeps up with a stream at the cost of the new events alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from agentboard_agents import board_changeset
from agentboard_agents.board_changeset import Passing
from agentboard_agents.events import Event

__all__ = ["EMPTY_TAIL", "Tail", "TailLine", "fold", "fold_all", "joined_call"]

KEPT = 40
"""Lines of work kept for a pane: more than the tallest pane shows."""

SENTENCE = 2_000
"""Characters kept of the text being written."""

PASSING = "~change set"
"""What ties the line of a change set to the text that still comes."""

DONE_WORDS = frozenset({"completed", "done"})


class TailLine(Struct, frozen=True):
    """A line of work: `kind` is tool, result, fault, text, note or evidence; `call` ties results to calls."""

    kind: str
    text: str
    call: str = ""


class Tail(Struct, frozen=True):
    """What a pane shows of a run; `writing` is true while the last line still grows.

    `held` is text that may be the beginning of a change set, `passing` the one that is being written.
    """

    lines: tuple[TailLine, ...] = ()
    writing: bool = False
    held: str = ""
    passing: Passing | None = None
    todo: tuple[int, int] | None = None
    correction: tuple[int, int] | None = None


EMPTY_TAIL = Tail()


def fold_all(events: Iterable[Event], tail: Tail = EMPTY_TAIL) -> Tail:
    """Return the tail after `events` of one run, in order; pieces of one text are put together first."""
    for event in joined(events):
        tail = fold(tail, event)
    return tail


def joined(events: Iterable[Event]) -> Iterator[Event]:
    """Yield events, those of a text that came in pieces as one: a stream has hundreds for a sentence."""
    for of_text, together in groupby(events, key=lambda event: event.kind == "text"):
        pieces = list(together)
        if of_text and len(pieces) > 1:
            text = "".join(str(piece.data.get("text") or "") for piece in pieces)
            yield replace(pieces[-1], data={**pieces[-1].data, "text": text})
        else:
            yield from pieces


def fold(tail: Tail, event: Event) -> Tail:
    """Return the tail after one event; unknown kinds change nothing."""
    step = STEPS.get(event.kind)
    return step(tail, event.data) if step else tail


def _add(tail: Tail, kind: str, text: str, call: str = "") -> Tail:
    lines = (*tail.lines, TailLine(kind, text, call))[-KEPT:]
    return replace(tail, lines=lines, writing=False, held="", passing=None)


def _text(tail: Tail, data: Mapping[str, Any]) -> Tail:
    delta = str(data.get("text") or "")
    if tail.passing is not None:
        return _passing(tail, tail.lines, tail.passing.after(delta))
    before = tail.lines[-1].text if tail.writing and tail.lines else ""
    kept = tail.lines[:-1] if tail.writing else tail.lines
    text = before + tail.held + delta
    begins = board_changeset.begins(text)
    if begins is not None:
        said = _written(replace(tail, held=""), kept, text[:begins] + "\n")
        return _passing(said, said.lines, Passing().after(text[begins:]))
    undecided = board_changeset.could_begin(text)
    if undecided is not None and len(text) - undecided < SENTENCE:
        return replace(_written(tail, kept, text[:undecided]), held=text[undecided:])
    return replace(_written(tail, kept, text), held="")


def _passing(tail: Tail, lines: tuple[TailLine, ...], passing: Passing) -> Tail:
    """Return the tail with the one line of the change set that is being written, where it stands."""
    line = TailLine("text", board_changeset.words(passing), PASSING)
    known = next((at for at in reversed(range(len(lines))) if lines[at].call == PASSING), None)
    if tail.passing is None or known is None:
        lines = (*lines, line)[-KEPT:]
    else:
        lines = (*lines[:known], line, *lines[known + 1 :])
    return replace(tail, lines=lines, writing=False, held="", passing=passing)


def _written(tail: Tail, kept: tuple[TailLine, ...], text: str) -> Tail:
    *ended, last = text.lstrip().split("\n")
    last = last.lstrip()
    lines = [TailLine("text", line.strip()) for line in ended[-KEPT:] if line.strip()]
    growing = [TailLine("text", last[-SENTENCE:])] if last else []
    return replace(tail, lines=(*kept, *lines, *growing)[-KEPT:], writing=bool(growing))


def _tool_called(tail: Tail, data: Mapping[str, Any]) -> Tail:
    tool, summary = str(data.get("tool", "tool")), str(data.get("summary") or "")
    text = summary if summary.startswith(tool) else f"{tool} {summary}".strip()
    return _add(tail, "tool", text, str(data.get("call", "")))


def _tool_finished(tail: Tail, data: Mapping[str, Any]) -> Tail:
    ok = bool(data.get("ok", True))
    summary, call = str(data.get("summary") or ("done" if ok else "failed")), str(data.get("call", ""))
    place = next((at for at, line in enumerate(tail.lines) if call and line.call == call), None)
    if place is None:
        return _add(tail, "result" if ok else "fault", summary, call)
    text = joined_call(str(data.get("tool") or ""), tail.lines[place].text, summary)
    line = TailLine("tool" if ok else "fault", text, call)
    return replace(tail, lines=(*tail.lines[:place], line, *tail.lines[place + 1 :]))


def joined_call(tool: str, called: str, result: str) -> str:
    """Return one line for a call and its result: a result that names its tool says it all."""
    return result if tool and result.startswith(tool) else f"{called} → {result}"


def _listed(value: Any) -> list[Any]:
    """Return a list from an event's data, empty where it is none."""
    try:
        return msgspec.convert(value, list[Any])
    except msgspec.ValidationError:
        return []


def _todo_changed(tail: Tail, data: Mapping[str, Any]) -> Tail:
    items = _listed(data.get("items"))
    done = sum(
        1 for item in items if isinstance(item, dict) and _state(cast("dict[str, Any]", item)) in DONE_WORDS
    )
    return replace(tail, todo=(done, len(items)) if items else None)


def _state(item: Mapping[str, Any]) -> str:
    return str(item.get("state") or item.get("status") or "")


def _correction(tail: Tail, data: Mapping[str, Any]) -> Tail:
    attempt, of = data.get("attempt"), data.get("of")
    numbers = (attempt if isinstance(attempt, int) else 1, of if isinstance(of, int) else 0)
    return replace(
        _add(tail, "fault", f"corrects itself: {data.get('reason') or 'a gate failed'}"), correction=numbers
    )


def _gate(tail: Tail, data: Mapping[str, Any]) -> Tail:
    state = str(data.get("state", ""))
    new = len(_listed(data.get("new_failures")))
    count = f", {new} new" if new else ""
    kind = "evidence" if state in {"passed", "absent"} else "fault"
    return _add(tail, kind, f"gate {data.get('name', '')}: {state}{count}")


def _claim(tail: Tail, data: Mapping[str, Any]) -> Tail:
    """Add a claim that the facts contradict; one that holds is no news."""
    return (
        tail if data.get("holds") else _add(tail, "fault", f"claims {data.get('claim')}: {data.get('fact')}")
    )


def _sentence(kind: str, pattern: str) -> Callable[[Tail, Mapping[str, Any]], Tail]:
    """Return a step that adds `pattern`, filled from the event's data; what is missing is left out."""

    def step(tail: Tail, data: Mapping[str, Any]) -> Tail:
        return _add(tail, kind, pattern.format_map(_Filled(data)).strip(" :").removesuffix(" on"))

    return step


def _aside(pattern: str) -> Callable[[Tail, Mapping[str, Any]], Tail]:
    """Return a step for what happens while the model writes: the text goes on after it."""
    add = _sentence("note", pattern)

    def step(tail: Tail, data: Mapping[str, Any]) -> Tail:
        return replace(add(tail, data), passing=tail.passing, held=tail.held)

    return step


class _Filled(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


STEPS: dict[str, Callable[[Tail, Mapping[str, Any]], Tail]] = {
    "text": _text,
    "tool_called": _tool_called,
    "tool_finished": _tool_finished,
    "todo_changed": _todo_changed,
    "correction_attempt": _correction,
    "gate_finished": _gate,
    "run_started": _sentence("note", "started on {branch}"),
    "run_paused": _aside("paused at a safe point"),
    "run_resumed": _aside("resumed"),
    "rate_limited": _sentence("note", "holding: {reason}"),
    "escalated": _sentence("note", "escalated: {reason}"),
    "answered": _sentence("note", "answered: {text}"),
    "message_queued": _aside("message queued: {text}"),
    "message_delivered": _sentence("note", "message delivered"),
    "commit_created": _sentence("evidence", "commit {message}"),
    "review_ready": _sentence("evidence", "ready for review"),
    "run_failed": _sentence("fault", "failed: {reason}"),
    "run_cancelled": _sentence("note", "cancelled"),
    "problem_found": _sentence("fault", "{message}"),
    "assumption_found": _sentence("note", "assumes: {text}"),
    "claim_checked": _claim,
    "consultation_started": _sentence("note", "asks {asked}: {question}"),
    "consultation_finished": _sentence("note", "{asked} answered: {answer}"),
    "consultation_deferred": _sentence("note", "left for {to}: {question}"),
}
