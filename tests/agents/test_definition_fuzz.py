"""Whatever the bytes of a definition, a configuration or settings are: no error, and no long wait."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentboard_agents.config import config_of, fields_of
from agentboard_agents.definition import is_agent, parse
from agentboard_agents.outward import agent_form
from agentboard_agents.permission_settings import parse_settings
from agentboard_tasks.model import Problem
from agentboard_tasks.unicodes import json_line
from tests.tasks.formats.generated import ANYTHING
from tests.tasks.formats.test_fuzz import PIECES

Parser = Callable[[bytes], object]

UNHURRIED = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
FEW = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=UNHURRIED)
MANY = settings(max_examples=20_000, deadline=None, suppress_health_check=UNHURRIED, print_blob=True)
SENTENCES = st.lists(
    st.sampled_from(
        [
            b"Role: Engineer (Tier 2)",
            b"- **Lead**: Somebody",
            b"Tier: 99",
            b"Peers: A, B and C",
            b"Maturity Level: D2",
            b"Your working directory is: /project/../x",
            b"Shared artifacts directory: /project/shared/",
            b"Task: [The lead writes the task here]",
            b"```",
            b"## Output format",
            b'{"files": [{"path": "a", "action": "create"}]}',
            b"{ completed, blockers, next_recommended_action, files_modified }",
            b"`uv run pytest`",
            b"tasks/a_prd.json tasks/a_progress.txt .claude/tasks/a-tasks.md",
            b".claude/agents-memory/a/ \xe2\x80\x9cBackend Requirements\xe2\x80\x9d",
            b"Capabilities:\n- one\n- two",
            b"Max correction attempts: 3",
            b"\xff\xfe \xc4\xb0 role: x",
            b"---",
        ]
    ),
    max_size=15,
).map(b"\n".join)
PERMISSIONS = st.lists(
    st.sampled_from(
        [
            *(b'{"permissions": {', b'"deny": ', b'["Bash(rm *)", 3]', b'"ask": "("', b",", b"}", b"}"),
            *(b'"hooks": 1', b'"defaultMode": "\xc3\xa9"', b"[", b"]", b"null", b"\n", b"\xef\xbb\xbf"),
        ]
    ),
    max_size=12,
).map(b"".join)
MEMBERS = st.lists(
    st.sampled_from(
        [
            *(b"agents:", b"  a:", b"    protocol: ralph", b"    network: yes", b"limits: {turns: 1e9}"),
            *(b"gates:", b"- command: x", b"artifacts: [..]", b"budgets:", b"  fleet: -1", b"? a"),
            *(b"models: 3", b"theme: [a]", b"base_url: x", b"worker_idle_seconds: nan", b"setup: [1]"),
            *(b"prices: {a: {input: x}}", b"&a b: *a"),
        ]
    ),
    max_size=10,
).map(b"\n".join)
BYTES = st.one_of(ANYTHING, SENTENCES, PERMISSIONS, MEMBERS)


def defined(data: bytes) -> object:
    """Read a definition with every fact of its body."""
    agent = parse(data, ".claude/agents/a.md")
    facts = agent.facts, agent.facts.paths, agent.placeholders, agent.quality_commands, agent.summary_keys
    more = agent.maturity, agent.capabilities, agent.correction_attempts, agent.wants_changeset
    return json_line(agent_form(agent)), is_agent(agent), facts, more


def configured(data: bytes) -> object:
    """Read a configuration as both the user's and the project's."""
    problems: list[Problem] = []
    user, own = (fields_of(data, name, problems) for name in ("config.yaml", ".agentboard.yaml"))
    return config_of(user, own, problems)


PARSERS: dict[str, Parser] = {
    "definition": defined,
    "configuration": configured,
    "settings": lambda data: parse_settings(data, ".claude/settings.json", own=False),
}


def cases(name: str, count: settings) -> None:
    @count
    @given(BYTES)
    def check(data: bytes) -> None:
        PARSERS[name](data)

    check()


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_raises_nothing(name: str) -> None:
    cases(name, FEW)


@pytest.mark.soak
@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_raises_nothing_in_many_cases(name: str) -> None:
    cases(name, MANY)


FACTS = [
    b"Role: a\n",
    b"Task: [a b c]\n",
    b"a.md ",
    b'"files": [',
    b"`pytest ",
    b"{a,b",
    b"shared directory: ",
]


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_is_quick_on_what_makes_parsers_slow(name: str) -> None:
    slow: list[tuple[bytes, float]] = []
    for piece in (*PIECES, *FACTS):
        for head in (b"", b"---\nname: a\n---\n", b'{"permissions": {"deny": ['):
            data = (head + piece * (65_536 // len(piece)))[:65_536]
            took = seconds(PARSERS[name], data)
            if took > 0.25:
                took = min(seconds(PARSERS[name], data) for _ in range(3))
            if took > 0.25:
                slow.append((data[:60], took))
    assert not slow


def test_a_configuration_of_nothing_but_unknown_keys_is_quick() -> None:
    data = b"".join(b"k%d: 1\n" % number for number in range(7_000))
    assert min(seconds(configured, data) for _ in range(3)) < 0.25


PEAK = """
import resource
from tests.agents.test_definition_fuzz import FACTS, PARSERS, PIECES
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for parser in PARSERS.values():
    for piece in (*PIECES, *FACTS):
        parser((b"---\\nname: a\\n---\\n" + piece * (65_536 // len(piece)))[:65_536])
        parser((piece * (65_536 // len(piece)))[:65_536])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)
"""


def test_no_parser_takes_more_than_200_mb_for_64_kb() -> None:
    done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200 * 1024


def seconds(parser: Parser, data: bytes) -> float:
    started = time.process_time()
    parser(data)
    return time.process_time() - started
