"""What needs a human, in which order."""

from __future__ import annotations

from agentboard_agents.attention import rank, ranked_items
from agentboard_agents.board import Scene, build
from agentboard_agents.board_panes import Pane
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.team import Team
from agentboard_tasks.model import Problem, Severity

EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-01T09:00:00Z"


def item(name: str, kind: str = "question", since: str = EARLY, unblocks: tuple[str, ...] = ()) -> InboxItem:
    return InboxItem(
        id=name, kind=kind, agent="ada", run=f"run-{name}", text=name, since=since, unblocks=unblocks
    )


def order(*items: InboxItem) -> list[str]:
    return [need.text for need in rank(items, ())]


def test_what_unblocks_most_comes_first() -> None:
    assert order(item("one", unblocks=("a",)), item("two", unblocks=("a", "b"))) == ["two", "one"]


def test_a_blocker_comes_before_a_question_that_unblocks_as_much() -> None:
    assert order(item("question"), item("blocker", kind="blocker")) == ["blocker", "question"]


def test_of_equals_the_one_that_waited_longest_comes_first() -> None:
    assert order(item("late", since=LATE), item("early", since=EARLY)) == ["early", "late"]


def test_whoever_stands_still_comes_before_finished_work() -> None:
    assert order(item("review", kind="review", unblocks=("a", "b")), item("question")) == [
        "question",
        "review",
    ]


def test_a_kind_nobody_knows_comes_last_and_is_no_crash() -> None:
    assert order(item("odd", kind="comet"), item("review", kind="review")) == ["review", "odd"]


def test_closed_items_need_nobody() -> None:
    answered = InboxItem(id="q", kind="question", agent="a", run="r", text="t", closed=EARLY)
    assert rank([answered], ()) == ()


def test_a_run_whose_worker_died_needs_a_human() -> None:
    pane = Pane("ada", "ada", "working", "working", "stale", run="r1")
    assert [need.kind for need in rank((), [pane])] == ["stale"]


def test_a_run_that_asks_is_counted_once() -> None:
    pane = Pane("ada", "ada", "review", "review", run="run-r")
    assert len(rank([item("r", kind="review")], [pane])) == 1


def test_errors_in_files_need_a_human_and_warnings_do_not() -> None:
    problems = [Problem(Severity.WARNING, "a.md", 1, "odd"), Problem(Severity.ERROR, "b.json", 3, "not JSON")]
    assert [(need.file, need.line) for need in rank((), (), problems)] == [("b.json", 3)]


def test_a_thousand_broken_files_do_not_bury_the_rest() -> None:
    problems = [Problem(Severity.ERROR, f"{number}.json", 1, "not JSON") for number in range(1_000)]
    needs = rank([item("q")], (), problems)
    assert needs[0].text == "q"
    assert len(needs) < 30


def test_the_list_for_scripts_is_that_of_the_board() -> None:
    problems = [Problem(Severity.WARNING, "a.md", 1, "odd"), Problem(Severity.ERROR, "b.json", 3, "not JSON")]
    items = [item("review", kind="review"), item("question")]
    listed = ranked_items(items, problems, lambda path: f"{path} was written")
    assert [found.kind for found in listed] == ["question", "review", "problem"]
    assert (listed[-1].text, listed[-1].since) == ("b.json:3:1: not JSON", "b.json was written")


def test_a_broken_configuration_needs_a_human() -> None:
    broken = Problem(Severity.ERROR, ".agentboard.yaml", 2, "no valid YAML")
    board = build(Team(), None, (), (), {}, True, Scene(problems=(broken,)))
    assert [(need.kind, need.file) for need in board.needs] == [("problem", ".agentboard.yaml")]
