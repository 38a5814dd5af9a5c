"""The git that commands in a box find."""

from __future__ import annotations

import pytest

from agentboard_agents.sandbox.bubblewrap import Bubblewrap
from agentboard_agents.sandbox.gitshim import ANSWER, safe_config

from .conftest import Place, bash


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("git commit -am done", 1),
        ("git -c user.name=x commit -m done", 1),
        ("git -C . push origin main", 1),
        ("git add .", 0),
        ("git stage app.py", 0),
    ],
)
async def test_writing_subcommands_are_answered(
    bubblewrap: Bubblewrap, place: Place, command: str, code: int
) -> None:
    done = await bash(bubblewrap, place.box, command)
    assert done.output == ANSWER + "\n"
    assert done.exit_code == code


async def test_reading_subcommands_are_passed_on(bubblewrap: Bubblewrap, place: Place) -> None:
    (place.worktree / "app.py").write_text("answer = 43\n")
    done = await bash(
        bubblewrap, place.box, "git status --short; git log --oneline; git diff; git branch --show-current"
    )
    assert " M app.py" in done.output
    assert "first" in done.output
    assert "+answer = 43" in done.output
    assert "ab/one" in done.output


async def test_a_repository_of_the_tests_own_is_left_alone(bubblewrap: Bubblewrap, place: Place) -> None:
    command = """
    git init -q /tmp/other && cd /tmp/other && echo x > x && git add x &&
    git -c user.name=t -c user.email=t@t commit -q -m 'two words' && git log --format=%s
    """
    done = await bash(bubblewrap, place.box, command)
    assert done.output.strip().endswith("two words")
    assert done.exit_code == 0


async def test_variables_of_git_do_not_enter(bubblewrap: Bubblewrap, place: Place) -> None:
    from msgspec.structs import replace

    box = replace(place.box, environment={"GIT_DIR": "/elsewhere", "KEEP": "me"})
    done = await bash(bubblewrap, box, "env | grep -E '^(GIT_|KEEP)'")
    assert done.output == "KEEP=me\n"


def test_configuration_without_programs_and_credentials() -> None:
    text = """[core]
\tbare = false
\tfsmonitor = ./run-me
\thooksPath = evil
[credential]
\thelper = !cat
[remote "origin"]
\turl = https://me:token@host/x
[alias]
\tx = !evil
[filter "lfs"]
\tsmudge = evil
[http "https://x"]
\textraheader = AUTHORIZATION: basic x
"""
    safe = safe_config(text)
    assert "bare = false" in safe
    assert "https://host/x" in safe
    for word in ("evil", "run-me", "token", "helper", "basic"):
        assert word not in safe
