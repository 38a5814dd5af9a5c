"""The merge matrix on real repositories: the right outcome or a refusal in one line, and never lost work."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agentboard_agents.repository import Repository
from agentboard_agents.repository.landing import CannotLand
from agentboard_agents.review.settlement import Refused
from agentboard_agents.run import RunState
from tests.agents.review_parts import FILES, Bench, put
from tests.support.crew import git

CHANGED = "one\nTWO\nthree\nfour\nfive\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_clean_tree_follows_its_branch(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED, "new/x.txt": "x\n", "deep/er/c.txt": None})
    done = bench.accept()
    assert done.ok
    assert "undo: agentboard accept r1 --undo" in done.reply
    assert bench.run().state is RunState.ACCEPTED
    assert (bench.read("a.txt"), bench.read("new/x.txt"), bench.read("deep/er/c.txt")) == (
        CHANGED,
        "x\n",
        None,
    )
    assert not (bench.root / "deep").exists()
    assert bench.clean()
    assert bench.git("log", "-1", "--format=%s") == "Work of r1"
    assert bench.store.inbox() == []


def test_who_accepts_is_told_what_speaks_against_it(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.append("r1", "gate_finished", {"name": "pytest", "state": "failed", "new_failures": ["t"]})
    bench.append("r1", "claim_checked", {"claim": "all is well", "fact": "it is not", "holds": False})
    bench.append("r1", "assumption_found", {"text": "euros", "file": "a.txt", "line": 2})
    done = bench.accept()
    assert done.ok
    doubts = "pytest does not pass, 1 claim does not hold, 1 assumption is not confirmed"
    assert f"; accepted although {doubts}; undo: " in done.reply


def test_two_sides_that_moved_are_merged(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.commit("mine", **{"b.txt": "B\n"})
    assert bench.accept().ok
    assert (bench.read("a.txt"), bench.read("b.txt")) == (CHANGED, "B\n")
    assert len(bench.git("log", "-1", "--format=%P").split()) == 2
    assert bench.clean()


def test_changes_of_the_user_elsewhere_stay_staged_and_unstaged(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    put(bench.root, {"b.txt": "mine\n", "staged.txt": "staged\n", "untracked.txt": "u\n"})
    bench.git("add", "staged.txt")
    before = bench.status()
    assert bench.accept().ok
    assert bench.status() == before
    assert (bench.read("b.txt"), bench.read("a.txt")) == ("mine\n", CHANGED)


def dirty(bench: Bench) -> None:
    put(bench.root, {"a.txt": "mine\n"})


def staged(bench: Bench) -> None:
    put(bench.root, {"a.txt": "mine\n"})
    bench.git("add", "a.txt")


def staged_and_put_back(bench: Bench) -> None:
    staged(bench)
    put(bench.root, {"a.txt": FILES["a.txt"]})


def removed(bench: Bench) -> None:
    put(bench.root, {"a.txt": None})


def in_the_way(bench: Bench) -> None:
    put(bench.root, {"new/x.txt": "mine\n"})


def ignored_in_the_way(bench: Bench) -> None:
    put(bench.root, {".git/info/exclude": "new/\n", "new/x.txt": "mine\n"})


def file_for_a_directory(bench: Bench) -> None:
    put(bench.root, {"new": "mine\n"})


def link_for_a_directory(bench: Bench) -> None:
    (bench.root / "new").symlink_to("/tmp")


def mid_merge(bench: Bench) -> None:
    put(bench.root, {".git/MERGE_HEAD": bench.git("rev-parse", "HEAD") + "\n"})


def busy(bench: Bench) -> None:
    put(bench.root, {".git/index.lock": "somebody's\n"})


def rebasing(bench: Bench) -> None:
    put(bench.root, {".git/rebase-merge/head-name": "refs/heads/main\n"})


def skipped(bench: Bench) -> None:
    bench.git("update-index", "--skip-worktree", "a.txt")


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (dirty, "a.txt has changes of yours"),
        (staged, "a.txt has staged changes"),
        (staged_and_put_back, "a.txt has staged changes"),
        (removed, "a.txt has changes of yours"),
        (in_the_way, "new/x.txt is in the way"),
        (ignored_in_the_way, "new/x.txt is in the way"),
        (file_for_a_directory, "new is in the way"),
        (link_for_a_directory, "new is in the way"),
        (mid_merge, "a merge is under way"),
        (busy, "your work tree is busy"),
        (rebasing, "it is being rebased"),
        (skipped, "not watched"),
    ],
)
def test_what_stands_in_the_way_is_named_and_nothing_changes(
    bench: Bench, spoil: Callable[[Bench], None], why: str
) -> None:
    bench.work("r1", {"a.txt": CHANGED, "new/x.txt": "x\n"})
    spoil(bench)
    before = everything(bench)
    with pytest.raises(CannotLand, match=why) as refusal:
        bench.accept()
    assert "\n" not in str(refusal.value)
    assert everything(bench) == before
    assert bench.run().state is RunState.REVIEW


def everything(bench: Bench) -> dict[str, bytes | str]:
    """Every file of the user's work tree, the index, and where the branch is."""
    found: dict[str, bytes | str] = {"main": bench.git("rev-parse", "main")}
    for place, _, names in os.walk(bench.root):
        for name in names:
            path = Path(place, name)
            inside = path.relative_to(bench.root).as_posix()
            if not inside.startswith(".git/") or inside in {".git/index", ".git/index.lock"}:
                found[inside] = path.read_bytes() if path.is_file() else "link"
    return found


