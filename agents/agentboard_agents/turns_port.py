"""What the turn loop needs around it: durable steps, control over the run, and its counters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from msgspec import Struct

from agentboard_agents import credentials
from agentboard_agents.admission import Gate
from agentboard_agents.runtimes.port import Runtime
from agentboard_agents.spec import Limits

__all__ = [
    "Heard",
    "LimitReached",
    "Round",
    "RunControl",
    "RunFault",
    "StepRunner",
    "ToolAnswer",
    "Workplace",
    "has_key",
]

KEY_NEEDED = (
    "no key in the worker's environment: start `agentboard` from a shell that has ANTHROPIC_API_KEY, "
    "and the run goes on"
)
Json = Any
"""A value that JSON can hold."""


class RunFault(Exception):
    """The run cannot go on, for a reason that a person can read."""


class LimitReached(Exception):
    """A limit that the dispatch set is reached; the work so far stands."""


class Heard(Protocol):
    """A message that was delivered to the agent."""

    @property
    def id(self) -> str:
        """Its name, for receipts."""
        ...

    @property
    def text(self) -> str:
        """What it says."""
        ...

    @property
    def sender(self) -> str:
        """Who says it."""
        ...


class StepRunner(Protocol):
    """Durable steps: a finished one is never run again, its value is remembered."""

    async def step(self, name: str, function: Callable[[], Awaitable[Json]]) -> Json:
        """Return the value of `function`, or the remembered one."""
        ...


class RunControl(Protocol):
    """Pause, cancel, ask and tell, for one run."""

    @property
    def interrupted(self) -> asyncio.Event:
        """Set while a person wants to be heard at once."""
        ...

    @property
    def model(self) -> str | None:
        """The model that an escalation lets go on, in place of the one that was chosen."""
        ...

    async def safe_point(self, number: int) -> Sequence[Heard]:
        """Wait while the run is paused; return the messages for the agent; raise when it is cancelled."""
        ...

    async def pause_point(self) -> None:
        """Wait while a pause is asked for or holds; nothing is delivered."""
        ...

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
        """Ask a person once, and return the answer, or what `settled` finds in place of one."""
        ...

    async def hold(self, reason: str, seconds: float) -> None:
        """Wait in the open."""
        ...

    async def need(self, item_id: str, text: str, met: Callable[[], bool]) -> None:
        """Wait in the open for something that the worker lacks."""
        ...

    async def hold_for(
        self, item_id: str, text: str, options: Sequence[str], freed: Callable[[], Awaitable[bool]]
    ) -> str:
        """Hold until a person answers, or until it is `freed`: then the answer is empty."""
        ...

    def emit(self, kind: str, **data: Json) -> object:
        """Record an event of the run."""
        ...

    def emit_once(self, key: str, kind: str, **data: Json) -> object:
        """Record an event of the run, once however often the workflow is replayed."""
        ...

    def emit_together(self, *events: tuple[str, str, dict[str, Json]]) -> object:
        """Record events of the run (key, kind, data), each once and all or none."""
        ...


class ToolAnswer(Struct, frozen=True):
    """What a tool gives back: the content for the model, and one line for people."""

    ok: bool
    content: str
    summary: str = ""


class Round(Struct, frozen=True):
    """Which round of a run this is: a review may send a run back, and it goes on under new numbers.

    `turns` and `points` are those of the rounds before; `branch` and `base` where the work is; `feedback`
    what the review said; `merge` a commit that the branch takes in first.
    """

    number: int = 0
    turns: int = 0
    points: int = 0
    branch: str = ""
    base: str = ""
    feedback: str = ""
    merge: str | None = None

    def named(self, number: int) -> str:
        """Return a number that no other round of the run uses."""
        return f"{self.number}.{number}" if self.number else str(number)


FIRST = Round()


def has_key() -> bool:
    """Say whether this worker has a key for the model."""
    return bool(credentials.value("ANTHROPIC_API_KEY"))


class Workplace:
    """Where the conversations of one run take place; it counts what is unique in the run.

    The counters only grow in the workflow's own order, so a replayed workflow counts the same.
    """

    def __init__(
        self,
        run: str,
        stem: str,
        control: RunControl,
        steps: StepRunner,
        limits: Limits,
        turn: Round = FIRST,
    ) -> None:
        self.run = run
        self.round = turn
        self.stem = stem
        self.control = control
        self.steps = steps
        self.limits = limits
        self.turns = turn.turns
        self.acts = 0  # tool calls that succeeded and do more than read
        self._points = turn.points
        self._unread: list[str] = []
        self._questions = 0
        self._steps = 0
        self._told = 0
        self._names = 0
        self.gate: Gate | None = None  # what stands before each model call
        self._runtime: Runtime | None = None

    @property
    def runtime(self) -> Runtime:
        """Who produces the turns; set before the first one."""
        if self._runtime is None:
            raise RunFault("no runtime is open")
        return self._runtime

    @runtime.setter
    def runtime(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def safe_point(self) -> Sequence[Heard]:
        """Pass the next safe point."""
        self._points += 1
        heard = await self.control.safe_point(self._points)
        self._unread += [message.id for message in heard]
        return heard

    async def pause_point(self) -> None:
        """Stop between two tools of one turn while the run is to be paused."""
        await self.control.pause_point()

    def read(self, *, acted: bool) -> None:
        """Give receipts: a turn with the messages so far is complete, and the agent said or did something."""
        for name in self._unread:
            self.control.emit_once(f"read {name}", "message_read", message=name)
            if acted:
                self.control.emit_once(f"acted {name}", "message_acted", message=name)
        if acted:
            self._unread.clear()

    async def ask(
        self,
        kind: str,
        text: str,
        options: Sequence[str] = (),
        *,
        to: str = "human",
        unblocks: Sequence[str] = (),
        what: str = "",
        settled: Callable[[str], Awaitable[str]] | None = None,
    ) -> str:
        """Ask the next question of the run, and return the answer; `what` is the exact act it is about.

        `settled` finds an answer without a person, where that is possible.
        """
        self._questions += 1
        name = f"{self.run}-q{self.round.named(self._questions)}"
        return await self.control.ask(name, kind, text, options, to, unblocks, what, settled)

    async def need_key(self) -> None:
        """Wait until a worker has a key for the model: this one may have been started without."""
        await self.control.need(self.unique("need"), KEY_NEEDED, has_key)

    async def step(self, name: str, function: Callable[[], Awaitable[Json]]) -> Json:
        """Run a durable step under a name that is unique in the run."""
        self._steps += 1
        return await self.steps.step(f"{self._steps} {name}", function)

    def tell(self, kind: str, **data: Json) -> None:
        """Record an event from the workflow itself, outside of steps: once, however often it is replayed."""
        self._told += 1
        self.control.emit_once(f"told {self.round.named(self._told)}", kind, **data)

    def tell_together(self, *events: tuple[str, dict[str, Json]]) -> None:
        """Record events (kind, data) as `tell` does, all or none: nobody sees the first without the last."""
        first = self._told + 1
        self._told += len(events)
        self.control.emit_together(
            *(
                (f"told {self.round.named(number)}", kind, data)
                for number, (kind, data) in enumerate(events, first)
            )
        )

    def unique(self, what: str) -> str:
        """Return a name that is used once in the project, and is the same when the workflow is replayed."""
        self._names += 1
        return f"{self.run}-{what}{self.round.named(self._names)}"

    @property
    def turns_left(self) -> int:
        """How many model calls the run may still make in this round."""
        return self.limits.turns - (self.turns - self.round.turns)

    def next_turn(self) -> int:
        """Return the number of the next model call.

        Raises:
            LimitReached: when the run has had all its turns.
        """
        if self.turns_left <= 0:
            raise LimitReached(f"the limit of {self.limits.turns} turns is reached")
        self.turns += 1
        return self.turns
