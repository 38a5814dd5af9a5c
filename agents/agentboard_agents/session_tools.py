"""The tools of one conversation: offered by name, permitted, and used at most once each.

A call is recorded before it acts and after. A step that is run again after a crash finds the first record: a
tool that only reads runs again, any other does not, and the model is told to look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from agentboard_agents.interruption import CUT_OFF, NOT_RUN, Interrupted, unless_interrupted
from agentboard_agents.onlooker import Onlooker, acting
from agentboard_agents.redaction import known_redacted, redact
from agentboard_agents.runtimes.port import Block
from agentboard_agents.session_ledger import Ledger
from agentboard_agents.turns_port import ToolAnswer, Workplace
from agentboard_tasks.unicodes import as_unicode

__all__ = ["Act", "Action", "Permit", "Supply", "Toolbox"]

Act = Callable[[dict[str, object]], Coroutine[Any, Any, ToolAnswer]]
Permit = Callable[[str, dict[str, object]], Awaitable[str | None]]
"""Asks whether a tool may be used; the answer is `None`, or why not."""

INTERRUPTED = "interrupted: the worker died while this ran; its effect is unknown, look before repeating it"


class Action(Struct, frozen=True):
    """A tool with what it does.

    `steps` says that the act is made of durable steps and questions itself (it may wait for a person for
    days); every other act is one step. `repeatable` acts only read. `waits` says that the agent does nothing
    meanwhile but wait for somebody. `replay` is called after each call that succeeded, also when that was
    before a crash: it brings back what the act keeps in memory.
    """

    definition: Block
    act: Act
    repeatable: bool = False
    steps: bool = False
    waits: bool = False
    replay: Callable[[dict[str, object]], None] | None = None

    @property
    def name(self) -> str:
        """What the model calls it."""
        return str(self.definition["name"])


class Supply(Protocol):
    """Tools that come from elsewhere, and may come and go while the run goes on."""

    @property
    def definitions(self) -> Sequence[Block]:
        """Those on offer now, as the model sees them."""
        ...

    def action(self, name: str) -> Action | None:
        """Return the tool of this name; the same for the same name, however often a workflow is replayed."""
        ...

    def why_not(self, name: str) -> str:
        """Return why there is no tool of this name; empty when nothing is known about it."""
        ...


class Toolbox:
    """Tools on offer in a conversation: its own, and those of a supply."""

    def __init__(
        self,
        place: Workplace,
        ledger: Ledger,
        actions: Iterable[Action],
        permit: Permit,
        supply: Supply | None = None,
        onlooker: Onlooker | None = None,
    ) -> None:
        self._place = place
        self._ledger = ledger
        self._actions: Mapping[str, Action] = {action.name: action for action in actions}
        self._permit = permit
        self._supply = supply
        self._onlooker = onlooker

    @property
    def definitions(self) -> list[Block]:
        """The tools as the model sees them."""
        own = [action.definition for action in self._actions.values()]
        return [*own, *(self._supply.definitions if self._supply else ())]

    def _find(self, name: str) -> Action | None:
        return self._actions.get(name) or (self._supply.action(name) if self._supply else None)

    def _why_not(self, name: str) -> str:
        known = ", ".join(self._actions) or "none"
        told = self._supply.why_not(name) if self._supply else ""
        return (
            f"you cannot use {name}: {told}"
            if told
            else f"there is no tool {name!r} here; there are: {known}"
        )

    async def call(self, key: str, name: str, given: dict[str, object]) -> ToolAnswer:
        """Use a tool, once."""
        action = self._find(name)
        if action is None:
            return self._refused(key, name, given, self._why_not(name))
        denied = await self._permit(name, given)
        if denied is not None:
            return self._refused(key, name, given, denied)
        async with acting(None if action.waits else self._onlooker):
            answer = await (self._converse if action.steps else self._stepped)(key, action, given)
        if answer.ok and action.replay is not None:
            action.replay(given)
        self._place.acts += answer.ok and not action.repeatable
        return answer

    async def _stepped(self, key: str, action: Action, given: dict[str, object]) -> ToolAnswer:
        async def perform() -> Any:
            return msgspec.to_builtins(await self._perform(key, action, given))

        return msgspec.convert(await self._place.step(f"tool {key} {action.name}", perform), ToolAnswer)

    def _refused(self, key: str, name: str, given: dict[str, object], why: str) -> ToolAnswer:
        self._ledger.called(key, name, given)
        return self._ledger.finished(key, name, ToolAnswer(False, why, why))

    async def _converse(self, key: str, action: Action, given: dict[str, object]) -> ToolAnswer:
        self._ledger.called(key, action.name, given)
        return self._ledger.finished(key, action.name, without_secrets(await action.act(given)))

    async def _perform(self, key: str, action: Action, given: dict[str, object]) -> ToolAnswer:
        fresh = self._ledger.called(key, action.name, given)
        if not fresh and not action.repeatable:
            return self._ledger.outcome(key) or self._ledger.finished(
                key, action.name, ToolAnswer(False, INTERRUPTED, "interrupted")
            )
        return self._ledger.finished(key, action.name, without_secrets(await self._acted(action, given)))

    async def _acted(self, action: Action, given: dict[str, object]) -> ToolAnswer:
        """Act, unless a person wants to be heard first."""
        interrupted = self._place.control.interrupted
        if interrupted.is_set():
            return ToolAnswer(False, NOT_RUN, "not run: interrupted")
        try:
            return await unless_interrupted(interrupted, action.act(given))
        except Interrupted:
            return ToolAnswer(False, CUT_OFF, "interrupted by a person")


def without_secrets(answer: ToolAnswer) -> ToolAnswer:
    """Return an answer without our own secrets; what merely looks like one stays, so that edits match."""
    return ToolAnswer(
        answer.ok, as_unicode(known_redacted(answer.content)), as_unicode(redact(answer.summary))
    )