def test_a_branch_that_is_not_checked_out_moves_alone(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.git("checkout", "-q", "-b", "elsewhere")
    put(bench.root, {"a.txt": "mine\n"})
    done = bench.accept()
    assert "your work tree is on another branch" in done.reply
    assert bench.git("show", "main:a.txt") == CHANGED.strip()
    assert bench.read("a.txt") == "mine\n"


def test_a_detached_head_needs_a_branch(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED}, onto=None)
    bench.git("checkout", "-q", "--detach")
    with pytest.raises(Refused, match=r"HEAD is detached.*--onto BRANCH"):
        bench.accept()
    assert bench.accept(onto="main").ok
    assert bench.git("show", "main:a.txt") == CHANGED.strip()
    assert bench.read("a.txt") == FILES["a.txt"]


def test_a_branch_that_is_not_born_yet_keeps_its_files_and_takes_no_merge(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED}, onto=None)
    bench.git("checkout", "-q", "--orphan", "fresh")
    put(bench.root, {"a.txt": "mine\n"})
    before = bench.status()
    with pytest.raises(Refused, match="no branch fresh"):
        bench.accept()
    assert bench.accept(onto="main").ok
    assert bench.git("show", "main:a.txt") == CHANGED.strip()
    assert (bench.status(), bench.read("a.txt")) == (before, "mine\n")


def test_a_branch_in_another_work_tree_is_refused(bench: Bench, tmp_path: Path) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.git("checkout", "-q", "-b", "elsewhere")
    bench.git("worktree", "add", "-q", str(tmp_path / "other"), "main")
    with pytest.raises(CannotLand, match=r"main cannot be moved: it is checked out in .*other"):
        bench.accept()
    assert git(tmp_path / "other", "status", "--porcelain") == ""


