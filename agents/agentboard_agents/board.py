"""The state of the board as one frozen value: screens and `status --json` show the same.

Everything in it is raw text from outside: whoever shows it makes a `SafeText` of it first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from agentboard_agents.attention import Need, rank, stops_nothing
from agentboard_agents.board_files import EMPTY_FILES, Arranger, FilesView
from agentboard_agents.board_panes import Pane, Standing, current_runs, make_pane, stray_stems
from agentboard_agents.board_tail import EMPTY_TAIL, Tail
from agentboard_agents.escalation import times_raised
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import FINAL
from agentboard_agents.task_marks import in_progress
from agentboard_tasks.model import Problem

if TYPE_CHECKING:
    from agentboard_agents.team import Team
    from agentboard_tasks.workspace import Workspace

__all__ = ["EMPTY_BOARD", "BoardBuilder", "BoardState", "Header", "Scene", "build"]


class Scene(Struct, frozen=True):
    """What is neither in the store nor in the task files: names, the clock, how things stand.

    `now` is seconds since the epoch; `notices` are lines that say what is wrong with the board itself.
    """

    project: str = ""
    branch: str | None = None
    now: float = 0.0
    runtime: str = ""
    budget_usd: float | None = None
    loading: bool = False
    notices: tuple[str, ...] = ()
    asked: Mapping[str, str] = {}  # run -> what it was just asked for, until it reports
    problems: tuple[Problem, ...] = ()  # of the configuration
    blocked_minutes: float = 0.0  # after which a run that stands still is raised again


NO_SCENE = Scene()


class Header(Struct, frozen=True):
    """The first line: where we are, how many are doing what, what it cost, what needs a human."""

    project: str = ""
    branch: str | None = None
    agents: int = 0
    counts: tuple[tuple[str, int], ...] = ()  # (state, number of panes in it), busiest first
    cost_usd: float | None = None
    budget_usd: float | None = None
    needs: int = 0
    worker: str = "none"  # ok, none (nothing to do), dead (runs are active)
    rehearsal: bool = False


class BoardState(Struct, frozen=True):
    """Everything that the screens show."""

    header: Header = Header()
    panes: tuple[Pane, ...] = ()
    files: FilesView = EMPTY_FILES
    needs: tuple[Need, ...] = ()
    inbox: tuple[InboxItem, ...] = ()
    runs: tuple[Run, ...] = ()
    working: Mapping[str, str] = {}  # task id -> state of the open run that works on it
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()
    loading: bool = False
    now: float = 0.0

    def pane(self, stem: str | None) -> Pane | None:
        """Return the pane of an agent by its file stem."""
        return next((pane for pane in self.panes if pane.stem == stem), None)

    def item(self, item_id: str | None) -> InboxItem | None:
        """Return an open inbox item by its id."""
        return next((item for item in self.inbox if item.id == item_id), None)


EMPTY_BOARD = BoardState()


class BoardBuilder:
    """Builds boards one after another and computes the view of the files again only when they changed."""

    def __init__(self) -> None:
        self._workspace: Workspace | None = None
        self._begun: frozenset[str] = frozenset()
        self._files = EMPTY_FILES
        self._arranger = Arranger()

    def build(
        self,
        team: Team,
        workspace: Workspace | None,
        runs: Sequence[Run],
        inbox: Sequence[InboxItem],
        tails: Mapping[str, Tail],
        worker_alive: bool,
        scene: Scene = NO_SCENE,
        by_hand: AbstractSet[str] = frozenset(),
    ) -> BoardState:
        """Return the board of this moment; `runs` are newest first, no workspace means: not read yet.

        `by_hand` are the tasks that people have begun and whose files cannot say so.
        """
        files = self._view(workspace, in_progress(by_hand, runs))
        panes = _panes(team, runs, inbox, tails, worker_alive, files)
        if scene.asked:
            panes = tuple(_with_asked(pane, scene.asked) for pane in panes)
        problems = (*team.problems, *files.problems, *scene.problems)
        raised = partial(times_raised, now=scene.now, minutes=scene.blocked_minutes)
        needs = rank(inbox, panes, problems, raised)
        return BoardState(
            header=_header(panes, runs, needs, worker_alive, scene),
            panes=panes,
            files=files,
            needs=needs,
            inbox=tuple(inbox),
            runs=tuple(runs),
            working={run.task: str(run.state) for run in runs if run.task and run.state not in FINAL},
            problems=problems,
            notices=scene.notices,
            loading=scene.loading,
            now=scene.now,
        )

    def _view(self, workspace: Workspace | None, begun: frozenset[str]) -> FilesView:
        if workspace is not self._workspace or begun != self._begun:
            self._workspace, self._begun = workspace, begun
            self._files = self._arranger.view(workspace, begun) if workspace is not None else EMPTY_FILES
        return self._files


def build(
    team: Team,
    workspace: Workspace | None,
    runs: Sequence[Run],
    inbox: Sequence[InboxItem],
    tails: Mapping[str, Tail],
    worker_alive: bool,
    scene: Scene = NO_SCENE,
) -> BoardState:
    """Return the board for a team, its files and its runs (newest first): pure."""
    return BoardBuilder().build(team, workspace, runs, inbox, tails, worker_alive, scene)


def _panes(
    team: Team,
    runs: Sequence[Run],
    inbox: Sequence[InboxItem],
    tails: Mapping[str, Tail],
    worker_alive: bool,
    files: FilesView,
) -> tuple[Pane, ...]:
    current = current_runs(runs)
    waiting = sorted((item for item in inbox if not item.closed), key=stops_nothing)
    asks = {item.run: item for item in reversed(waiting)}

    def standing(stem: str) -> Standing:
        run, others = current.get(stem, (None, 0))
        claims = files.claimed.get(stem), files.upcoming.get(stem)
        if run is None:
            return Standing(None, EMPTY_TAIL, None, worker_alive, 0, *claims)
        return Standing(run, tails.get(run.id, EMPTY_TAIL), asks.get(run.id), worker_alive, others, *claims)

    known = [
        make_pane(agent.name, agent.stem, agent.problems, standing(agent.stem), about=agent.description)
        for agent in team.agents
    ]
    strays = stray_stems(current, {agent.stem for agent in team.agents})
    gone = [make_pane(current[stem][0].agent, stem, (), standing(stem), gone=True) for stem in strays]
    return (*known, *gone)


def _with_asked(pane: Pane, asked: Mapping[str, str]) -> Pane:
    words = asked.get(pane.run) if pane.run else None
    return replace(pane, word=words) if words else pane


def _header(
    panes: Sequence[Pane], runs: Sequence[Run], needs: Sequence[Need], worker_alive: bool, scene: Scene
) -> Header:
    counts: dict[str, int] = {}
    for pane in panes:
        if pane.state != "idle":
            counts[pane.state] = counts.get(pane.state, 0) + 1
    costs = [run.cost_usd for run in runs if run.cost_usd is not None and run.parent is None]
    dead = any(pane.provenance == "stale" for pane in panes)
    return Header(
        project=scene.project,
        branch=scene.branch,
        agents=len(panes),
        counts=tuple(sorted(counts.items(), key=lambda pair: -pair[1])),
        cost_usd=sum(costs) if costs else None,
        budget_usd=scene.budget_usd,
        needs=len(needs),
        worker="ok" if worker_alive else "dead" if dead else "none",
        rehearsal=scene.runtime == "rehearsal",
    )
