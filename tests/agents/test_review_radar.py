"""The conflict radar: real merges of live work, committed or not, and an inbox that follows."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.repository import GitFault
from agentboard_agents.repository.look import look as look_at
from agentboard_agents.repository.plumbing import Output
from agentboard_agents.repository.worktrees import index_of
from agentboard_agents.review import sweep as sweeping
from agentboard_agents.review import watch as watching
from agentboard_agents.review.parties import TREE, Party, Scratch
from agentboard_agents.review.radar import Overlap, conflict_form, pairs, ranked
from agentboard_agents.review.sweep import Sweeper, sweep
from agentboard_agents.review.watch import RadarWatch
from agentboard_agents.run import RunState
from tests.agents.review_parts import FILES, Bench, put
from tests.support.shell import until

OLD = 1_500_000_000
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


def test_a_file_put_into_a_directory_that_another_run_moved_is_found(bench: Bench) -> None:
    bench.work("r1", {"deep/er/c.txt": None, "deep/moved/c.txt": "c\n"})
    bench.work("r2", {"deep/er/new.txt": "new\n"})
    bench.work("r3", {"b.txt": "other\n"})
    assert names(look(bench)) in ([("ab/backend/r1", "ab/backend/r2")], [("ab/backend/r2", "ab/backend/r1")])


def test_only_work_trees_that_changed_are_looked_at(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 4):
        bench.work(f"r{number}", {"a.txt": f"one\n{number}\nthree\nfour\nfive\n"})
    sweeper, runs = Sweeper(bench.project, ()), bench.store.runs(open_only=True)
    sweeper.look(runs)
    seen: list[str | None] = []
    contents = Scratch.contents

    def noted(self: Scratch, *words: str, work_tree: str | None = None, **more: Any) -> Output:
        seen.append(work_tree)
        return contents(self, *words, work_tree=work_tree, **more)

    monkeypatch.setattr(Scratch, "contents", noted)
    put(bench.run("r2").worktree or "", {"a.txt": OTHERWISE})
    sweeper.look(runs, frozenset({"r2"}))
    assert {place for place in seen if place} == {bench.run("r2").worktree}


def test_the_parents_index_is_kept_between_looks_and_edits_of_its_second_are_seen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = bench.work("r1", {"b.txt": "other\n"})
    place = Path(run.worktree or "")
    git, tip = Scratch(bench.project), bench.git("rev-parse", run.branch or "")
    assert look_at(git, str(place), tip, ()).tree is None
    for index in Path(git.state, "indexes").iterdir():
        os.utime(index, (OLD, OLD))  # as if it had been made long ago
    assert look_at(git, str(place), tip, ()).tree is None
    calls: list[str] = []
    contents = Scratch.contents

    def noted(self: Scratch, *words: str, **more: Any) -> Output:
        calls.append(words[0])
        return contents(self, *words, **more)

    monkeypatch.setattr(Scratch, "contents", noted)
    for text in (CHANGED, OTHERWISE, CHANGED):
        put(place, {"a.txt": text, "new.txt": text})
        seen = look_at(git, str(place), tip, ())
        assert (set(seen.changed), seen.added) == ({"a.txt", "new.txt"}, ("new.txt",))
    put(place, {"a.txt": FILES["a.txt"], "new.txt": None, "tool.sh": None})
    seen = look_at(git, str(place), tip, ())
    assert (seen.changed, seen.removed) == (("tool.sh",), ("tool.sh",))
    assert "read-tree" not in calls


def test_what_looks_wrote_is_cleared_now_and_then_and_after_a_fault(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.work("r2", {"a.txt": OTHERWISE})
    put(bench.run().worktree or "", {"more.txt": "more\n"})
    objects = Path(bench.project.state, "radar", "git", "objects")
    old = objects / "00" / "old"
    old.parent.mkdir(parents=True)
    old.write_text("left by a worker before")
    watch = RadarWatch(bench.desk)
    both = frozenset({"r1", "r2"})
    assert len(watch.refresh(both)) == 1
    assert not old.exists()
    for file in objects.rglob("*"):
        if file.is_file():
            file.chmod(0o600)
            file.write_bytes(b"")  # as after a power cut
    put(bench.run("r2").worktree or "", {"a.txt": FURTHER})
    with pytest.raises(GitFault):
        watch.refresh(frozenset({"r2"}))
    assert watch.refresh(frozenset()) == []
    put(bench.run("r2").worktree or "", {"a.txt": OTHERWISE + "\n"})
    assert len(watch.refresh(frozenset({"r2"}))) == 1


def test_what_the_user_changes_is_seen_although_no_run_says_anything(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    monkeypatch.setattr(sweeping, "TREE_AGE", 0.01)
    monkeypatch.setattr(watching, "PAUSE", 0.01)
    following = RadarWatch(bench.desk)

    def has_looked() -> bool:
        sweeper = following._sweeper  # pyright: ignore[reportPrivateUsage]
        return sweeper is not None and sweeper.tree_is_due()

    async def told() -> None:
        task = asyncio.create_task(following.follow())
        try:
            await asyncio.to_thread(until, has_looked)
            put(bench.root, {"a.txt": OTHERWISE})
            await asyncio.to_thread(
                until, lambda: [one for one in bench.store.inbox() if one.kind == "conflict"]
            )
        finally:
            task.cancel()

    asyncio.run(told())


def test_a_change_in_the_second_of_the_checkout_is_seen_from_a_copied_index(bench: Bench) -> None:
    """Same size, inode and second: git tells it by content alone, if the copy is as old as the index."""
    runs = [bench.work(f"r{number}", {"b.txt": "other\n"}) for number in range(5)]
    for run in runs:
        with Path(run.worktree or "", "b.txt").open("r+b") as stream:
            stream.write(b"OTHER\n")
    edited = int(time.time())
    until(lambda: int(time.time()) > edited)
    git = Scratch(bench.project)
    for run in runs:
        place, tip = run.worktree or "", bench.git("rev-parse", run.branch or "")
        seen = look_at(git, place, tip, (), known=index_of(git.committing, place))
        assert seen.changed == ("b.txt",)


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
