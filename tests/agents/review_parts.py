"""A project with a run in review, made without a model: for tests of what a review does with it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from agentboard_agents.desk import Desk
from agentboard_agents.events import NewEvent
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.repository import Repository
from agentboard_agents.review.accepting import accept, tidy, undo
from agentboard_agents.review.settlement import Settlement
from agentboard_agents.spec import RunSpec
from agentboard_agents.store import Store
from tests.support.crew import git

__all__ = ["FILES", "Bench", "put"]

FILES = {
    "a.txt": "one\ntwo\nthree\nfour\nfive\n",
    "b.txt": "b\n",
    "deep/er/c.txt": "c\n",
    "tool.sh": "#!/bin/sh\n",
    ".claude/agents/backend.md": "---\nname: backend\ndescription: Works\n---\n\nYou work.\n",
}


def put(root: Path | str, files: Mapping[str, str | None]) -> None:
    """Write files; `None` removes one."""
    for name, text in files.items():
        place = Path(root, name)
        if text is None:
            place.unlink()
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)


class Bench:
    """A repository on `main`, its store, and runs in review."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "project"
        self.root.mkdir(parents=True)
        put(self.root, FILES)
        git(self.root, "init", "-q", "-b", "main")
        git(self.root, "config", "user.email", "dev@example.com")
        git(self.root, "config", "user.name", "Dev")
        self.commit("start")
        self.project = Project(os.path.realpath(self.root), str(directory / "state"))
        self.project.make_state()
        self.store = Store.open(self.project)
        self.desk = Desk(self.project, self.store)

    def commit(self, message: str, **files: str | None) -> str:
        """Commit everything in the user's work tree."""
        put(self.root, files)
        git(self.root, "add", "-A")
        git(self.root, "commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *words: str) -> str:
        return git(self.root, *words)

    def work(self, run: str, files: Mapping[str, str | None], *, onto: str | None = "main") -> Run:
        """Let a run change files on its branch, and hand it over for review."""
        repository = Repository(self.project.root, self.project.state)
        place, base = f"{self.project.worktrees}/{run}", repository.base()
        branch = repository.add_worktree(place, f"ab/backend/{run}", base)
        put(place, files)
        repository.commit_worktree(place, branch, f"Work of {run}")
        spec = RunSpec(run, "backend", "backend", ".claude/agents/backend.md", "checklist", "rehearsal")
        started = {"branch": branch, "worktree": place, "base": base, "onto": onto}
        self.append(run, "run_queued", msgspec.to_builtins(spec))
        self.append(run, "run_started", started)
        self.append(run, "review_ready", {"text": "ready"})
        return self.run(run)

    def append(self, run: str, kind: str, data: Mapping[str, object]) -> None:
        self.store.append([NewEvent(run, "backend", kind, dict(data))])

    def run(self, run: str = "r1") -> Run:
        found = self.store.run(run)
        assert found is not None
        return found

    def accept(self, run: str = "r1", onto: str = "") -> Settlement:
        """Accept as the worker does, its events recorded."""
        return self._settled(run, asyncio.run(accept(self.desk, self.run(run), onto)))

    def undo(self, run: str = "r1") -> Settlement:
        return self._settled(run, asyncio.run(undo(self.desk, self.run(run))))

    def _settled(self, run: str, done: Settlement) -> Settlement:
        self.store.append(done.events)
        if done.ok:
            tidy(self.desk, self.run(run))
        return done

    def read(self, name: str) -> str | None:
        place = self.root / name
        return place.read_text() if place.is_file() else None

    def status(self) -> str:
        return self.git("status", "--porcelain")

    def clean(self) -> bool:
        """Nothing of ours is left in the repository, and git finds nothing wrong."""
        assert not (self.root / ".git" / "index.lock").exists()
        assert self.git("fsck", "--strict", "--no-dangling") == ""
        return self.status() == ""
