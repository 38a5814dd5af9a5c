"""A run's surroundings without a worker: steps that are remembered, control in the test's hands."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.events import Event, NewEvent
from agentboard_agents.runtimes.port import OnText, Turn, TurnRequest

__all__ = ["Crash", "FakeControl", "FakeStore", "Memory", "ScriptedRuntime", "Word"]


class Word(Struct):
    """A delivered message."""

    text: str
    sender: str = "human"
    id: str = "m1"


class Crash(BaseException):
    """The worker dies here."""


class FakeStore:
    """Events in a list, with keys."""

    def __init__(self) -> None:
        self.kept: list[Event] = []
        self._keys: dict[str, Event] = {}

    def append(self, events: Sequence[NewEvent]) -> list[Event]:
        return [self._record(event) for event in events]

    def _record(self, new: NewEvent) -> Event:
        if new.key is not None and new.key in self._keys:
            return self._keys[new.key]
        event = Event(len(self.kept) + 1, "", new.run, new.agent, new.kind, new.data)
        self.kept.append(event)
        if new.key is not None:
            self._keys[new.key] = event
        return event

    def last_seq(self) -> int:
        return len(self.kept)

    def events(self, after: int = 0, *, run: str | None = None, limit: int = 1000) -> list[Event]:
        return self.kept[after : after + limit]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.kept]

    def data(self, kind: str) -> list[dict[str, Any]]:
        return [event.data for event in self.kept if event.kind == kind]


class FakeControl:
    """Control of a run by its test."""

    def __init__(self, store: FakeStore) -> None:
        self.store = store
        self.points: list[int] = []
        self.words: dict[int, list[Word]] = {}
        self.answers: dict[str, str] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.held: list[tuple[str, float]] = []
        self.interrupted = asyncio.Event()
        self.pauses = 0
        self.model: str | None = None

    async def safe_point(self, number: int) -> list[Word]:
        self.points.append(number)
        self.interrupted.clear()
        return self.words.get(number, [])

    async def pause_point(self) -> None:
        self.pauses += 1

    async def ask(
        self,
        item_id: str,
        kind: str,
        text: str,
        options: Sequence[str] = (),
        to: str = "human",
        unblocks: Sequence[str] = (),
        what: str = "",
        settled: Callable[[str], Awaitable[str]] | None = None,
    ) -> str:
        self.asked.append((item_id, kind, text))
        return self.answers.get(item_id, "approve")

    async def hold(self, reason: str, seconds: float) -> None:
        self.held.append((reason, seconds))

    async def need(self, item_id: str, text: str, met: Callable[[], bool]) -> None:
        self.asked.append((item_id, "problem", text))

    async def hold_for(
        self, item_id: str, text: str, options: Sequence[str], freed: Callable[[], Awaitable[bool]]
    ) -> str:
        self.asked.append((item_id, "budget", text))
        self.emit("budget_reached", item=item_id, text=text, options=list(options))
        return self.answers.get(item_id, "stop")

    def emit(self, kind: str, **data: Any) -> None:
        self.store.append([NewEvent("r1", "Backend", kind, data)])

    def emit_once(self, key: str, kind: str, **data: Any) -> None:
        self.store.append([NewEvent("r1", "Backend", kind, data, key)])

    def emit_together(self, *events: tuple[str, str, dict[str, Any]]) -> None:
        self.store.append([NewEvent("r1", "Backend", kind, data, key) for key, kind, data in events])


class Memory:
    """Durable steps: a JSON copy of each value by name; `crash_after` names one whose value is lost."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}
        self.names: list[str] = []
        self.crash_after: str | None = None

    async def step(self, name: str, function: Callable[[], Awaitable[Any]]) -> Any:
        self.names.append(name)
        if name not in self.values:
            value = await function()
            if self.crash_after is not None and self.crash_after in name:
                self.crash_after = None
                raise Crash
            self.values[name] = msgspec.json.encode(value)
        return msgspec.json.decode(self.values[name])


class ScriptedRuntime:
    """Turns from a list; a failure in it is raised."""

    name = "scripted"

    def __init__(self, *script: Turn | Exception, offered: Sequence[str] = ()) -> None:
        self.script = list(script)
        self.requests: list[TurnRequest] = []
        self.offered = list(offered)

    async def turn(self, request: TurnRequest, on_text: OnText) -> Turn:
        self.requests.append(request)
        next_one = self.script.pop(0)
        if isinstance(next_one, Exception):
            raise next_one
        on_text(next_one.text)
        return next_one

    async def models(self) -> list[str]:
        return self.offered

    async def close(self) -> None:
        return None
