"""The screens' side of the store: polls its version, folds what is new, and gives one frozen board."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from agentboard_agents.board import BoardBuilder, BoardState, Scene
from agentboard_agents.board_tail import EMPTY_TAIL, Tail, fold, fold_all
from agentboard_agents.events import Event
from agentboard_agents.project import Project
from agentboard_agents.projection import Run, moves
from agentboard_agents.projection_people import InboxItem, Message
from agentboard_agents.run import FINAL
from agentboard_agents.store import Store, StoreFault
from agentboard_agents.task_marks import begun_by_hand
from agentboard_agents.team import Team
from agentboard_agents.worker_probe import written

if TYPE_CHECKING:
    from agentboard_agents.survey import Survey

__all__ = ["Bridge", "branch_of"]

TAIL_EVENTS = 120
"""Events of a run that are read for its pane when the board opens."""

BATCH = 2_000
"""Events folded in one turn of the loop; more wait for the next."""

RUNS_WITH_TAIL = 200

TAILS = 400
"""Tails that are kept before those of ended runs are dropped."""

FRESH = 10_000
"""Events that wait for a transcript at most."""

REOPEN = 2.0
"""Seconds between two tries to open a store that failed."""

AWAKE = 3.0
"""Seconds for which more is expected after something happened."""

WORKER_LOOKS = 1.0
"""Seconds between looks at whether the worker lives."""


class Bridge:
    """Reads the store for the screens. Knows nothing of Textual."""

    def __init__(self, project: Project, environment: Mapping[str, str] = os.environ) -> None:
        self.project = project
        self.survey: Survey | None = None
        self.team = Team()
        self.notices: dict[str, str] = {}
        self.store: Store | None = None
        self._builder = BoardBuilder()
        self._runtime = environment.get("AGENTBOARD_RUNTIME", "")
        self._version = -1
        self._seq = 0
        self._runs: dict[str, Run] = {}
        self._inbox: list[InboxItem] = []
        self._tails: dict[str, Tail] = {}
        self._worker = False
        self._looked = 0.0
        self._branch = branch_of(project.root)
        self._fresh: list[Event] = []
        self._more = False
        self._owed: list[str] = []  # runs whose tail has not been read yet
        self._asked: dict[str, str] = {}
        self._by_hand: frozenset[str] = frozenset()
        self._opened = 0.0
        self._awake_until = 0.0
        self._open()
        self._look_at_worker()

    # the store

    def _open(self) -> None:
        try:
            self.store = Store.open(self.project)
            self._catch_up(self.store)
            self.notices.pop("store", None)
        except StoreFault as fault:
            self._lose(fault)

    def _lose(self, fault: StoreFault) -> None:
        """Say what is wrong with the store, and try it again later."""
        if self.store is not None:
            self.store.close()
        self.store, self._opened = None, time.monotonic()
        self.notices["store"] = f"{fault}"

    def _reopened(self) -> bool:
        """Try the store again now and then; say whether it is there."""
        if time.monotonic() - self._opened < REOPEN:
            return False
        self._open()
        return self.store is not None

    def _catch_up(self, store: Store) -> None:
        self._version = store.data_version()
        self._seq = store.last_seq()
        self._runs = {run.id: run for run in store.runs()}
        self._inbox = store.inbox()
        self._by_hand = begun_by_hand(store.by_hand())
        shown = [run for run in self._runs.values() if run.state not in FINAL]
        latest = {run.stem: run for run in reversed(self._runs.values())}
        self._owed = [run.id for run in [*shown[:RUNS_WITH_TAIL], *latest.values()]]

    def _read_tails(self, store: Store) -> bool:
        """Read what the runs did last: after the first picture, which shows who is where."""
        owed, self._owed = self._owed, []
        for run in owed:
            if run not in self._tails:
                self._tails[run] = fold_all(store.tail(run, TAIL_EVENTS, until=self._seq))
        return bool(owed)

    def poll(self) -> bool:
        """Read what is new in the store; say whether the board differs. Cheap when nothing is."""
        changed = self._look_at_worker()
        store = self.store
        if store is None:
            return self._reopened() or changed
        try:
            changed = self._read_tails(store) or changed
            version = store.data_version()
            if version == self._version and not self._more:
                return changed
            self._version = version
            return self._read(store) or changed
        except StoreFault as fault:
            self._lose(fault)
            return True

    def _read(self, store: Store) -> bool:
        events = store.events(self._seq, limit=BATCH)
        self._more = len(events) == BATCH
        if not events:
            return False
        self._seq = events[-1].seq
        self.wake()
        self._by_hand = begun_by_hand(events, self._by_hand)
        for event in events:
            self._tails[event.run] = fold(self._tails.get(event.run, EMPTY_TAIL), event)
            self._asked.pop(event.run, None)
        for run_id in dict.fromkeys(event.run for event in events if event.run and moves(event.kind)):
            run = store.run(run_id)
            if run is not None:
                known = run_id in self._runs
                self._runs = {**self._runs, run_id: run} if known else {run_id: run, **self._runs}
        self._inbox = store.inbox()
        self._fresh = [*self._fresh, *events][-FRESH:]
        self._drop_tails()
        self.notices.pop("store", None)
        return True

    def _drop_tails(self) -> None:
        """Keep the tails of open runs and of each agent's latest: no other shows."""
        if len(self._tails) <= TAILS:
            return
        latest = {run.stem: run.id for run in reversed(self._runs.values())}
        shown = {run.id for run in self._runs.values() if run.state not in FINAL} | set(latest.values())
        self._tails = {run: tail for run, tail in self._tails.items() if run in shown}

    def take_events(self) -> list[Event]:
        """Return the events read since the last call: what an open transcript adds."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def _look_at_worker(self) -> bool:
        now = time.monotonic()
        if now - self._looked < WORKER_LOOKS:
            return False
        self._looked = now
        lost = self._look_at_root()
        try:
            alive = self.store is not None and written(self.project.state) is not None
        except OSError as fault:
            self.notices["worker"] = f"cannot tell whether the worker lives: {fault.strerror}"
            return True
        changed, self._worker = alive != self._worker, alive
        return changed or lost

    def _look_at_root(self) -> bool:
        """Say it when the repository is gone; return whether that changed."""
        gone = not os.path.isdir(self.project.root)
        if gone == ("root" in self.notices):
            return False
        self.notices.pop("root", None)
        if gone:
            self.notices["root"] = f"{self.project.root} is gone; runs go on in their worktrees"
        return True

    # the board

    def files_loaded(self, survey: Survey) -> None:
        """Take another reading of the project's files; one of coordination files alone keeps the layout."""
        if self.survey is None or survey.layout is not self.survey.layout:
            self._branch = branch_of(self.project.root)
        self.survey, self.team = survey, survey.team

    def board(self) -> BoardState:
        """Return the board of this moment."""
        survey = self.survey
        scene = Scene(
            project=self.project.name,
            branch=self._branch,
            now=time.time(),
            runtime=self._runtime,
            budget_usd=survey.config.budget_usd if survey else None,
            loading=survey is None,
            notices=tuple(self.notices.values()),
            asked=dict(self._asked),
            problems=survey.config.problems if survey else (),
            blocked_minutes=survey.config.escalation.blocked_minutes if survey else 0.0,
        )
        return self._builder.build(
            self.team,
            survey.workspace if survey else None,
            tuple(self._runs.values()),
            self._inbox,
            self._tails,
            self._worker,
            scene,
            self._by_hand,
        )

    @property
    def lively(self) -> bool:
        """Whether the store may change at any moment: a worker lives, or something has just happened."""
        return self._worker or time.monotonic() < self._awake_until

    def wake(self) -> None:
        """Expect changes: a person has asked for something."""
        self._awake_until = time.monotonic() + AWAKE

    def asked(self, run_id: str, words: str) -> None:
        """Remember what a run was asked for, to show it until the run's next event."""
        self._asked[run_id] = words

    def refused(self, run_id: str) -> None:
        """Forget what a run was asked for: nothing will come of it."""
        self._asked.pop(run_id, None)

    def run(self, run_id: str | None) -> Run | None:
        """Return a run by its id."""
        return self._runs.get(run_id) if run_id else None

    def messages(self, agent: str, stem: str) -> list[Message]:
        """Return the messages to and from an agent, by its name and its stem."""
        try:
            found = self.store.messages() if self.store else []
        except StoreFault as fault:
            self.notices["store"] = f"{fault}"
            return []
        return [one for one in found if not {one.agent, one.sender}.isdisjoint({agent, stem})]

    @property
    def branch(self) -> str | None:
        """The branch that the user's own work tree is on."""
        return self._branch

    def close(self) -> None:
        """Let go of the store."""
        if self.store is not None:
            self.store.close()
            self.store = None


def branch_of(root: str) -> str | None:
    """Return the branch that a work tree is on (or the start of its commit), read from its files alone."""
    place = os.path.join(root, ".git")
    head = _first_line(place) if os.path.isfile(place) else ""
    if head.startswith("gitdir: "):
        place = os.path.join(root, head.removeprefix("gitdir: "))
    head = _first_line(os.path.join(place, "HEAD"))
    if head.startswith("ref: refs/heads/"):
        return head.removeprefix("ref: refs/heads/")
    return head[:8] or None


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.readline(4096).strip()
    except OSError:
        return ""
