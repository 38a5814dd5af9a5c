"""The radar finds exactly what a plain `git merge-tree` of each pair finds, whatever was changed and how."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from agentboard_agents.review.sweep import Sweeper
from tests.agents.radar_parts import Crowd, plain, told

RUNS, ROUNDS = 3, 4
SEEDS = [*range(1, 7), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(100, 160))]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_pair_that_git_cannot_merge_is_found_and_no_other(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    crowd = Crowd(tmp_path, rng, RUNS)
    sweeper = Sweeper(crowd.bench.project, ())
    assert told(sweeper.look(crowd.runs)) == plain(crowd)
    for _ in range(ROUNDS):
        run = rng.choice(crowd.runs)
        crowd.go_on(run)
        assert told(sweeper.look(crowd.runs, frozenset({run.id}))) == plain(crowd)
    for run in crowd.runs:
        tree = crowd.whole_tree(run)
        assert crowd.committed(run) == tree
