"""A glance that was kept never differs from one that is read anew."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.events import NewEvent
from agentboard_agents.glance import glance
from agentboard_agents.glance_kept import recalled
from agentboard_agents.project import Project
from agentboard_agents.store import Store
from agentboard_agents.survey import survey
from agentboard_agents.task_states import set_by_hand, undo_by_hand
from agentboard_tasks.model import State
from tests.support.projects import make_project

TICK = 40_000_000  # ns: more than a tick of the file system's clock
STEPS = 25
Change = Callable[[Path, random.Random], None]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return Project.open(str(make_project(tmp_path / "shop")))


def fresh(project: Project) -> dict[str, Any]:
    """Read the files with a state directory that does not exist: nothing can have been kept."""
    form: dict[str, Any] = json.loads(glance(Project(project.root, f"{project.state}-none")))
    return {name: form[name] for name in ("agents", "tasks", "problems")}


def until_kept(project: Project) -> None:
    deadline = time.monotonic() + 20
    while recalled(project.root) is None:
        assert time.monotonic() < deadline, "never kept"
        glance(project, settled_ns=TICK)


def lists(root: Path) -> list[Path]:
    return sorted((root / ".claude" / "tasks").glob("*.md"))


def tick_box(root: Path, chance: random.Random) -> None:
    for path in lists(root)[:1]:
        before, text = path.stat(), path.read_text()
        old, new = chance.sample(["[ ]", "[x]"], 2)
        path.write_text(text.replace(old, new, 1))
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def add_task(root: Path, chance: random.Random) -> None:
    (root / ".claude" / "tasks").mkdir(parents=True, exist_ok=True)
    path = root / ".claude" / "tasks" / f"{chance.choice('abc')}-tasks.md"
    new = path.with_name(".new")
    before = path.read_text() if path.exists() else "# Tasks\n\n"
    new.write_text(f"{before}- [ ] N{chance.randrange(10**6)} new\n")
    new.replace(path)


def drop_list(root: Path, chance: random.Random) -> None:
    for path in lists(root)[-1:] if chance.random() < 0.5 else []:
        path.unlink()


def add_agent(root: Path, chance: random.Random) -> None:
    (root / ".claude" / "agents").mkdir(parents=True, exist_ok=True)
    path = root / ".claude" / "agents" / f"{chance.choice('xyz')}.md"
    path.write_text(
        f"---\nname: {chance.choice('pq')}{chance.randrange(3)}\ndescription: d\n---\nYou work.\n"
    )


def hide_behind_link(root: Path, chance: random.Random) -> None:
    folder, other = root / ".claude", root / "other"
    if folder.is_symlink():
        folder.unlink()
        other.rename(folder)
    elif folder.exists():
        folder.rename(other)
        folder.symlink_to("other")


def configure(root: Path, chance: random.Random) -> None:
    (root / ".agentboard.yaml").write_text(f"agent_directories: [{chance.choice(['team', 'crew'])}]\n")
    (root / "team").mkdir(exist_ok=True)
    (root / "team" / "t.md").write_text("---\nname: t\ndescription: d\n---\nYou work.\n")


CHANGES: tuple[Change, ...] = (
    tick_box,
    tick_box,
    add_task,
    drop_list,
    add_agent,
    hide_behind_link,
    configure,
)


def test_what_was_kept_never_differs_from_a_fresh_reading(project: Project) -> None:
    seed = random.SystemRandom().randrange(10**9)
    print(f"seed {seed}")
    chance = random.Random(seed)
    project.make_state()
    for _ in range(STEPS):
        if chance.random() < 0.5:
            until_kept(project)
        change = chance.choice(CHANGES)
        change(Path(project.root), chance)
        shown = json.loads(recalled(project.root) or glance(project, settled_ns=TICK))
        assert {name: shown[name] for name in ("agents", "tasks", "problems")} == fresh(project), change


def test_a_run_that_is_queued_shows_at_once(project: Project) -> None:
    store = Store.open(project)
    until_kept(project)
    data = {"run": "r1", "agent": "a", "stem": "a", "definition": "", "protocol": "checklist"}
    store.append([NewEvent("r1", "a", "run_queued", {**data, "runtime": "rehearsal", "title": "T"})])
    assert recalled(project.root) is None
    assert json.loads(glance(project))["runs"] == {"total": 1, "queued": 1}
    store.close()


def test_a_blocker_that_two_runs_raise_counts_once(project: Project) -> None:
    store = Store.open(project)
    for run in ("r1", "r2"):
        data = {"run": run, "agent": "a", "stem": "a", "definition": "", "protocol": "checklist"}
        store.append([NewEvent(run, "a", "run_queued", {**data, "runtime": "rehearsal", "title": "T"})])
        asked = {
            "item": f"i-{run}",
            "item_kind": "blocker",
            "what": "SYNC",
            "text": "Which?",
            "unblocks": ["x:T1"],
        }
        store.append([NewEvent(run, "a", "item_raised", asked)])
    store.close()
    assert json.loads(glance(project))["inbox"] == 1


def test_looking_writes_nothing_where_nothing_was_ever_run(project: Project) -> None:
    glance(project, settled_ns=0)
    assert not os.path.exists(project.state)
    assert recalled(project.root) is None


def test_a_kept_glance_is_that_of_the_ordinary_way(project: Project) -> None:
    project.make_state()
    until_kept(project)
    assert recalled(project.root) == glance(project)


def test_a_task_that_the_store_alone_knows_to_be_in_progress_counts_as_that(project: Project) -> None:
    (Path(project.root) / "tasks.md").write_text("- [ ] T901 one\n- [ ] T902 two\n- [x] T903 three\n")
    before = json.loads(glance(project))["tasks"]
    one = survey(project).task("T901")
    edit = set_by_hand(project, one, State.IN_PROGRESS)
    begun = json.loads(glance(project))["tasks"]
    assert edit.before == edit.after
    assert begun == before | {"todo": before["todo"] - 1, "in_progress": before.get("in_progress", 0) + 1}
    until_kept(project)
    kept = recalled(project.root)
    assert kept is not None
    assert json.loads(kept)["tasks"] == begun
    undo_by_hand(project)
    assert recalled(project.root) is None
    assert json.loads(glance(project))["tasks"] == before
    set_by_hand(project, one, State.IN_PROGRESS)
    (Path(project.root) / "tasks.md").write_text("- [x] T901 one\n- [ ] T902 two\n- [ ] T903 three\n")
    assert json.loads(glance(project))["tasks"] == before
