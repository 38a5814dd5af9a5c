"""A run from start to end: what a worker's workflow does for one agent and one task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from agentboard_agents.admission import Admission
from agentboard_agents.answering import lead_for, question_for
from agentboard_agents.claims_said import Claimed
from agentboard_agents.control import Cancelled, Control
from agentboard_agents.desk import Desk
from agentboard_agents.disk_use import bytes_beneath
from agentboard_agents.engine.guarded import StepFailed
from agentboard_agents.engine.port import Steps
from agentboard_agents.escalation import stronger
from agentboard_agents.events import NewEvent
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.protocols import brief, changeset, checklist, consultation, consultation_led, ralph
from agentboard_agents.protocols.conclusion import commit_message
from agentboard_agents.review.rounds import keep_conversation, resume, round_of
from agentboard_agents.runtimes.models import Choice, choose
from agentboard_agents.runtimes.port import TurnFailed
from agentboard_agents.session import Outcome, Session
from agentboard_agents.session_equipment import Equipment, equip
from agentboard_agents.session_facts import hold_words
from agentboard_agents.session_gate import listen, open_gate
from agentboard_agents.session_ledger import Ledger
from agentboard_agents.session_marks import mark_at_once
from agentboard_agents.session_runtime import open_runtime
from agentboard_agents.session_verdicts import hand_on_verdicts, remember_outcomes
from agentboard_agents.store import Store, StoreFault
from agentboard_agents.turns_port import LimitReached, Workplace
from agentboard_tasks.model import State

__all__ = ["PROTOCOLS", "work_on"]

NOTHING = "the agent changed nothing"

PROTOCOLS: dict[str, Callable[[Session], Awaitable[Outcome]]] = {
    "brief": brief.work,
    "changeset": changeset.work,
    "ralph": ralph.work,
    "consultation": consultation.work,
    "checklist": checklist.work,
}
"""Name of a way of working to what does it."""


async def work_on(desk: Desk, run_id: str, steps: Steps) -> None:
    """Work on a run to its end: a branch to review, or one clear reason why not.

    Raises:
        Cancelled: when a person cancelled it.
        StoreFault: when nothing can be recorded; the next worker goes on.
    """
    control = desk.control(run_id)
    try:
        equipment = await asyncio.to_thread(equip, desk.project, control.run)
    except (Cancelled, StoreFault):
        raise
    except Exception as fault:  # noqa: BLE001 - files of the project that cannot be read in any way end this run alone
        fail(control, reason_of(fault))
        return
    spec = equipment.spec
    place = Workplace(run_id, spec.stem, control, steps, spec.limits, round_of(control.run))
    place.gate = await asyncio.to_thread(open_gate, desk, equipment)
    session = Session(place, equipment, Ledger(desk.store, run_id, spec.agent), desk.runtimes)
    session.desk = desk
    control.on_escalation = escalation_marker(control, equipment)
    control.on_strength = strength_of(session, control)
    control.leads = lead_of(equipment, control)
    control.unblocks = session.unblocks
    try:
        await conducted(session, control, desk.store)
    finally:
        await session.close()


async def conducted(session: Session, control: Control, store: Store) -> None:
    """Work, and turn every way to end into an end that people can read."""
    try:
        await performed(session, store)
    except StoreFault:
        raise
    except Cancelled:
        if session.task is not None:
            mark_at_once(control, session.equipment, session.task, State.TODO)
        raise
    except Exception as fault:  # noqa: BLE001 - a fault of one run's work ends that run, with its reason, not the worker
        await failed(session, control, reason_of(fault))


async def performed(session: Session, store: Store) -> None:
    """Begin, let the way of working work, and finish."""
    if session.spec.answers is not None:
        await ready(session)
        await consultation_led.work_for(session, session.model)
        return
    await session.begin()
    await remember_outcomes(session)
    await ready(session)
    await resume(session, store)
    work = PROTOCOLS.get(session.spec.protocol, checklist.work)
    try:
        outcome = await work(session)
    except LimitReached as limit:
        outcome = Outcome("limit", str(limit), commit_message(session))
    await finish(session, outcome)


async def ready(session: Session) -> None:
    """Open what produces the turns, and choose the model."""
    session.place.runtime = await asyncio.to_thread(open_runtime, session.equipment, session.runtimes)
    if isinstance(session.place.gate, Admission):
        listen(session.place.runtime, session.place.gate)
    session.model = await chosen_model(session)


def lead_of(equipment: Equipment, control: Control) -> Callable[[InboxItem], NewEvent | None]:
    """Return what lets the agent that leads answer an escalation; `None` where a person does."""

    def find(item: InboxItem) -> NewEvent | None:
        lead = lead_for(equipment.survey.team, equipment.definition, item.to)
        return question_for(lead, control.run, item) if lead is not None else None

    return find


def strength_of(session: Session, control: Control) -> Callable[[], Awaitable[str | None]]:
    """Return what finds a model that is stronger than the one at work."""

    async def find() -> str | None:
        config, current = session.equipment.survey.config, control.model or session.model
        for hint in stronger(current, config.escalation.model):
            try:
                choice = await choose(hint, config.models, session.place.runtime)
            except TurnFailed:
                return None
            if choice.model != current:
                return choice.model
        return None

    return find


async def chosen_model(session: Session) -> str:
    """Return the model that the run's hint means, found once."""
    equipment = session.equipment
    config, definition = equipment.survey.config, equipment.definition
    configured = config.agent(definition.stem, definition.name).model
    asked = equipment.spec.model if equipment.spec.model != definition.model else None
    hint = asked or configured or definition.model

    async def find() -> Any:
        try:
            return msgspec.to_builtins(await choose(hint, config.models, session.place.runtime))
        except TurnFailed:
            return None  # no key: the worker that has one asks again

    while (found := await session.place.step("model", find)) is None:
        await session.place.need_key()
    choice = msgspec.convert(found, Choice)
    if choice.problem:
        session.tell("problem_found", severity="warning", message=choice.problem)
    return choice.model


