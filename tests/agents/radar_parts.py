"""Random work on one repository, and what a plain `git merge-tree` of each pair says about it."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

from agentboard_agents.projection import Run
from agentboard_agents.repository import Repository
from agentboard_agents.review.parties import TREE
from agentboard_agents.review.radar import Overlap
from tests.agents.review_parts import Bench
from tests.support.crew import git

__all__ = ["Crowd", "disorder", "plain", "told"]

DIRECTORIES = ("src", "src/deep", "lib", "docs", "docs/api/v1")
NEW = ("new.txt", "src/new.txt", "lib/new.txt", "lib/deep/new.txt", "docs/api/v1/new.txt", "src/deep", "lib")
SUBMODULES = ("1" * 40, "2" * 40, "3" * 40)
LINES = 12
Clashes = dict[tuple[str, str], tuple[str, ...]]


class Crowd:
    """A repository with files, a submodule and runs, each with random work, part of it committed."""

    def __init__(self, directory: Path, rng: random.Random, runs: int) -> None:
        self.bench, self._rng = Bench(directory), rng
        for number in range(14):
            write(self.bench.root, f"{rng.choice(DIRECTORIES)}/f{number}.txt", text(number))
        Path(self.bench.root, "sub").mkdir()
        self._point("sub", rng.choice(SUBMODULES), self.bench.root, "HEAD")
        self.bench.commit("files")
        self.runs = [self._start(f"r{number}") for number in range(runs)]
        if rng.random() < 0.5:
            disorder(self.bench.root, rng)
            self.bench.commit("on main meanwhile")
        disorder(self.bench.root, rng)

    def _start(self, name: str) -> Run:
        run = self.bench.work(name, {})
        assert run.worktree is not None
        if self._rng.random() < 0.3:
            self._point("sub", self._rng.choice(SUBMODULES), Path(run.worktree), run.branch or "")
        self.go_on(run)
        return run

    def go_on(self, run: Run) -> None:
        """Let a run work on: some of it is committed, some is not."""
        place = run.worktree or ""
        if self._rng.random() < 0.5:
            disorder(Path(place), self._rng)
            Repository(self.bench.project.root, self.bench.project.state).commit_worktree(
                place, run.branch or "", "so far"
            )
        disorder(Path(place), self._rng)

    def committed(self, run: Run) -> str:
        """Commit all that a run has as agentboard does, and return the tree."""
        repository = Repository(self.bench.project.root, self.bench.project.state)
        repository.commit_worktree(run.worktree or "", run.branch or "", "all of it")
        return self.bench.git("rev-parse", f"{run.branch}^{{tree}}")

    def whole_tree(self, run: Run) -> str:
        """Return the tree of all that a run has, by git's own commands."""
        return self.bench.git("rev-parse", f"{whole(self.bench, Path(run.worktree or ''))}^{{tree}}")

    def _point(self, path: str, commit: str, place: Path, branch: str) -> None:
        """Commit another state of the submodule on a branch."""
        index = {"GIT_INDEX_FILE": str(self.bench.root.parent / "pointing")}
        run(place, "read-tree", branch, env=index)
        run(place, "update-index", "--add", "--cacheinfo", f"160000,{commit},{path}", env=index)
        tree = run(place, "write-tree", env=index)
        made = run(place, "commit-tree", tree, "-p", branch, "-m", "submodule")
        run(place, "update-ref", "HEAD", made)
        run(place, "read-tree", "HEAD")


def disorder(place: Path, rng: random.Random) -> None:
    """Change a work tree at random."""
    for _ in range(rng.randint(0, 3)):
        rng.choice(CHANGES)(place, rng)


