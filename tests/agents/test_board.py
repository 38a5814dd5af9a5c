"""The board as one value: which run a pane shows, how true it is, what the panels list."""

from __future__ import annotations

from agentboard_agents.board import BoardBuilder, BoardState, Scene, build
from agentboard_agents.board_tail import Tail, TailLine
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import RunState
from agentboard_agents.spec import RunSpec
from agentboard_agents.team import Team
from agentboard_tasks.model import Problem, Severity, Source, State, Task, TaskList
from agentboard_tasks.workspace import Workspace

SINCE = "2026-01-01T00:00:00Z"
TEAM = Team(tuple(AgentDefinition(name, name, f"{name}.md") for name in ("ada", "bob")))


def run(
    name: str, state: RunState, stem: str = "ada", parent: str | None = None, task: str | None = None
) -> Run:
    spec = RunSpec(name, stem, stem, f"{stem}.md", "checklist", "rehearsal", task=task, parent=parent)
    return Run(
        name, stem, stem, state, SINCE, spec, task=task, runtime="rehearsal", parent=parent, cost_usd=0.5
    )


def task(key: str, state: State, agent: str | None = "ada", file: str = "ada.md") -> Task:
    return Task(f"ada:{key}", key, f"title {key}", state, Source(file, 1), "checklist", agent)


def workspace(*tasks: Task) -> Workspace:
    return Workspace(lists=(TaskList("ada.md", "", "ada", tasks, True),))


def board(
    *runs: Run, files: Workspace | None = None, alive: bool = True, inbox: tuple[InboxItem, ...] = ()
) -> BoardState:
    return build(TEAM, files or Workspace(), runs, inbox, {}, alive, Scene(project="shop", branch="main"))


def test_an_open_run_is_shown_before_a_newer_one_that_has_ended() -> None:
    pane = board(run("new", RunState.ACCEPTED), run("old", RunState.WORKING)).pane("ada")
    assert pane is not None
    assert pane.run == "old"


def test_a_nested_run_does_not_hide_the_one_that_was_dispatched() -> None:
    pane = board(run("nested", RunState.WORKING, parent="top"), run("top", RunState.WORKING)).pane("ada")
    assert pane is not None
    assert (pane.run, pane.others) == ("top", 1)


def test_an_active_run_is_stale_when_its_worker_is_dead() -> None:
    shown = board(run("r", RunState.WORKING), alive=False)
    assert (shown.panes[0].provenance, shown.panes[0].since) == ("stale", SINCE)
    assert shown.header.worker == "dead"
    assert [need.kind for need in shown.needs] == ["stale"]


def test_a_paused_run_stays_paused_when_its_worker_is_dead() -> None:
    shown = board(run("r", RunState.PAUSED), alive=False)
    assert (shown.panes[0].state, shown.panes[0].provenance) == ("paused", "reported")


def test_a_task_in_progress_that_nobody_runs_is_inferred_from_files() -> None:
    pane = board(files=workspace(task("T1", State.IN_PROGRESS))).panes[0]
    assert (pane.state, pane.provenance, pane.task) == ("working", "inferred", "ada:T1")


def test_an_idle_agent_names_what_it_would_do_next() -> None:
    pane = board(files=workspace(task("T0", State.DONE), task("T1", State.TODO))).panes[0]
    assert (pane.state, pane.upcoming) == ("idle", "T1 title T1")


def test_a_run_whose_definition_is_gone_is_still_shown() -> None:
    shown = board(run("r", RunState.WORKING, stem="ghost"))
    ghost = shown.pane("ghost")
    assert ghost is not None
    assert ghost.gone


def test_what_a_run_asks_is_on_its_pane() -> None:
    item = InboxItem("q", "question", "ada", "r", "which?", since=SINCE)
    pane = board(run("r", RunState.WAITING), inbox=(item,)).panes[0]
    assert (pane.word, pane.ask and pane.ask.text) == ("asks", "which?")


def test_a_question_is_on_the_pane_before_an_older_concern_that_stops_nothing() -> None:
    concern = InboxItem("c", "problem", "ada", "r", "the spec is odd")
    question = InboxItem("q", "question", "ada", "r", "which one?")
    pane = board(run("r", RunState.WAITING), inbox=(concern, question)).pane("ada")
    assert pane is not None
    assert pane.ask is not None
    assert pane.ask.item == "q"


def test_the_header_counts_states_and_money() -> None:
    header = board(run("a", RunState.WORKING), run("b", RunState.PAUSED, stem="bob")).header
    assert (header.agents, dict(header.counts), header.cost_usd) == (2, {"working": 1, "paused": 1}, 1.0)


def test_tasks_are_grouped_by_file_in_the_order_people_look_for_them() -> None:
    files = workspace(task("T1", State.DONE), task("T2", State.TODO), task("T3", State.IN_PROGRESS))
    groups = board(files=files).files.groups
    assert [group.state for group in groups] == [State.IN_PROGRESS, State.TODO, State.DONE]


def test_a_task_that_is_worked_on_is_marked() -> None:
    shown = board(run("r", RunState.CHECKING, task="ada:T1"), files=workspace(task("T1", State.IN_PROGRESS)))
    assert shown.working == {"ada:T1": "checking"}


def test_the_view_of_the_files_is_computed_once_per_workspace() -> None:
    builder, files = BoardBuilder(), workspace(task("T1", State.TODO))
    first = builder.build(TEAM, files, (), (), {}, True)
    second = builder.build(TEAM, files, (run("r", RunState.WORKING),), (), {}, True)
    assert first.files is second.files
    assert builder.build(TEAM, workspace(), (), (), {}, True).files is not first.files


def test_equal_inputs_give_equal_boards() -> None:
    files = workspace(task("T1", State.TODO))
    tails = {"r": Tail((TailLine("tool", "LS"),))}
    runs = (run("r", RunState.WORKING),)
    assert build(TEAM, files, runs, (), tails, True) == build(TEAM, files, runs, (), tails, True)


def test_a_board_that_has_read_no_files_says_that_it_is_loading() -> None:
    shown = build(TEAM, None, (), (), {}, False, Scene(loading=True))
    assert shown.loading
    assert [pane.name for pane in shown.panes] == ["ada", "bob"]


def test_an_idle_agent_says_who_it_is_and_what_is_wrong_with_its_file() -> None:
    odd = Problem(Severity.INFO, "a.md", 1, "odd name"), Problem(Severity.WARNING, "a.md", 1, "no `tools`")
    agent = AgentDefinition("ada", "ada", "a.md", description="Builds\n walls\\n<example>talk", problems=odd)
    shown = build(Team((agent,)), Workspace(), (), (), {}, True).panes[0]
    assert (shown.about, shown.problem) == ("Builds walls", "no `tools`")
