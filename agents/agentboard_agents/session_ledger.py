"""The record of tool calls: each is written down before it acts, and after, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, cast

from agentboard_agents.events import Event, NewEvent
from agentboard_agents.turns_port import ToolAnswer

__all__ = ["Ledger", "shown", "title_of"]

MOST_TEXT = 2_000
MOST_OUTPUT = 8_000
MOST_PARTS = 50
TELLING = ("file_path", "path", "pattern", "command", "agent", "to", "topic", "question")
"""The arguments that say best what a call is about."""


class EventStore(Protocol):
    """The store, as far as the ledger needs it."""

    def append(self, events: Sequence[NewEvent]) -> list[Event]:
        """Record events."""
        ...

    def last_seq(self) -> int:
        """Return the number of the last event."""
        ...

    def events(self, after: int = 0, *, run: str | None = None, limit: int = 1000) -> list[Event]:
        """Return events in order."""
        ...


class Ledger:
    """The tool calls of one run."""

    def __init__(self, store: EventStore, run: str, agent: str) -> None:
        self._store = store
        self._run = run
        self._agent = agent

    def called(self, key: str, tool: str, given: dict[str, object]) -> bool:
        """Record that a tool is about to act; `False` when that was recorded before."""
        data = {"call": key, "tool": tool, "input": shown(given), "summary": title_of(tool, given)}
        before = self._store.last_seq()
        return self._record(f"called {key}", "tool_called", data).seq > before

    def finished(self, key: str, tool: str, answer: ToolAnswer) -> ToolAnswer:
        """Record what came of it, and return it."""
        data = {
            "call": key,
            "tool": tool,
            "ok": answer.ok,
            "summary": (answer.summary or first_line(answer.content))[:MOST_TEXT],
            "output": clipped(answer.content, MOST_OUTPUT),
        }
        self._record(f"finished {key}", "tool_finished", data)
        return answer

    def outcome(self, key: str) -> ToolAnswer | None:
        """Return what came of a call that a worker finished just before it died.

        It reads the whole run: this happens once after a crash, if at all.
        """
        after = 0
        while events := self._store.events(after, run=self._run, limit=1000):
            for event in events:
                if event.kind == "tool_finished" and event.data.get("call") == key:
                    return ToolAnswer(event.data["ok"], event.data["output"], event.data["summary"])
            after = events[-1].seq
        return None

    def first_time(self, key: str, kind: str, **data: Any) -> bool:
        """Record that something is about to be done; `False` when that was recorded before."""
        before = self._store.last_seq()
        return self._record(key, kind, data).seq > before

    def record(self, event: NewEvent) -> None:
        """Record an event that is not this run's own."""
        self._store.append([event])

    def _record(self, key: str, kind: str, data: dict[str, Any]) -> Event:
        return self._store.append([NewEvent(self._run, self._agent, kind, data, key)])[0]


def title_of(tool: str, given: dict[str, object]) -> str:
    """Return one line that says what a call is about."""
    about = next((given[name] for name in TELLING if isinstance(given.get(name), str)), "")
    return f"{tool} {first_line(str(about))}".strip()[:160]


def first_line(text: str) -> str:
    """Return the first line of a text that says something."""
    return text.strip().partition("\n")[0]


def shown(value: object) -> Any:
    """Return a JSON value with its long texts clipped, small enough for an event."""
    if isinstance(value, str):
        return clipped(value, MOST_TEXT)
    if isinstance(value, dict):
        members = cast("dict[str, object]", value)
        return {name: shown(members[name]) for name in list(members)[:MOST_PARTS]}
    if isinstance(value, list):
        return [shown(part) for part in cast("list[object]", value)[:MOST_PARTS]]
    return value


def clipped(text: str, limit: int) -> str:
    """Return a text without its middle when it is long."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters left out …\n{text[-half:]}"
