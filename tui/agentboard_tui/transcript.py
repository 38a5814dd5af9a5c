"""A run's transcript as blocks: text, folded tool calls, notes. Appending costs the new event alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from agentboard_agents import board_changeset
from agentboard_agents.board_changeset import Passing
from agentboard_agents.board_tail import joined_call
from agentboard_agents.events import Event
from agentboard_tasks.formats.fences import fence_of
from agentboard_tui.changes import change_lines

__all__ = ["CHANGE", "Block", "Transcript"]

DETAIL = 8_000
"""Characters of a tool's input or output that an unfolded call shows."""

CHANGE = 12
"""Lines of a change that show while it is folded."""

TEXT = 200_000
"""Characters of a change set that are kept."""

PIECE = 2_000
"""Characters after which text goes on in a block of its own: what grows is laid out anew each time."""

MOST = 4 * PIECE
"""Characters after which it does so in the middle of a paragraph or of code."""

PARAGRAPH = re.compile(r"\n(?=\n+\S)")


class Block:
    """One thing in a transcript; `revision` grows with each change, so a view knows what to lay out.

    `detail` shows when it is unfolded; `change` (lines of a diff) shows always, its beginning at least.
    """

    __slots__ = ("call", "change", "detail", "kind", "open", "revision", "text", "time")

    def __init__(self, kind: str, text: str, time: str = "", call: str = "", detail: str = "") -> None:
        self.kind = kind  # text, thinking, changeset, tool, fault, note, evidence, ask, you
        self.text = text
        self.time = time
        self.call = call
        self.detail = detail
        self.change: tuple[str, ...] = ()
        self.open = False
        self.revision = 0

    @property
    def foldable(self) -> bool:
        """Whether there is more than its line."""
        return bool(self.detail) or len(self.change) > CHANGE

    @property
    def whole(self) -> str:
        """Everything in it, as text: what a search looks at."""
        return "\n".join((self.text, self.detail, *self.change))