def test_conflicts_show_both_sides_and_change_nothing(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.commit("mine", **{"a.txt": "one\nZWEI\nthree\nfour\nfive\n"})
    before = everything(bench)
    done = bench.accept()
    assert not done.ok
    assert "a.txt" in done.reply
    assert everything(bench) == before
    (item,) = [item for item in bench.store.inbox() if item.kind == "conflict"]
    assert "ZWEI" in item.text
    assert "TWO" in item.text
    assert bench.run().state is RunState.REVIEW


def test_removed_here_and_changed_there_is_a_conflict(bench: Bench) -> None:
    bench.work("r1", {"b.txt": "B\n"})
    bench.commit("mine", **{"b.txt": None})
    assert "b.txt" in bench.accept().reply
    assert bench.read("b.txt") is None


def test_a_renamed_file_takes_the_change_along(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.git("mv", "a.txt", "moved.txt")
    bench.commit("rename")
    assert bench.accept().ok
    assert (bench.read("a.txt"), bench.read("moved.txt")) == (None, CHANGED)
    assert bench.clean()


def test_a_file_becomes_a_directory_and_back(bench: Bench) -> None:
    replace(bench, "r1", "b.txt", "b.txt/inner.txt")
    assert bench.read("b.txt/inner.txt") == "i\n"
    assert bench.clean()
    replace(bench, "r2", "deep/er/c.txt", "deep")
    assert bench.read("deep") == "i\n"
    assert bench.clean()


def replace(bench: Bench, run: str, old: str, new: str) -> None:
    """Accept a run that puts one path in the place of another."""
    worktree = bench.work(run, {old: None}).worktree or ""
    if (Path(worktree) / new).is_dir():
        shutil.rmtree(Path(worktree) / new)
    put(worktree, {new: "i\n"})
    recommit(bench, run)
    assert bench.accept(run).ok


def recommit(bench: Bench, run: str) -> None:
    """Commit what is in a run's work tree."""
    found = bench.run(run)
    repository = Repository(bench.project.root, bench.project.state)
    assert repository.commit_worktree(found.worktree or "", found.branch or "", "more") is not None


def test_a_program_stays_one(bench: Bench) -> None:
    run = bench.work("r1", {"a.txt": CHANGED})
    place = Path(run.worktree or "", "tool.sh")
    place.chmod(0o755)
    recommit(bench, "r1")
    assert bench.accept().ok
    assert os.access(bench.root / "tool.sh", os.X_OK)
    assert bench.clean()


def test_a_link_is_left_to_the_user(bench: Bench) -> None:
    (bench.root / "link").symlink_to("a.txt")
    bench.commit("link")
    run = bench.work("r1", {"a.txt": CHANGED})
    place = Path(run.worktree or "")
    (place / "link").unlink()
    (place / "link").symlink_to("b.txt")
    recommit(bench, "r1")
    with pytest.raises(CannotLand, match=r"link is a symbolic link.*git merge ab/backend/r1"):
        bench.accept()
    assert bench.status() == ""


def test_a_submodule_moves_in_the_index_alone(bench: Bench, tmp_path: Path) -> None:
    other = Bench(tmp_path / "other")
    bench.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other.root), "sub")
    bench.commit("submodule")
    bench.work("r1", {"a.txt": CHANGED})
    put(bench.root, {"sub/b.txt": "mine, inside\n"})
    assert bench.accept().ok
    assert (bench.read("a.txt"), bench.read("sub/b.txt")) == (CHANGED, "mine, inside\n")


def test_work_that_is_in_the_branch_already_is_accepted_as_it_is(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.git("merge", "-q", "--no-ff", "-m", "by hand", "ab/backend/r1")
    before = everything(bench)
    done = bench.accept()
    assert "already" in done.reply
    assert everything(bench) == before


def test_undo_takes_branch_and_files_back(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED, "new/x.txt": "x\n"})
    before = everything(bench)
    bench.accept()
    assert bench.undo().ok
    assert {name: text for name, text in everything(bench).items() if name != ".git/index"} == {
        name: text for name, text in before.items() if name != ".git/index"
    }
    assert bench.clean()
    assert bench.run().state is RunState.REVIEW
    assert [item.kind for item in bench.store.inbox()] == ["review"]
    assert bench.accept().ok
    assert bench.read("a.txt") == CHANGED


def test_undo_after_a_later_commit_explains_the_revert(bench: Bench) -> None:
    bench.work("r1", {"a.txt": CHANGED})
    bench.accept()
    bench.commit("later", **{"b.txt": "later\n"})
    with pytest.raises(Refused, match=r"1 commit came after it on main.*git revert"):
        bench.undo()
    assert bench.read("a.txt") == CHANGED


def test_the_work_tree_goes_only_with_its_rest_archived(bench: Bench) -> None:
    run = bench.work("r1", {"a.txt": CHANGED})
    put(run.worktree or "", {"rest.txt": "not committed\n"})
    bench.accept()
    assert not Path(run.worktree or "").exists()
    assert bench.git("show", "refs/agentboard/archive/r1:rest.txt") == "not committed"
    assert bench.git("rev-parse", "ab/backend/r1")
