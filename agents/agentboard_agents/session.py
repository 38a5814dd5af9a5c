"""The durable verbs that a way of working is written in: converse, check, commit, mark, ask, tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.claims_said import Claimed
from agentboard_agents.desk import Desk
from agentboard_agents.events import Event, NewEvent
from agentboard_agents.gates import GateResult
from agentboard_agents.onlooker import Finished, Onlooker, resting
from agentboard_agents.permissions import Permissions
from agentboard_agents.protocols import Brief, brief_for
from agentboard_agents.runtimes.opened import Runtimes
from agentboard_agents.runtimes.port import Block
from agentboard_agents.sandbox import warning
from agentboard_agents.session_actions import (
    READING,
    allowed_tools,
    ask_person,
    bare,
    base_actions,
    context_of,
    escalate,
)
from agentboard_agents.session_checks import Verdict, check_branch
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.session_git import Handiwork
from agentboard_agents.session_ledger import Ledger
from agentboard_agents.session_marks import mark, written
from agentboard_agents.session_owned import changed, own_files
from agentboard_agents.session_resources import Resources
from agentboard_agents.session_setup import set_up
from agentboard_agents.session_tools import Action, Toolbox
from agentboard_agents.tools import ToolContext
from agentboard_agents.tools.context import Todo
from agentboard_agents.turns import Conversation, Reply, Setting
from agentboard_agents.turns_port import RunFault, Workplace
from agentboard_tasks.formats.lines import file_stem
from agentboard_tasks.model import State, Task

__all__ = ["Outcome", "Session"]

CORRECTIONS = 3
ARTIFACTS = ".claude/artifacts"
MOST_TOLD = 2_000
MOST_FIXES = 100


class Outcome(Struct, frozen=True):
    """How a way of working ended: review, gates_failed or limit.

    `commit` is the message of the commit that is still to be made; `marked` says that the task's file was
    written already.
    """

    outcome: str
    reason: str = ""
    commit: str | None = None
    marked: bool = False


class Session:
    """One run, as its way of working sees it.

    `said` is the agent's last answer, `texts` what else it wrote about its work, `gates` what the checks said
    last, and `contradicted` how many of its claims the facts do not bear out. `answer_form` is the JSON
    schema that its answers have, where the API can hold the model to one.
    """

    def __init__(self, place: Workplace, equipment: Equipment, ledger: Ledger, runtimes: Runtimes) -> None:
        self.place = place
        self.runtimes = runtimes
        self.equipment = equipment
        self.definition = equipment.definition
        self.spec = equipment.spec
        self.task = equipment.task
        self.work = Handiwork(place, equipment)
        self.permissions = Permissions(place, equipment)
        self.brief = Brief("", "")
        self.writes = True
        self.extras: list[Action] = []
        self.resources = Resources(equipment)
        self.desk: Desk | None = None
        self.ledger = ledger
        self.model = ""
        self.answer_form: Block | None = None
        self.on_plan: Callable[[Sequence[Todo]], str] | None = None
        self._onlooker: Onlooker | None = None
        self._conversation: Conversation | None = None
        self._recalled: list[Block] = []
        self.texts: list[str] = []
        self.said = ""
        self.gates: tuple[GateResult, ...] = ()
        self.contradicted = 0
        self.lead_told = False

    async def begin(self) -> None:
        """Prepare the brief and the work tree, and say that the run has started.

        Raises:
            RunFault: when the brief misses something.
        """
        self.brief = await self._prepared()
        if self.brief.missing:
            raise RunFault(f"{self.definition.file}: nothing fills {'; '.join(self.brief.missing)}")
        branch = await self.work.begin()
        told = {
            "branch": branch.branch,
            "worktree": branch.worktree,
            "base": branch.base,
            "onto": branch.onto,
        }
        self.place.control.emit_once("started", "run_started", **told)
        if weak := warning(self.equipment.sandbox):
            self.place.control.emit_once("~sandbox", "problem_found", severity="warning", message=weak)
        await self.work.fill()
        if not self.place.round.number:
            await set_up(self.place, self.equipment)
        self._tell_context()
        await self.resources.open(self.place, self._context(frozenset()))
        self._mention_missing_tools()
        if self.task is not None:
            await self.mark(self.task, State.IN_PROGRESS)

    async def _prepared(self) -> Brief:
        async def prepare() -> Any:
            made = await asyncio.to_thread(brief_for, self.equipment.survey, self.definition, self.spec)
            return msgspec.to_builtins(made)

        return msgspec.convert(await self.place.step("brief", prepare), Brief)

    def _tell_context(self) -> None:
        """Say what went into the brief, and what its definition names and is not there."""
        self.place.tell(
            "context_loaded", files=list(self.brief.files), consultations=list(self.brief.consultations)
        )
        for path in self.brief.absent:
            message = f"{self.definition.file} names {path}, which is not there"
            self.place.tell("problem_found", severity="warning", message=message)

    def _mention_missing_tools(self) -> None:
        _, missing = allowed_tools(self.definition.tools)
        unknown = [name for name in missing if not self.resources.provides(name)]
        if unknown:
            reasons = {name: self.resources.why_not(name) for name in unknown}
            named = [f"{name} ({why})" if why else name for name, why in reasons.items()]
            message = f"not offered for now: {', '.join(named)}"
            self.place.tell("problem_found", severity="info", message=message)

    async def converse(self, text: str) -> Reply:
        """Tell the agent something in the current conversation, and return its answer."""
        if self._conversation is None:
            self.fresh(self.task.key if self.task else "")
            assert self._conversation is not None  # made above
            self._conversation.messages = self._recalled
        async with resting(self._onlooker):
            reply = await self._conversation.say(text)
        self.said = reply.whole
        return reply

    @property
    def messages(self) -> list[Block]:
        """What was said in the present conversation."""
        return self._conversation.messages if self._conversation else []

    def recall(self, messages: list[Block]) -> None:
        """Let the next conversation go on where that of an earlier round ended."""
        self._recalled = messages

    def write_mark(self, task: Task, state: State) -> str:
        """Write a task's state in a step; return what went wrong."""
        return written(self.equipment, task, state, "")

    def fresh(self, key: str, system: str | None = None) -> None:
        """Begin a conversation that remembers nothing, about the task or story with this key."""
        setting = Setting(
            key, system or self.brief.system, self.model, self.definition.stem, form=self.answer_form
        )
        self._conversation = Conversation(
            self.place, setting, self.toolbox([*self._colleagues(), *self.extras])
        )

    def _colleagues(self) -> list[Action]:
        """Return the tools to work with others that the definition lists; who leads can write to them."""
        from agentboard_agents.protocols.brief_messages import lead_in, send_message
        from agentboard_agents.protocols.consultation_deferred import answer_consultation
        from agentboard_agents.protocols.consultation_others import consult_actions

        listed = {bare(name) for name in self.definition.tools or ()}
        team = self.equipment.survey.team
        if any(lead_in(team, agent).agent is self.definition for agent in team.agents):
            listed.add("SendMessage")
        if listed & {"Agent", "Task"}:
            listed.add("DeferConsultation")
        if self.brief.consultations:
            listed.add("AnswerConsultation")
        actions = [*consult_actions(self, self.spec.depth), send_message(self), answer_consultation(self)]
        return [action for action in actions if action.name in listed]

    def toolbox(self, extras: Iterable[Action], *, reading_only: bool = False) -> Toolbox:
        """Return the tools that the definition allows, with `extras`."""
        allowed, _ = allowed_tools(self.definition.tools, self.definition.refused_tools)
        if reading_only:
            allowed &= READING
        elif not self.writes:
            allowed -= {"Write", "Edit", "MultiEdit", "NotebookEdit"}
        supply = None if reading_only else self.resources
        allowed = frozenset(name for name in allowed if not self.permissions.withholds(name))
        context = self._context(allowed)
        actions = [
            *base_actions(self.place, context, self.on_plan),
            ask_person(self.place, self.unblocks),
            *extras,
            escalate(self.place, self.unblocks),
        ]
        watch = None if reading_only else self._onlooker
        return Toolbox(self.place, self.ledger, actions, self.permissions.permit, supply, watch)

    def look_at(self, file: str, finished: Finished) -> None:
        """Tell which tasks of a file others finish from now on, while the agent itself does nothing."""

        def tell(key: str) -> None:
            task = f"{file_stem(file)}:{key}"
            self.place.control.emit("finished_elsewhere", task=task, file=file)

        still = self.resources.are_still
        self._onlooker = Onlooker(self.equipment.root, file, finished, still, tell)

    def _context(self, allowed: frozenset[str]) -> ToolContext:
        context = context_of(self.equipment, self.work.branch, self.permissions, allowed)
        self.resources.lend(context)
        return context

    async def close(self) -> None:
        """End what the run holds open."""
        await self.resources.close()

    @property
    def shared_directory(self) -> str:
        """The directory of the shared artifacts."""
        return self.definition.shared_directory or ARTIFACTS

    @property
    def unblocks(self) -> tuple[str, ...]:
        """The tasks that wait for this run: its own, and those that depend on it."""
        if self.task is None:
            return ()
        key = self.task.key
        after = (task.id for task in self.equipment.survey.workspace.tasks if key in task.depends_on)
        return (self.task.id, *after)

    async def verdict(self) -> Verdict:
        """Run the gates once."""
        run = self.desk.store.run(self.spec.run) if self.desk else None
        touched = partial(changed, self.equipment, run)
        verdict = await check_branch(self.place, self.equipment, self.work.branch, touched)
        verdict = Verdict((*verdict.results, *await own_files(self.place, self.equipment, run)))
        self.gates = verdict.results
        return verdict

    async def check(self, correct: Callable[[str], Any] | None = None) -> Verdict:
        """Run the gates; while they fail let the agent correct itself, a few times.

        Args:
            correct: what hands the feedback to the agent, when it is more than telling it.
        """
        verdict = await self.verdict()
        for attempt in range(1, self.corrections + 1):
            if verdict.passed or verdict.beyond:
                break
            error = verdict.reason
            self.tell("correction_attempt", attempt=attempt, of=self.corrections, reason=error)
            await (correct or self.converse)(verdict.feedback)
            verdict = await self.verdict()
            self.tell_correction(attempt, error, self.said, (), verdict.result)
        return verdict

    def tell_correction(
        self, attempt: int, error: str, analysis: str, fix: Sequence[str], result: str
    ) -> None:
        """Record one correction: what was wrong, what the agent made of it, what it did, what came of it."""
        self.tell(
            "correction_finished",
            attempt=attempt,
            of=self.corrections,
            error=error[:MOST_TOLD],
            analysis=analysis.strip()[:MOST_TOLD],
            fix=list(fix)[:MOST_FIXES],
            result=result[:MOST_TOLD],
        )

    @property
    def corrections(self) -> int:
        """How often the agent may correct itself."""
        asked = self.definition.correction_attempts
        return CORRECTIONS if asked is None else min(asked, CORRECTIONS)

    async def commit(self, message: str) -> str | None:
        """Commit the work so far on the run's branch; `None` when there was nothing new."""
        return await self.work.commit(message)

    async def mark(self, task: Task, state: State, reason: str = "") -> None:
        """Write a task's state into its file."""
        await mark(self.place, self.equipment, task, state, reason)

    async def ask(
        self,
        kind: str,
        text: str,
        options: Sequence[str] = (),
        *,
        to: str = "human",
        settled: Callable[[str], Awaitable[str]] | None = None,
    ) -> str:
        """Ask a person, and wait for the answer, or for what `settled` finds in place of one."""
        return await self.place.ask(kind, text, options, to=to, unblocks=self.unblocks, settled=settled)

    def tell(self, kind: str, **data: Any) -> None:
        """Record an event, once."""
        self.place.tell(kind, **data)

    def once(self, key: str, kind: str, **data: Any) -> dict[str, Any]:
        """Record an event once in all rounds of the run; return the data of the one that it has."""
        event = self.place.control.emit_once(key, kind, **data)
        return event.data if isinstance(event, Event) else data

    def claim(self, checked: Claimed) -> None:
        """Record a claim beside the fact."""
        self.contradicted += not checked.holds
        self.tell("claim_checked", claim=checked.claim, fact=checked.fact, holds=checked.holds)

    def first_time(self, key: str, kind: str, **data: Any) -> bool:
        """Record in a step that its act begins; `False` when a worker that died had begun it."""
        return self.ledger.first_time(key, kind, **data)

    def record(self, event: NewEvent) -> None:
        """Record in a step an event that is not this run's own."""
        self.ledger.record(event)

    async def step(self, name: str, function: Callable[[], Any]) -> Any:
        """Do something that reads or writes in a durable step, off the event loop."""

        async def act() -> Any:
            return await asyncio.to_thread(function)

        return await self.place.step(name, act)
