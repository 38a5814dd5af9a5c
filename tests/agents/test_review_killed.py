"""Accept and undo killed at every act: the next worker ends what was begun; no lock stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.repository import plumbing
from agentboard_agents.repository.plumbing import Plumbing
from agentboard_agents.review.accepting import accept, tidy, undo
from agentboard_agents.run import RunState
from agentboard_tasks.files import injected
from tests.agents.review_parts import FILES, Bench, put

CHANGED = "one\nTWO\nthree\nfour\nfive\n"
WORK = {"a.txt": CHANGED, "new/x.txt": "x\n", "deep/er/c.txt": None}
AFTER = {"a.txt": CHANGED, "new/x.txt": "x\n", "deep/er/c.txt": None, "b.txt": "B\n", "mine.txt": "m\n"}
BEFORE = {**FILES, "b.txt": "B\n", "mine.txt": "m\n", "new/x.txt": None}


class Killed(BaseException):
    """The worker dies here."""


class Killer:
    """Kills at the nth act; nothing that comes after it is done either."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.acts = 0

    def __call__(self, *_: object) -> None:
        self.acts += 1
        if self.acts >= self.at:  # the dead do not tidy up
            raise Killed


def sweeping(monkeypatch: pytest.MonkeyPatch, killer: Killer) -> None:
    """Count git's commands as acts: the killer strikes before one and after it."""
    plain = Plumbing._run  # pyright: ignore[reportPrivateUsage]

    def run(self: Plumbing, *given: Any, **more: Any) -> plumbing.Output:
        killer()
        output = plain(self, *given, **more)
        killer()
        return output

    monkeypatch.setattr(Plumbing, "_run", run)


def prepared(directory: Path) -> Bench:
    bench = Bench(directory)
    bench.work("r1", WORK)
    bench.commit("mine", **{"b.txt": "B\n"})
    put(bench.root, {"mine.txt": "m\n"})
    bench.git("add", "mine.txt")
    return bench


def attempt(bench: Bench, act: Callable[..., Any], killer: Killer, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Do it until the killer strikes; say whether it came to its end."""
    with monkeypatch.context() as patched:
        sweeping(patched, killer)
        with injected(killer):
            try:
                done = asyncio.run(act(bench.desk, bench.run()))
                bench.store.append(done.events)
                tidy(bench.desk, bench.run())
            except Killed:
                return False
    return True


def files(bench: Bench) -> dict[str, str | None]:
    return {name: bench.read(name) for name in AFTER}


def sweep(directory: Path, monkeypatch: pytest.MonkeyPatch, step: int, *, undoing: bool) -> int:
    """Kill at each `step`th act; return how many there were."""
    at = 1
    while True:
        bench = prepared(directory / f"k{at}")
        if undoing:
            bench.accept()
        killer = Killer(at)
        ended = attempt(bench, undo if undoing else accept, killer, monkeypatch)
        settled(bench, undoing=undoing)
        if ended:
            return killer.acts
        at += step


def settled(bench: Bench, *, undoing: bool) -> None:
    """The next worker does the command again, and everything is as if nobody had died."""
    end = RunState.REVIEW if undoing else RunState.ACCEPTED
    if bench.run().state is not end:
        done = bench.undo() if undoing else bench.accept()
        assert done.ok, done.reply
    else:
        tidy(bench.desk, bench.run())
    assert bench.run().state is end
    expected = BEFORE if undoing else AFTER
    assert files(bench) == {name: expected.get(name) for name in AFTER}
    assert bench.status() == "A  mine.txt"
    assert not (bench.root / ".git/index.lock").exists()
    merges = bench.git("rev-list", "--merges", "main").split()
    assert len(merges) == (0 if undoing else 1)
    bench.store.close()


@pytest.mark.parametrize("undoing", [False, True])
def test_a_kill_at_any_act_is_ended_by_the_next_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, undoing: bool
) -> None:
    assert sweep(tmp_path, monkeypatch, 17, undoing=undoing) > 40


@pytest.mark.soak
@pytest.mark.parametrize("undoing", [False, True])
def test_a_kill_at_every_act_is_ended_by_the_next_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, undoing: bool
) -> None:
    assert sweep(tmp_path, monkeypatch, 1, undoing=undoing) > 40
