"""A run inside a run: another agent consulted or put to work, with a record, a budget and an end of its own.

It works in the workflow and the worktree of the run that asked for it. What stops that one stops it, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.control import Cancelled, Control
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.desk import Desk
from agentboard_agents.engine.guarded import StepFailed
from agentboard_agents.events import NewEvent
from agentboard_agents.runtimes.models import Choice, choose
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.session_ledger import Ledger
from agentboard_agents.spec import Limits, RunSpec
from agentboard_agents.store import StoreFault
from agentboard_agents.turns_port import Heard, LimitReached, RunFault, Workplace

__all__ = ["Asked", "Nest", "NestedPlace", "nested_in"]

MOST_TURNS = 60


class Asked(Struct, frozen=True):
    """What one agent asks of another: `delegate` is work with write access, else it is a consultation."""

    other: AgentDefinition
    prompt: str
    delegate: bool = False


class NestedPlace(Workplace):
    """Where a nested run takes place: its steps are those of the run above, at whose safe points it stops."""

    def __init__(self, above: Workplace, control: Control, spec: RunSpec, asker: str) -> None:
        super().__init__(spec.run, spec.stem, control, above.steps, spec.limits)
        self.late: list[Heard] = []
        self._above = above
        self._own = control
        self._asker = asker
        self._cut_off = False
        self.runtime = above.runtime

    async def safe_point(self) -> Sequence[Heard]:
        """Pass a safe point of both; messages for the run above wait until it listens again.

        Raises:
            RunFault: when a person interrupted the run above, which is to hear them now.
        """
        pressed = self._above.control.interrupted.is_set()
        self.late += await self._above.safe_point()
        key = f"~cut off:{self._points}"
        if pressed or self._cut_off or self._own.happened(key):
            self._cut_off = True
            self._own.emit_once(key, "turn_interrupted", turn=self.turns)
            raise RunFault(f"a person interrupted {self._asker}, who asked")
        return await super().safe_point()

    async def pause_point(self) -> None:
        """Stop between two tools while either run is to be paused."""
        await self._above.pause_point()
        await super().pause_point()

    async def step(self, name: str, function: Any) -> Any:
        """Run a durable step among those of the run above."""
        return await self._above.step(f"{self.run} {name}", function)


class Nest(Struct, frozen=True):
    """A nested run that has begun."""

    place: Workplace
    control: Control
    equipment: Equipment
    ledger: Ledger
    model: str
    late: list[Heard] = []


@asynccontextmanager
async def nested_in(
    desk: Desk, above: Workplace, equipment: Equipment, asked: Asked, model: str
) -> AsyncGenerator[Nest]:
    """Begin a nested run below `above`, whose equipment it shares; leaving ends it, however that comes.

    Raises:
        RunFault: when the nested run failed, reached a limit, or was cancelled by itself.
        Cancelled: when the run above was cancelled.
    """
    spec = spec_of(above, equipment, asked)
    event = NewEvent(spec.run, spec.agent, "run_queued", msgspec.to_builtins(spec), "queued")
    desk.store.append([event])
    control = desk.control(spec.run)
    control.unblocks = desk.control(above.run).unblocks
    own = msgspec.structs.replace(equipment, definition=asked.other, spec=spec, task=None)
    place = NestedPlace(above, control, spec, equipment.definition.name)
    place.gate = await asyncio.to_thread(_gate, desk, own) if above.gate is not None else None
    control.emit_once("started", "run_started", worktree=equipment.worktree)
    cascades = [asyncio.create_task(one) for one in stopped_with(desk, above, control)]
    try:
        chosen = await model_of(place, own, model)
        yield Nest(place, control, own, Ledger(desk.store, spec.run, spec.agent), chosen, place.late)
        _end(control, "run_answered", "answered")
    except Cancelled:
        _end(control, "run_cancelled", "cancelled")
        if desk.control(above.run).run.cancelling:
            raise
        raise RunFault("a person cancelled it") from None
    except (RunFault, LimitReached, StepFailed) as fault:
        _end(control, "run_failed", "failed", str(fault))
        raise RunFault(str(fault)) from fault
    except StoreFault:
        raise  # nothing can be recorded: the next worker goes on with both
    except Exception as fault:
        _end(control, "run_failed", "failed", str(fault))
        raise
    finally:
        for cascade in cascades:
            cascade.cancel()
        desk.forget(spec.run)


def _gate(desk: Desk, equipment: Equipment) -> Any:
    from agentboard_agents.session_gate import open_gate

    return open_gate(desk, equipment)


def _end(control: Control, kind: str, outcome: str, reason: str = "") -> None:
    """Record the end, once; a run that has one keeps it."""
    if not control.run.final:
        control.emit_once("finished", "run_finished", outcome=outcome, reason=reason)
        control.emit_once("ended", kind, reason=reason)


def spec_of(above: Workplace, equipment: Equipment, asked: Asked) -> RunSpec:
    """Return what the nested run is asked to do; its turns come out of those that are left above."""
    other, parent = asked.other, equipment.spec
    left = max(1, above.limits.turns - above.turns)
    return RunSpec(
        run=above.unique("n"),
        agent=other.name,
        stem=other.stem,
        definition=other.file,
        protocol="consultation",
        runtime=parent.runtime,
        title=asked.prompt.strip().partition("\n")[0][:200],
        prompt=asked.prompt,
        model=other.model,
        limits=Limits(turns=min(MOST_TURNS, other.max_turns or MOST_TURNS, left)),
        parent=above.run,
        depth=parent.depth + 1,
    )


async def model_of(place: NestedPlace, equipment: Equipment, inherited: str) -> str:
    """Return the model of the other agent; one that names none has that of the run above."""
    config, definition = equipment.survey.config, equipment.definition
    hint = config.agent(definition.stem, definition.name).model or definition.model
    if not hint or hint.strip().lower() in {"inherit", "default"}:
        return inherited

    async def find() -> Any:
        return msgspec.to_builtins(await choose(hint, config.models, place.runtime))

    return msgspec.convert(await place.step("model", find), Choice).model


def stopped_with(desk: Desk, above: Workplace, control: Control) -> tuple[Coroutine[Any, Any, None], ...]:
    """Return what lets a nested run end when a person cancels or interrupts the one above it."""
    return _cancelled_with(desk, above.run, control), _interrupted_with(above, control)


async def _interrupted_with(above: Workplace, control: Control) -> None:
    await above.control.interrupted.wait()
    control.interrupted.set()


async def _cancelled_with(desk: Desk, above: str, control: Control) -> None:
    """Cancel the nested run when the one above it is cancelled, so that it waits for nobody any more."""
    await desk.control(above).cancelled.wait()
    run = control.run
    if not run.final:
        data = {"reason": "the run that asked for it was cancelled"}
        desk.store.append([NewEvent(run.id, run.agent, "cancel_requested", data, "~cancelled above")])
        control.wake()
