"""Rules on commands against what they really do: nothing wrong is approved, little is asked needlessly."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from agentboard_agents import shell_programs, shell_rules
from agentboard_agents.shell_rules import allows
from tests.agents.shell_corpus import CORPUS, RULE_SETS, RuleSet
from tests.agents.shell_laboratory import Effect, Laboratory
from tests.agents.shell_ordinary import ORDINARY, ORDINARY_RULES

needs_sandbox = pytest.mark.skipif(shutil.which("bwrap") is None, reason="learns effects in bubblewrap")


def approved(rules: RuleSet, command: str) -> bool:
    return any(allows(rule, command) for rule in rules.rules)


def wrong(rules: RuleSet, effect: Effect) -> bool:
    """Whether a command did more than its rules are meant to allow."""
    made_itself = {argv[0] for argv in effect.started} & {"touch", "mkdir", "cp"}
    return any(not rules.meant(argv) for argv in effect.started) or bool(effect.made and not made_itself)


def wrong_approvals(directory: Path, commands: Sequence[str]) -> list[tuple[str, str]]:
    laboratory = Laboratory(directory)
    found: list[tuple[str, str]] = []
    for command in commands:
        willing = [rules for rules in RULE_SETS if approved(rules, command)]
        if willing:
            effect = laboratory.effect(command)
            found += [(str(rules.rules), command) for rules in willing if wrong(rules, effect)]
    return found


def test_the_corpus_is_as_large_as_it_says() -> None:
    assert len(CORPUS) >= 400
    assert len(RULE_SETS) >= 30
    assert len(ORDINARY) >= 200


@needs_sandbox
def test_nothing_wrong_is_approved_in_a_tenth_of_the_corpus(tmp_path: Path) -> None:
    sample = random.Random(4).sample(CORPUS, len(CORPUS) // 10)
    assert wrong_approvals(tmp_path, sample) == []


@needs_sandbox
@pytest.mark.soak
def test_nothing_wrong_is_approved_in_the_whole_corpus(tmp_path: Path) -> None:
    assert wrong_approvals(tmp_path, CORPUS) == []


def careless(argv: Sequence[str], open_places: set[int], globs: frozenset[int]) -> bool:
    return True


@needs_sandbox
def test_the_laboratory_would_see_a_wrong_approval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shell_rules, "harmless", careless)
    harmful = ["find . -exec evil ';'", "env evil", "git diff --output=run-evil", "python -c evil"]
    assert {command for _, command in wrong_approvals(tmp_path, harmful)} == set(harmful)


@needs_sandbox
def test_a_rule_by_prefix_would_be_wrong_often(tmp_path: Path) -> None:
    laboratory = Laboratory(tmp_path)
    rules = RULE_SETS[0]
    twisted = [command for command in CORPUS if command.startswith("npm run test")][:20]
    assert sum(wrong(rules, laboratory.effect(command)) for command in twisted) > 10


def test_few_ordinary_commands_ask() -> None:
    asking = [command for command in ORDINARY if not any(allows(rule, command) for rule in ORDINARY_RULES)]
    assert len(asking) <= 0.15 * len(ORDINARY), asking


@pytest.mark.parametrize("name", sorted(shell_programs.RUNNERS - shell_programs.INTERPRETERS))
def test_no_wildcard_covers_the_words_of_a_program_that_runs_others(name: str) -> None:
    assert not allows(f"{name} *", f"{name} evil")
