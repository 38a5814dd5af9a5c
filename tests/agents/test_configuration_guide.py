"""The guide to the configuration shows what is really understood, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agentboard_agents import config, config_budgets, escalation
from agentboard_agents.config import Config, config_of, fields_of
from agentboard_tasks.model import Problem

GUIDE = Path(__file__).parents[2] / "docs" / "configuration.md"
USER_KEYS = (*config.USER_KEYS, *config.PROVIDER_KEYS, *config.SPENDING_KEYS, "escalation")


def examples() -> tuple[str, str]:
    """Return the user's and the project's file as the guide shows them."""
    user, project = re.findall(r"^```yaml\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    return user, project


def understood(user: str, project: str) -> tuple[Config, list[Problem]]:
    problems: list[Problem] = []
    files = (
        fields_of(user.encode(), "config.yaml", problems),
        fields_of(project.encode(), "project.yaml", problems),
    )
    return config_of(*files, problems), problems


def test_the_examples_of_the_guide_are_understood_without_a_problem() -> None:
    found, problems = understood(*examples())
    assert problems == []
    assert found.agent("backend-engineer").network
    assert (found.turns, found.spending.runs, found.spending.budgets.run.usd) == (100, 8, 2)
    assert found.escalation.to == "human"


@pytest.mark.parametrize(
    ("number", "keys"),
    [
        (0, (*USER_KEYS, *config.AGENT_KEYS, *config.LIMIT_KEYS, *config_budgets.SCOPES, *escalation.KEYS)),
        (0, (*config_budgets.CAP_KEYS, *config_budgets.PRICE_KEYS)),
        (1, (*config.PROJECT_KEYS, *config.LENGTHS, *config.ASKED)),
    ],
)
def test_the_guide_shows_every_key(number: int, keys: tuple[str, ...]) -> None:
    shown = set(re.findall(r"[a-z_]+(?=:)", examples()[number]))
    assert set(keys) - shown == set()


def test_a_limit_that_is_not_known_is_said_with_its_line() -> None:
    _, problems = understood("theme: nord\nlimits:\n  turn: 5\n", "")
    assert [(problem.line, problem.message) for problem in problems] == [(3, "`turn` is not known here")]
