"""Dispatch: which task for whom, filled with the obvious choice, what is missing said before it starts."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from msgspec import Struct
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from agentboard_agents.board import BoardState
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.survey import Survey
from agentboard_tasks.model import State, Task
from agentboard_tui.screens.dialog import Dialog
from agentboard_tui.screens.dispatch_plan import (
    BUDGETS,
    Plan,
    bases_for,
    brief_lines,
    facts,
    make_plan,
    models_for,
    ways_for,
)
from agentboard_tui.station import outdated
from agentboard_tui.widgets.choice import Choice
from agentboard_tui.widgets.sheet import Sheet
from agentboard_tui.widgets.words import Words

if TYPE_CHECKING:
    from agentboard_agents.dispatch import Asked, Order

__all__ = ["DispatchDialog", "Wanted", "obvious_agent", "tasks_for"]

OPEN_STATES = (State.IN_PROGRESS, State.TODO, State.BLOCKED, State.OTHER)
RUNTIMES = (("anthropic", "the Anthropic API"), ("rehearsal", "a scripted model: no key, no cost"))
OWN_LIST = ""


class Wanted(Struct, frozen=True):
    """The order that was entered, and the agent to select after it."""

    order: Order
    stem: str


def obvious_agent(survey: Survey, board: BoardState, stem: str | None, task: Task | None) -> str:
    """Return the agent that a person means: of the task, else the selected one, else an idle one."""
    agents = survey.team.agents
    stems = [agent.stem for agent in agents]
    if task is not None and task.agent in stems:
        return str(task.agent)
    if stem in stems:
        return str(stem)
    free = [pane.stem for pane in board.panes if not pane.open and pane.upcoming and pane.stem in stems]
    return free[0] if free else stems[0] if stems else ""


def tasks_for(
    survey: Survey, board: BoardState, agent: AgentDefinition | None, first: Task | None = None
) -> list[Task]:
    """Return the open tasks that could be given to an agent: `first`, then its own, then those of nobody.

    A task that a run works on is not offered again.
    """
    tasks = [
        task
        for task in survey.workspace.tasks
        if task.state in OPEN_STATES and not task.read_only and task.id not in board.working
    ]
    own: set[str] = {agent.stem, agent.name} if agent else set()
    mine = sorted(
        (task for task in tasks if task.agent in own), key=lambda task: OPEN_STATES.index(task.state)
    )
    free = [task for task in tasks if task.agent is None]
    return list(dict.fromkeys([*([first] if first else []), *mine, *free]))


class DispatchDialog(Dialog[Wanted]):
    """`d enter` is enough; arrows choose something else."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    DispatchDialog #brief { height: 1fr; min-height: 1; border-top: solid $panel-lighten-2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("left", "turn(-1)", show=False),
        Binding("right", "turn(1)", show=False),
        Binding("enter", "enter", show=False),
        Binding("pagedown,ctrl+d", "page(1)", show=False, priority=True),
        Binding("pageup,ctrl+u", "page(-1)", show=False, priority=True),
    ]
    KEYS = (
        ("enter", "dispatch"),
        ("↑ ↓", "field"),
        ("← →", "value"),
        ("pgdn pgup", "the brief"),
        ("esc", "back"),
    )

    def __init__(self, survey: Survey, board: BoardState, stem: str | None, task: Task | None) -> None:
        super().__init__("Dispatch")
        self._survey = survey
        self._board = board
        self._given = task
        self._first = obvious_agent(survey, board, stem, task)
        self._field = 0
        self._found = Plan()

    def fields(self) -> ComposeResult:
        """Agent, task, runtime, words of one's own; then what is missing."""
        agents = [
            (agent.stem, agent.name if agent.name != agent.stem else "") for agent in self._survey.team.agents
        ]
        yield Choice("agent", agents, start=self._first, id="agent")
        yield Choice("task", (), id="task")
        yield Choice("model", (), id="model")
        yield Choice("budget", BUDGETS, id="budget")
        yield Choice("way", (), id="way")
        yield Choice("base", bases_for(self._survey.project.root), id="base")
        yield Choice("runtime", _runtimes(), start=_runtime(), id="runtime")
        yield Input(placeholder="context to add, or what to do where there is no task", id="context")
        yield Words([], limit=6, id="plan")
        yield Sheet(id="brief")

    def on_mount(self) -> None:
        """Fill in what belongs to the first choice."""
        self._offer_all()
        self._mark()

    @property
    def choices(self) -> list[Choice]:
        """The lines that left and right turn."""
        return list(self.query(Choice))

    def _agent(self) -> AgentDefinition | None:
        return self._survey.team.find(self.query_one("#agent", Choice).value)

    def _way(self) -> str | None:
        """Return the way of working that is chosen, else the agent's own."""
        agent = self._agent()
        return self.query_one("#way", Choice).value or (agent.protocol if agent else None)

    def _offer_all(self) -> None:
        """Offer what the chosen agent could get."""
        agent = self._agent()
        self.query_one("#model", Choice).offer(models_for(self._survey, agent))
        self.query_one("#way", Choice).offer(ways_for(agent))
        self._offer_tasks()

    def _offer_tasks(self) -> None:
        agent, given = self._agent(), self._given
        meant = given is not None and agent is not None and given.agent in {None, agent.stem, agent.name}
        tasks = tasks_for(self._survey, self._board, agent, given if meant else None)
        values = [
            (task.id, task.title if len(task.key) >= 8 else f"{task.key} {task.title}") for task in tasks
        ]
        if agent is not None and self._way() == "ralph" and not meant:
            values.insert(0, (OWN_LIST, f"all stories of {agent.prd or 'its PRD'}, one after the other"))
        self.query_one("#task", Choice).offer(values)
        self._plan()

    def order(self) -> Order:
        """Return the order as it is filled in."""
        from agentboard_agents.dispatch import Order as DispatchOrder

        words = self.query_one(Input).value.strip() or None
        task = self.query_one("#task", Choice).value or None
        agent = self._agent()
        by_prd = self._way() == "ralph"
        return DispatchOrder(
            agent=agent.name if agent else "",
            task=task,
            prompt=words if task is None and not by_prd else None,
            context=words if task is not None or by_prd else None,
            runtime=self.query_one("#runtime", Choice).value or None,
            model=self.query_one("#model", Choice).value or None,
            limits=self._limits(),
            protocol=self.query_one("#way", Choice).value or None,
            base=self.query_one("#base", Choice).value or None,
        )

    def _limits(self) -> Asked:
        """Return the chosen budget; for the rest the definition and the configuration count."""
        from agentboard_agents.dispatch import Asked

        chosen = self.query_one("#budget", Choice).value
        return Asked(budget_usd=float(chosen) if chosen else self._survey.config.budget_usd)

    # what would be done

    def _plan(self) -> None:
        self._found = Plan()
        self._check(self.order())

    @work(thread=True, exclusive=True, group="plan")
    def _check(self, order: Order) -> None:
        found = make_plan(self._survey, order)
        if not outdated():
            self.station.call_from_thread(partial(self._planned, found))

    def _planned(self, found: Plan) -> None:
        if self.is_attached:
            self._found = found
            self.query_one("#plan", Words).show([[], facts(found, self.station.bridge.branch)])
            self.query_one("#brief", Sheet).show(brief_lines(found))

    # keys

    def _mark(self) -> None:
        for at, choice in enumerate(self.choices):
            choice.mark(at == self._field)
        if self._field == len(self.choices):
            self.set_focus(self.query_one(Input))
        else:
            self.set_focus(None)

    def action_move(self, by: int) -> None:
        """Go to another field."""
        self._field = (self._field + by) % (len(self.choices) + 1)
        self._mark()

    def action_turn(self, by: int) -> None:
        """Choose another value in the field."""
        if self._field < len(self.choices):
            self.choices[self._field].turn(by)

    @on(Choice.Changed)
    def changed(self) -> None:
        """Another agent has other tasks, and so has another way of working."""
        changed = self.choices[self._field].label if self._field < len(self.choices) else ""
        offers = {"agent": self._offer_all, "way": self._offer_tasks}
        offers.get(changed, self._plan)()

    @on(Input.Changed)
    def typed(self) -> None:
        """Words may fill what was missing."""
        self._plan()

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Enter dispatches from the field too."""
        self.action_enter()

    def action_page(self, by: int) -> None:
        """Leaf through the brief."""
        self.query_one("#brief", Sheet).page(by)

    def action_enter(self) -> None:
        """Dispatch what is filled in; what is missing keeps the dialog open and says so."""
        agent = self._agent()
        if self._found.fault or agent is None:
            self.station.bell()
            return
        self.dismiss(Wanted(self.order(), agent.stem))


def _runtimes() -> tuple[tuple[str, str], ...]:
    """Return what can be chosen; what the environment names wrongly is there too, to be refused."""
    named = _runtime()
    known = {name for name, _ in RUNTIMES}
    return RUNTIMES if named in known else (*RUNTIMES, (named, "AGENTBOARD_RUNTIME names no runtime"))


def _runtime() -> str:
    return os.environ.get("AGENTBOARD_RUNTIME") or "anthropic"
