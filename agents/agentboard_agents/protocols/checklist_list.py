"""An agent's task list while it works: its plan and its own edits become moves, its claims are checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from agentboard_agents.events import Event
from agentboard_agents.protocols.checklist_moves import (
    EMPTY,
    Planned,
    finished_in,
    followed,
    newly_done,
    reopened,
    settled,
    standings,
)
from agentboard_agents.redaction import redact
from agentboard_agents.session import Session
from agentboard_agents.session_marks import said_done, today
from agentboard_agents.tools.context import Todo
from agentboard_tasks.edit import EditConflict, PatchRefused
from agentboard_tasks.files import FileFault
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.formats.lines import file_stem

__all__ = ["LiveList", "list_of"]

MOST_MARKS = 10_000


def is_of_others(mark: Event, own: str) -> bool:
    """Tell whether a mark on a task is not of the run's own making."""
    return (mark.run == own) is (mark.kind == "finished_elsewhere")


def list_of(session: Session) -> LiveList | None:
    """Return the list that the agent keeps: the one that its definition names, else the one of its task."""
    task = session.task
    file = session.definition.task_list
    if task is not None and task.format == "checklist" and not task.read_only:
        file = task.source.file if task.agent in {session.definition.stem, session.definition.name} else file
    return LiveList(session, file) if file else None


class LiveList:
    """The list of one agent, in one run."""

    def __init__(self, session: Session, file: str) -> None:
        self._session = session
        self.file = file
        task = session.task
        self._own = task.key if task is not None and task.source.file == file else None

    async def standings(self) -> dict[str, str]:
        """Return how each task stands, by its key; from now on it is seen what others finish."""
        self._session.look_at(self.file, lambda data: finished_in(data, self.file))
        found: dict[str, str] = await self._session.step(
            "list before", lambda: standings(self._read(), self.file)
        )
        return found

    def _read(self) -> bytes:
        try:
            return self._session.equipment.root.read(self.file).data
        except FileFault:
            return b""

    def follow(self, todos: Sequence[Todo]) -> str:
        """Make the list say what the agent's plan says; return what went wrong."""
        plan = [Planned(redact(" ".join(todo.content.split())), todo.status) for todo in todos]
        empty = EMPTY.format(title=self._session.definition.name).encode()

        def patch(data: bytes) -> bytes:
            return followed(data or empty, self.file, plan, self._own, today(), self._of_others())

        return self._apply(patch, "the agent's plan", create=True)

    async def settle(self, before: dict[str, str], fact: str, *, holds: bool) -> None:
        """Carry the agent's own edits through, and hold what it completed against the fact of the checks.

        What it completed beside its own task, and the checks do not bear out, is to do again.
        """
        done = await self._session.step("list after", lambda: self._done_since(before))
        for key, title in done:
            claim = f"completed: {title if key in title else f'{key}: {title}'}"
            self._session.tell("claim_checked", claim=claim, fact=fact, holds=holds)
        again = [key for key, _ in done if key != self._own and not holds]

        def patch(data: bytes) -> bytes:
            return reopened(settled(data, self.file, before, self._own, today()), self.file, again, today())

        problem = await self._session.step("list", lambda: self._apply(patch, "the agent's own edits"))
        if problem:
            self._session.tell("problem_found", severity="warning", message=problem)

    def _done_since(self, before: dict[str, str]) -> list[list[str]]:
        """Return the tasks (key, title) that were completed since, those that others completed aside."""
        others = self._of_others()
        found = newly_done(self._read(), self.file, before)
        return [[task.key, task.title] for task in found if task.key not in others]

    def _of_others(self) -> frozenset[str]:
        """Return the keys of tasks of the list that other runs are about, or that others marked meanwhile."""
        desk, own = self._session.desk, self._session.spec.run
        if desk is None:
            return frozenset()
        (began, *_) = desk.store.events(run=own, limit=1)
        kinds = ("task_changed", "finished_elsewhere")
        marks = desk.store.events(began.seq, kinds=kinds, limit=MOST_MARKS)
        told = [str(mark.data.get("task")) for mark in marks if is_of_others(mark, own)]
        told += said_done(self._session.equipment, self.file, datetime.fromisoformat(began.time).timestamp())
        told += [run.task for run in desk.store.runs(open_only=True) if run.task and run.id != own]
        stem = file_stem(self.file)
        keys = {key for name in told for file, _, key in [name.partition(":")] if file == stem}
        return frozenset(keys - {self._own})

    def _apply(self, patch: Callable[[bytes], bytes], why: str, *, create: bool = False) -> str:
        def careful(data: bytes) -> bytes:
            try:
                return patch(data)
            except FormatError as fault:
                raise PatchRefused(str(fault)) from fault

        try:
            editor = self._session.equipment.editor
            editor.apply(self.file, careful, why=f"{self.file}: {why}", create=create)
        except (PatchRefused, EditConflict, FileFault) as fault:
            return f"{self.file} was not brought up to date: {fault}"
        return ""
