"""Hundreds of bad change sets: each is refused whole, with its reasons, and the files are as they were."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentboard_agents.owned_paths import avoided
from agentboard_agents.protocols.changeset_apply import Bench, applied, misfits
from agentboard_tasks.files import Root
from agentboard_tasks.formats.changeset import ChangeSetRefused, parse
from tests.agents.changeset_corpus import bad_sets, lay_out

SHARED = (".claude/tasks", "tasks/a_prd.json")
AREAS = avoided("Do not modify frontend or infrastructure code.", "backend")
SETS = dict(bad_sets())


def offered(bench: Bench, text: str) -> list[str]:
    """Offer an answer as the way of working does; return why it was not taken."""
    try:
        changes = parse(text)
    except ChangeSetRefused as refused:
        return list(refused.reasons)
    fence = [path for path in ("ok", "calc.py", "mid.py") if "elsewhere.txt" in text]
    return misfits(changes, SHARED, fence or None, AREAS) or applied(bench, changes)


def stamps(tree: Path) -> dict[str, tuple[int, int, int]]:
    """What would show any change of any file."""
    found = {str(path): os.lstat(path) for path in (tree, *tree.rglob("*"))}
    return {name: (one.st_ino, one.st_mtime_ns, one.st_mode) for name, one in found.items()}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    place = tmp_path_factory.mktemp("corpus")
    tree = place / "worktrees/r1"
    for name, text in lay_out().items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    (tree / "link.py").symlink_to("calc.py")
    (tree / "dead").symlink_to("nowhere")
    (tree / "out").symlink_to(place)
    (tree / "in").symlink_to("docs")
    os.mkfifo(tree / "pipe")
    return Bench(Root(str(place)), "worktrees/r1", "r1-set1")


def test_the_corpus_is_large() -> None:
    assert len(SETS) >= 250
    assert len(set(SETS.values())) >= 250


@pytest.mark.parametrize("name", SETS)
def test_a_bad_set_is_refused_whole(bench: Bench, name: str) -> None:
    tree = Path(bench.root.path, bench.tree)
    before = stamps(tree)
    reasons = offered(bench, SETS[name])
    assert reasons, SETS[name][:500]
    assert all(reason.strip() and len(reason) < 2_000 for reason in reasons)
    assert stamps(tree) == before
    assert not (Path(bench.root.path) / "changes").exists()


def test_all_that_is_wrong_is_said_at_once(bench: Bench) -> None:
    text = (
        '{"files": [{"path": "../a", "action": "zap", "content": 3}, {"path": "b", "action": "create"},'
        ' {"path": "c", "action": "modify", "content": "x", "content": "y"}], "explanation": 1}'
    )
    assert len(offered(bench, text)) >= 6