def plain(crowd: Crowd) -> Clashes:
    """Return what git finds for each pair when each work tree is committed whole, by its own commands."""
    bench = crowd.bench
    sides = [(TREE, whole(bench, bench.root))]
    sides += [(run.branch or "", whole(bench, Path(run.worktree or ""))) for run in crowd.runs]
    found: Clashes = {}
    for (one, ours), (other, theirs) in combinations(sides, 2):
        words = ["git", "merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs]
        done = subprocess.run(words, cwd=bench.root, check=False, capture_output=True, text=True)
        assert done.returncode in {0, 1}, done.stderr
        if done.returncode:
            found[one, other] = named(done.stdout.split("\0")[1:])
    return found


def told(found: Sequence[Overlap]) -> Clashes:
    """Return what the radar found, in the form of `plain`."""
    return {(one.one.name, one.other.name): named(one.files) for one in found}


def whole(bench: Bench, place: Path) -> str:
    """Return a commit of everything in a work tree."""
    index = {"GIT_INDEX_FILE": str(bench.root.parent / "whole")}
    run(place, "read-tree", "HEAD", env=index)
    run(place, "add", "-A", env=index)
    tree = run(place, "write-tree", env=index)
    return run(place, "commit-tree", tree, "-p", "HEAD", "-m", "whole")


def named(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the paths without the commit that git adds where two things want one name."""
    return tuple(sorted(re.sub(r"~[0-9a-f]{40}(_\d+)?", "", path) for path in paths if path))


def run(place: Path, *words: str, env: dict[str, str] | None = None) -> str:
    """Run git with more in its environment."""
    done = subprocess.run(
        ["git", *words],
        cwd=place,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
    )
    return done.stdout.strip()


def text(number: int) -> str:
    """Return a file's text, unlike the others'."""
    return "".join(f"{line} of {number}\n" for line in range(LINES))


def write(place: Path, name: str, words: str) -> None:
    """Write a file where the way to it is free."""
    file = place / name
    if not any(above.is_file() or above.is_symlink() for above in file.parents) and not file.is_dir():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_text(words)


def _files(place: Path) -> list[Path]:
    return [
        file
        for file in sorted(place.rglob("*.txt"))
        if file.is_file() and not file.is_symlink() and ".git" not in file.parts
    ]


def _edit(place: Path, rng: random.Random) -> None:
    file = rng.choice(_files(place))
    lines = file.read_text().splitlines()
    if lines:
        lines[rng.randrange(len(lines))] = f"{rng.randrange(10)} is new"
    file.write_text("\n".join(lines) + "\n")


def _delete(place: Path, rng: random.Random) -> None:
    rng.choice(_files(place)).unlink()


def _rename(place: Path, rng: random.Random) -> None:
    file = rng.choice(_files(place))
    aim = f"{rng.choice(DIRECTORIES)}/{rng.choice(('moved.txt', file.name))}"
    words = file.read_text()
    file.unlink()
    write(place, aim, words)


def _rename_directory(place: Path, rng: random.Random) -> None:
    old, new = place / rng.choice(DIRECTORIES), place / rng.choice(("elsewhere", "docs/moved", "src/moved"))
    if old.is_dir() and not new.exists() and old not in new.parents and not _blocked(new):
        new.parent.mkdir(parents=True, exist_ok=True)
        old.rename(new)


def _add(place: Path, rng: random.Random) -> None:
    write(place, rng.choice(NEW), text(rng.randrange(3)))


def _executable(place: Path, rng: random.Random) -> None:
    file = rng.choice(_files(place))
    file.chmod(file.stat().st_mode ^ 0o111)


def _file_for_directory(place: Path, rng: random.Random) -> None:
    directory = place / rng.choice(DIRECTORIES)
    if directory.is_dir():
        shutil.rmtree(directory)
        directory.write_text("a file now\n")


def _directory_for_file(place: Path, rng: random.Random) -> None:
    file = rng.choice(_files(place))
    file.unlink()
    write(place, f"{file.relative_to(place)}/inner.txt", text(99))


def _link(place: Path, rng: random.Random) -> None:
    file = rng.choice(_files(place))
    file.unlink()
    file.symlink_to(rng.choice(("one", "other")))


def _ignore(place: Path, rng: random.Random) -> None:
    write(place, ".gitignore", rng.choice(("new.txt\n", "moved.txt\n", "nothing\n")))


def _restore(place: Path, rng: random.Random) -> None:
    """Put a file back as it was committed."""
    names = [
        name for name in git(place, "ls-tree", "-r", "--name-only", "HEAD").splitlines() if name != "sub"
    ]
    name = rng.choice(names)
    if name.endswith(".txt"):
        write(place, name, git(place, "show", f"HEAD:{name}") + "\n")


def _blocked(path: Path) -> bool:
    return any(above.is_file() or above.is_symlink() for above in path.parents)


CHANGES: tuple[Callable[[Path, random.Random], None], ...] = (
    *(_edit, _edit, _edit, _delete, _rename, _rename_directory, _rename_directory, _add, _add),
    *(_executable, _file_for_directory, _directory_for_file, _link, _ignore, _restore),
)