async def finish(session: Session, outcome: Outcome) -> None:
    """Commit, mark the task, and hand the branch over for review."""
    if outcome.commit is not None:
        await session.commit(outcome.commit)
    outcome = with_evidence(session, outcome)
    await hold_words(session)
    await hand_on_verdicts(session)
    if session.task is not None and not outcome.marked:
        done = outcome.outcome == "review" and not outcome.reason
        await session.mark(session.task, State.DONE if done else State.BLOCKED, outcome.reason)
    await keep_conversation(session)
    await measure(session)
    branch = session.work.branch.branch
    text = f"{branch} is ready for review" + (f": {outcome.reason}" if outcome.reason else "")
    text += f" ({contradicted(session.contradicted)})" if session.contradicted else ""
    session.place.tell_together(
        ("review_ready", {"text": text, "branch": branch, "unblocks": list(session.unblocks)}),
        ("run_finished", {"outcome": outcome.outcome, "reason": outcome.reason}),
    )


def contradicted(number: int) -> str:
    """Say how many claims the facts do not bear out."""
    return "1 claim does not hold" if number == 1 else f"{number} claims do not hold"


def with_evidence(session: Session, outcome: Outcome) -> Outcome:
    """Return the outcome, with a reason to doubt it when the agent has neither changed nor done anything."""
    if (
        outcome.marked
        or outcome.outcome != "review"
        or session.work.at != session.work.branch.base
        or session.place.acts
    ):
        return outcome
    session.claim(Claimed("the task is done", NOTHING, False))
    return msgspec.structs.replace(outcome, reason=NOTHING)


async def failed(session: Session, control: Control, reason: str) -> None:
    """End a run that cannot go on: its task says why, its work tree stays."""
    if session.task is not None:
        await session.mark(session.task, State.BLOCKED, reason)
    await measure(session)
    fail(control, reason)


async def measure(session: Session) -> None:
    """Record what the run's work tree takes on the disk."""
    if session.work.branch.branch:
        size = await asyncio.to_thread(bytes_beneath, session.work.branch.worktree)
        session.tell("worktree_measured", bytes=size)


def fail(control: Control, reason: str) -> None:
    """Record that the run failed."""
    control.emit_once("finished", "run_finished", outcome="failed", reason=reason)
    control.emit_once("failed", "run_failed", reason=reason)


def reason_of(fault: BaseException) -> str:
    """Return why, in one line; the type says something only where the text does not."""
    if isinstance(fault, StepFailed):
        return " ".join(fault.error.partition(": ")[2].split()) or fault.error
    return " ".join(str(fault).split()) or type(fault).__name__


def escalation_marker(control: Control, equipment: Equipment) -> Callable[[str | None], None]:
    """Return what marks the task blocked while an escalation waits, and in progress after it."""

    def mark(reason: str | None) -> None:
        if equipment.task is not None:
            state = State.IN_PROGRESS if reason is None else State.BLOCKED
            mark_at_once(control, equipment, equipment.task, state, reason or "")

    return mark
