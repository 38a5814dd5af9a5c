"""The conflict radar: real merges of live work, committed or not, and an inbox that follows."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentboard_agents.review.parties import TREE, Party
from agentboard_agents.review.radar import Overlap, conflict_form, pairs, ranked
from agentboard_agents.review.sweep import Sweeper, sweep
from agentboard_agents.review.watch import RadarWatch
from agentboard_agents.run import RunState
from tests.agents.review_parts import Bench, put

CHANGED = "one\nTWO\nthree\nfour\nfive\n"
OTHERWISE = "one\nZWEI\nthree\nfour\nfive\n"
FURTHER = "one\ntwo\nthree\nfour\nFIVE\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def names(found: list[Overlap]) -> list[tuple[str, str]]:
    return [(one.one.name, one.other.name) for one in found]


def look(bench: Bench) -> list[Overlap]:
    return sweep(bench.project, bench.store.runs(open_only=True))


def test_two_runs_on_the_same_lines_are_found_and_two_on_others_are_not(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.work("r2", {"a.txt": OTHERWISE})
    bench.work("r3", {"a.txt": FURTHER})
    (found,) = look(bench)
    assert {found.one.run, found.other.run} == {"r1", "r2"}
    form = conflict_form(found)
    assert (form["files"], form["places"]) == (["a.txt"], [{"file": "a.txt", "line": 2}])


def test_what_is_not_committed_counts_in_work_trees_and_in_the_users_own(bench: Bench) -> None:
    bench.work("r1", {"b.txt": "other\n"})
    put(bench.run().worktree or "", {"a.txt": CHANGED})
    assert look(bench) == []
    put(bench.root, {"a.txt": OTHERWISE})
    before = bench.status()
    assert names(look(bench)) == [(TREE, "ab/backend/r1")]
    assert bench.status() == before


def test_files_that_did_not_change_are_known_by_their_stamps_and_not_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    look(bench)
    indexes = [*Path(bench.project.state, "radar", "git", "indexes").iterdir()]
    assert len(indexes) == 2
    for index in indexes:
        monkeypatch.setenv("GIT_INDEX_FILE", str(index))
        known = bench.git("ls-files", "--debug")
        assert "mtime: " in known
        assert "mtime: 0:0" not in known


def test_a_look_leaves_no_object_in_the_repository(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.work("r2", {"a.txt": OTHERWISE})
    put(bench.run().worktree or "", {"more.txt": "more\n"})
    before = bench.git("count-objects")
    assert look(bench)
    assert bench.git("count-objects") == before


def test_only_what_changed_is_merged_again(bench: Bench) -> None:
    for number in range(1, 5):
        bench.work(f"r{number}", {"a.txt": f"one\n{number}\nthree\nfour\nfive\n"})
    sweeper = Sweeper(bench.project, ())
    runs = bench.store.runs(open_only=True)
    assert len(sweeper.look(runs)) == 6
    assert sweeper.merged == 6
    sweeper.look(runs, frozenset())
    assert sweeper.merged == 6
    put(bench.run("r2").worktree or "", {"a.txt": OTHERWISE})
    sweeper.look(runs, frozenset({"r2"}))
    assert sweeper.merged == 9


def test_the_inbox_says_it_once_and_closes_when_they_fit_again(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.work("r2", {"a.txt": OTHERWISE})
    watch = RadarWatch(bench.desk)
    both = frozenset({"r1", "r2"})
    watch.refresh(both)
    watch.refresh(both)
    (item,) = [item for item in bench.store.inbox() if item.kind == "conflict"]
    assert (item.id, item.run) == ("conflict-r1-r2", "r2")
    assert "ab/backend/r1" in item.text
    assert "a.txt:2" in item.text
    bench.accept("r1")
    assert bench.run("r1").state is RunState.ACCEPTED
    put(bench.run("r2").worktree or "", {"a.txt": CHANGED})
    watch.refresh(both)
    assert [item for item in bench.store.inbox() if item.kind == "conflict"] == []


def test_the_worst_is_first_and_only_common_paths_are_pairs() -> None:
    tree = Party(TREE, None, "", "c0", frozenset({"x", "lib/y"}))
    one = Party("one", "r1", "a", "c1", frozenset({"x", "lib"}))
    two = Party("two", "r2", "b", "c2", frozenset({"z", "x"}))
    three = Party("three", "r3", "c", "c3", frozenset({"w"}))
    assert [(a.name, b.name) for a, b in pairs([tree, one, two, three])] == [
        (TREE, "one"),
        (TREE, "two"),
        ("one", "two"),
    ]
    found = [Overlap(one, two, ("x",)), Overlap(one, three, ("x", "y")), Overlap(tree, one, ("x",))]
    assert names(ranked(found)) == [(TREE, "one"), ("one", "three"), ("one", "two")]