class Transcript:
    """The blocks of one run in order; changed blocks are named by `add`."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._calls: dict[str, int] = {}
        self._text: int | None = None  # the text or change set that still grows
        self._passing: Passing | None = None

    def add(self, events: Iterable[Event]) -> int:
        """Add events; return the first place in `blocks` that differs now (their number when none does)."""
        first = len(self.blocks)
        for event in events:
            step = STEPS.get(event.kind)
            if step is not None:
                first = min(first, step(self, event))
        return first

    def push(self, block: Block) -> int:
        """Add a block at the end and return its place."""
        self._text, self._passing = None, None
        return self.aside(block)

    def aside(self, block: Block) -> int:
        """Add a block about something that happened while the model wrote: its text goes on."""
        self.blocks.append(block)
        return len(self.blocks) - 1

    def prepend(self, events: Iterable[Event]) -> int:
        """Put what happened before in front; return how many blocks that is."""
        before = Transcript()
        before.add(events)
        size = len(before.blocks)
        self.blocks[:0] = before.blocks
        self._calls = before._calls | {call: at + size for call, at in self._calls.items()}
        self._text = None if self._text is None else self._text + size
        return size

    def text(self, event: Event) -> int:
        """Let the current text grow, or begin one; a change set in it is folded away."""
        delta = str(event.data.get("text") or "")
        at = self._text
        if at is not None and self._passing is not None:
            return self._changeset(at, self._passing, delta)
        if at is not None:
            self.blocks[at].text += delta
            self.blocks[at].revision += 1
        else:
            at = self.push(Block("text", delta.lstrip("\n"), event.time))
            self._text = at
        self._fold_changeset(at, event.time)
        if self._text is not None and self._passing is None:
            self._go_on(self._text)
        return at

    def _go_on(self, at: int) -> None:
        """Let a long text go on in blocks of its own (without a time)."""
        block = self.blocks[at]
        while (place := _end_of_piece(block.text)) is not None:
            rest = _reopened(block.text, place)
            block.text = block.text[:place]
            block = Block("text", rest)
            self._text = self.push(block)

    def _fold_changeset(self, at: int, time: str) -> None:
        block = self.blocks[at]
        begins = board_changeset.begins(block.text)
        if begins is None:
            return
        raw, block.text = block.text[begins:].lstrip("\n"), block.text[:begins].rstrip()
        if block.text:
            self._text = self.push(Block("changeset", "", time))
        else:
            block.kind, self._text = "changeset", at
        self._changeset(self._text, Passing(), raw)

    def _changeset(self, at: int, passing: Passing, piece: str) -> int:
        block = self.blocks[at]
        self._passing = passing.after(piece)
        block.text = board_changeset.words(self._passing)
        block.detail = (block.detail + piece)[:TEXT]
        block.revision += 1
        return at

    def thinking(self, event: Event) -> int:
        """Fold what the model thought."""
        text = str(event.data.get("text") or "").strip()
        first = text.split("\n", 1)[0]
        return self.push(Block("thinking", f"thinking: {first}", event.time, detail=text[:DETAIL]))

    def tool_called(self, event: Event) -> int:
        """Begin a tool call."""
        data = event.data
        tool, summary = str(data.get("tool", "tool")), str(data.get("summary") or "")
        head = summary if summary.startswith(tool) else f"{tool} {summary}".strip()
        given = data.get("input")
        parts = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
        change = change_lines(tool, parts)
        detail = "" if change else _shown(parts or cast("object", given))
        block = Block("tool", head, event.time, str(data.get("call", "")), detail)
        block.change = change
        at = self.push(block)
        self._calls[block.call] = at
        return at

    def tool_finished(self, event: Event) -> int:
        """Put the result beside its call."""
        data = event.data
        at = self._calls.pop(str(data.get("call", "")), None)
        ok = bool(data.get("ok", True))
        result = str(data.get("summary") or ("done" if ok else "failed"))
        if at is None:
            return self.push(Block("tool" if ok else "fault", result, event.time))
        block = self.blocks[at]
        block.kind = "tool" if ok else "fault"
        block.text = joined_call(str(data.get("tool") or ""), block.text, result)
        output = str(data.get("output") or "")[:DETAIL]
        block.detail = "\n".join(part for part in (block.detail, output) if part)
        block.revision += 1
        return at

    def toggle(self, at: int) -> bool:
        """Fold or unfold a block; say whether there is anything to unfold."""
        block = self.blocks[at]
        block.open = not block.open and block.foldable
        block.revision += 1
        return block.foldable


def _end_of_piece(text: str) -> int | None:
    """Return where a text that has grown long is to go on in another block."""
    if len(text) < PIECE:
        return None
    for end in PARAGRAPH.finditer(text, PIECE // 2, MOST):
        if not _open_fence(text[: end.start()]):
            return end.start()
    if len(text) < MOST:
        return None
    return text.rfind("\n", PIECE, MOST) + 1 or MOST


def _open_fence(text: str) -> str:
    """Return the line that opened the code in which a text ends; nothing when it ends in none."""
    line, opened = "", None
    for one in text.split("\n"):
        fence = fence_of(one.encode("utf-8", "replace")) if one.lstrip()[:1] in {"`", "~"} else None
        if fence and opened is None:
            line, opened = one, fence
        elif fence and opened and fence[0] == opened[0] and fence[1] >= opened[1] and fence[2]:
            line, opened = "", None
    return line


def _reopened(text: str, place: int) -> str:
    """Return what comes after a place; code that was cut is code again."""
    fence = _open_fence(text[:place])
    return f"{fence}\n{text[place:]}" if fence else text[place:]


def _shown(value: object) -> str:
    if not value:
        return ""
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        lines = (
            f"{key}: {part if isinstance(part, str) else json.dumps(part)}" for key, part in given.items()
        )
        return "\n".join(lines)[:DETAIL]
    return str(value)[:DETAIL]


def _line(kind: str, pattern: str) -> Callable[[Transcript, Event], int]:
    def step(transcript: Transcript, event: Event) -> int:
        text = pattern.format_map(_Filled(event.data)).strip(" :").removesuffix(" on")
        detail = str(event.data.get("output") or event.data.get("what") or "")[:DETAIL]
        block = Block(kind, text, event.time, detail=detail)
        return transcript.aside(block) if event.kind in ASIDE else transcript.push(block)

    return step


def _claim(transcript: Transcript, event: Event) -> int:
    """Show a claim beside the fact."""
    holds = bool(event.data.get("holds"))
    words = f"{event.data.get('claim')}: {'holds' if holds else event.data.get('fact')}"
    return transcript.push(Block("evidence" if holds else "fault", words, event.time))


def _context(transcript: Transcript, event: Event) -> int:
    """Show which files the agent was given."""
    files = [str(file) for file in event.data.get("files") or ()]
    words = f"was given {len(files)} file{'' if len(files) == 1 else 's'}"
    return transcript.push(Block("note", words, event.time, detail="\n".join(files)[:DETAIL]))


ASIDE = frozenset({"pause_requested", "run_paused", "run_resumed", "message_queued", "escalate_requested"})
"""Kinds that come between two pieces of one text."""


class _Filled(dict[str, Any]):
    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)

    def __missing__(self, key: str) -> str:
        return ""


STEPS: dict[str, Callable[[Transcript, Event], int]] = {
    "text": Transcript.text,
    "thinking": Transcript.thinking,
    "tool_called": Transcript.tool_called,
    "tool_finished": Transcript.tool_finished,
    "run_queued": _line("note", "queued: {title}"),
    "run_started": _line("note", "started on {branch}"),
    "pause_requested": _line("note", "pause asked"),
    "run_paused": _line("note", "paused at a safe point"),
    "run_resumed": _line("note", "resumed"),
    "cancel_requested": _line("note", "cancel asked"),
    "run_cancelled": _line("note", "cancelled"),
    "run_failed": _line("fault", "failed: {reason}"),
    "review_ready": _line("evidence", "ready for review"),
    "rate_limited": _line("note", "holding: {reason}"),
    "budget_reached": _line("ask", "holding: {text}"),
    "turn_interrupted": _line("note", "interrupted, to hear you at once"),
    "context_trimmed": _line(
        "note", "left {results} old outputs out of the conversation: {tokens_before} tokens → {tokens_after}"
    ),
    "setup_finished": _line("note", "set up: {name}: {summary}"),
    "permission_asked": _line("ask", "asks permission: {text}"),
    "question_asked": _line("ask", "asks: {text}"),
    "escalated": _line("ask", "escalated to {to}: {reason}"),
    "blocker_created": _line("ask", "blocked: {text}"),
    "answered": _line("you", "answer: {text}"),
    "message_queued": _line("you", "{sender}: {text}"),
    "message_delivered": _line("note", "message delivered"),
    "gate_finished": _line("evidence", "gate {name}: {state}"),
    "correction_attempt": _line("fault", "corrects itself, attempt {attempt} of {of}: {reason}"),
    "correction_finished": _line("evidence", "correction {attempt}: {result}"),
    "iteration_started": _line("note", "iteration {number}: {title} ({passed} of {stories} stories pass)"),
    "plan_kept": _line("note", "plan kept in {file}"),
    "blocker_expired": _line("fault", "blocker expired: {text}"),
    "criterion_marked": _line("evidence", "criterion {state}: {text}"),
    "commit_created": _line("evidence", "commit {message}"),
    "task_changed": _line("note", "task {task}: {state}"),
    "finished_elsewhere": _line("note", "task {task}: done, says somebody else in {file}"),
    "assumption_found": _line("note", "assumes: {text} ({file})"),
    "assumption_judged": _line("you", "{state}: {text} ({file})"),
    "claim_checked": _claim,
    "context_loaded": _context,
    "consultation_started": _line("note", "asks {asked} (depth {depth}): {question}"),
    "consultation_finished": _line("note", "{asked} answered: {answer}"),
    "consultation_deferred": _line("note", "left for {to} in {file}: {question}"),
    "item_raised": _line("ask", "{text}"),
    "problem_found": _line("fault", "{message}"),
}
"""Event kind to what it adds; kinds that are not listed add nothing."""
