"""Events in words: the transcript as `run` and `log` print it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agentboard_agents.events import Event
from agentboard_tui.cli.output import Output

__all__ = ["Narrator", "gate_line"]

Data = dict[str, Any]


def _tool(data: Data) -> str:
    mark = "" if data.get("ok", True) else "✗ "
    return f"  {mark}{data.get('summary') or data.get('tool') or ''}"


def _context(data: Data) -> str:
    files = [str(file) for file in (*data.get("files", ()), *data.get("consultations", ()))]
    return f"was given {', '.join(files)}" if files else "was given no files"


def gate_line(data: Data) -> str:
    """Return one line that says what a gate came to, and why."""
    what = "warns: " if data.get("state") == "passed" else "new failures: "
    told = (
        (what, ", ".join(map(str, data.get("new_failures") or []))),
        ("", "" if data.get("new_failures") else str(data.get("reason") or "")),
        ("flaky: ", ", ".join(map(str, data.get("flaky") or []))),
    )
    more = "; ".join(head + text for head, text in told if text)
    return f"gate {data.get('name')}: {data.get('state')}" + (f" — {more}" if more else "")


def _claim(data: Data) -> str:
    return f"claim {data.get('claim')}: {'holds' if data.get('holds') else '≠ ' + str(data.get('fact'))}"


def _asked(data: Data) -> str:
    return f"asks: {data.get('text')}  (agentboard answer {data.get('item')} TEXT)"


def _permission(data: Data) -> str:
    item = data.get("item")
    return f"asks: {data.get('text')}  (agentboard approve {item}, or deny {item} --reason TEXT)"


def first_line(data: Data) -> str:
    """Return the first line of a text: the rest stays folded."""
    return str(data.get("text") or "").strip().partition("\n")[0][:200]


WORDS: dict[str, Callable[[Data], str]] = {
    "run_queued": lambda data: f"queued: {data.get('title')}",
    "run_started": lambda data: f"started on {data.get('branch')}",
    "context_loaded": _context,
    "tool_finished": _tool,
    "setup_finished": lambda data: f"set up: {data.get('name')} → {data.get('summary')}",
    "rate_limited": lambda data: f"holding until {data.get('until')}: {data.get('reason')}",
    "budget_reached": lambda data: (
        f"holding: {data.get('text')}  (agentboard answer {data.get('item')} AMOUNT)"
    ),
    "permission_asked": _permission,
    "question_asked": _asked,
    "escalated": _asked,
    "blocker_created": _asked,
    "item_escalated": lambda data: f"now asks the {data.get('to')}: {data.get('reason')}",
    "model_changed": lambda data: f"goes on with {data.get('model')}: {data.get('reason')}",
    "answered": lambda data: f"answered: {data.get('text')}",
    "message_delivered": lambda data: f"message from {data.get('sender', '')}: {data.get('text', '')}",
    "context_trimmed": lambda data: (
        f"left {data.get('results')} old outputs out of the conversation: "
        f"{data.get('tokens_before')} tokens → {data.get('tokens_after')}"
    ),
    "thinking": lambda data: f"thinking: {first_line(data)} …",
    "turn_interrupted": lambda _data: "interrupted: the agent hears what is said to it",
    "pause_requested": lambda _data: "pausing at the next safe point",
    "run_paused": lambda _data: "paused",
    "run_resumed": lambda _data: "resumed",
    "gate_finished": gate_line,
    "correction_attempt": lambda data: (
        f"correction {data.get('attempt')} of {data.get('of')}: {data.get('reason')}"
    ),
    "correction_finished": lambda data: f"correction {data.get('attempt')}: {data.get('result')}",
    "iteration_started": lambda data: (
        f"iteration {data.get('number')}: {data.get('title')} "
        f"({data.get('passed')} of {data.get('stories')} stories pass)"
    ),
    "changes_applied": lambda data: f"applied {', '.join(one['path'] for one in data.get('files', ()))}",
    "context_related": lambda data: f"is about {', '.join(data.get('files', ()))}",
    "plan_kept": lambda data: f"its plan is kept in {data.get('file')}",
    "blocker_expired": lambda data: f"blocker expired: {data.get('text')}",
    "criterion_marked": lambda data: (
        f"criterion {data.get('state')}: {data.get('text')}"
        + (f" — {data.get('evidence')}" if data.get("evidence") else "")
    ),
    "commit_created": lambda data: f"commit {str(data.get('commit'))[:10]} {data.get('message')}",
    "task_changed": lambda data: f"{data.get('task')} is {data.get('state')} in {data.get('file')}",
    "finished_elsewhere": lambda data: (
        f"somebody else says in {data.get('file')} that {data.get('task')} is done"
    ),
    "claim_checked": _claim,
    "consultation_started": lambda data: f"asks {data.get('asked')} (depth {data.get('depth')})",
    "consultation_finished": lambda data: f"{data.get('asked')} answered: {data.get('answer')}",
    "consultation_deferred": lambda data: f"left for {data.get('to')} in {data.get('file')}",
    "assumption_found": lambda data: f"assumption {data.get('file')}:{data.get('line')} {data.get('text')}",
    "problem_found": lambda data: f"{data.get('severity')}: {data.get('message')}",
    "run_failed": lambda data: f"failed: {data.get('reason')}",
    "run_cancelled": lambda data: f"cancelled: {data.get('reason') or 'by you'}",
    "run_finished": lambda data: f"finished: {data.get('outcome')} {data.get('reason') or ''}".rstrip(),
}


class Narrator:
    """Turns events into lines; deltas of text are gathered until they end."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._text = ""

    def tell(self, event: Event) -> None:
        """Print what an event means to a reader, if anything."""
        if event.kind == "text":
            self._text += str(event.data.get("text", ""))
            return
        self.flush()
        words = WORDS.get(event.kind)
        if words is not None:
            self._output.line(words(event.data))

    def flush(self) -> None:
        """Print the text that has come so far."""
        if self._text.strip():
            self._output.raw(self._text.strip())
        self._text = ""
