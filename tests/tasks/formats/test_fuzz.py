"""Whatever the bytes are: only the documented error, and within the time that their size allows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings

from agentboard_tasks.formats import (
    beads,
    changeset,
    checklist,
    claudecode,
    fixplan,
    frontmatter,
    memory,
    prd,
    progress,
    requirements,
    summary,
    taskcard,
    taskfile,
    taskmaster,
    teamfile,
)
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.formats.lines import decode
from tests.tasks.formats.generated import ANYTHING

Parser = Callable[[bytes], object]

PARSERS: dict[str, Parser] = {
    "frontmatter": lambda data: frontmatter.split(data, "a.md"),
    "checklist": lambda data: checklist.parse(data, "backend-tasks.md"),
    "prd": lambda data: prd.parse(data, "prd.json"),
    "progress": lambda data: progress.parse(data, "p.txt"),
    "summary": lambda data: summary.parse(data, "a-summary.md"),
    "outcome": lambda data: summary.parse_outcome(data, "a-outcome.md"),
    "requirements": lambda data: requirements.section(decode(data), ["Backend Requirements"]),
    "memory": lambda data: memory.note(data, "m.md", "a"),
    "teamfile": lambda data: teamfile.parse(data, "tasks.md"),
    "taskcard": lambda data: taskcard.parse(data, "t.md"),
    "taskfile": lambda data: taskfile.parse(data, "t.md"),
    "fix plan": lambda data: fixplan.parse(data, "fix_plan.md"),
    "task master": lambda data: taskmaster.parse(data, "tasks.json"),
    "beads": lambda data: beads.parse(data, "issues.jsonl"),
    "claude task": lambda data: claudecode.parse_task(data, "1.json"),
    "claude inbox": lambda data: claudecode.parse_inbox(data, "a.json"),
    "claude team": lambda data: claudecode.parse_team(data, "config.json"),
    "claude usage": lambda data: claudecode.parse_usage(data.splitlines()),
    "changeset": lambda data: changeset.parse(decode(data)),
}
UNHURRIED = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
FEW = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=UNHURRIED)
MANY = settings(max_examples=20_000, deadline=None, suppress_health_check=UNHURRIED, print_blob=True)


def survives(parser: Parser, data: bytes) -> None:
    with suppress(FormatError):
        parser(data)


def cases(name: str, few: settings) -> None:
    @few
    @given(ANYTHING)
    def check(data: bytes) -> None:
        survives(PARSERS[name], data)

    check()


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_raises_nothing_but_its_error(name: str) -> None:
    cases(name, FEW)


@pytest.mark.soak
@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_raises_nothing_but_its_error_in_many_cases(name: str) -> None:
    cases(name, MANY)


HEADS = {
    "frontmatter": (b"", b"---\n", b"name: "),
    "taskcard": (b"---\n",),
    "checklist": (b"", b"- [ ] "),
    "prd": (b"", b'{"userStories":['),
    "changeset": (b"", b'{"files":['),
    "progress": (b"", b"## "),
}
PIECES = [
    b"- [ ] a\n",
    b"- [ ",
    b"[",
    b"[[",
    b"{",
    b'{"completed":',
    b'{"a":',
    b"# ",
    b"## To Do\n",
    b"```\n",
    b"```a\n## b\n",
    b"~~~~\n```\n",
    b"<!--",
    b"<!--\n",
    b"-->\n",
    b"---\n",
    b"| name | description |\n|-|\n",
    b" ",
    b"\t",
    b"*",
    b"**a ",
    b"`",
    b"a: b\n",
    b"name: x\n",
    b"description: a: b\n",
    b"- - ",
    b"? ",
    b"a: &a [",
    b"[x](y) ",
    b"(completed: ",
    b" (done: 2026-01-01",
    b"Depends on T1, ",
    b"T1 and ",
    b"a=b ",
    b"2026-01-01 ",
    b"Task #1: ",
    b'"files"',
    b'{"files":[',
    b"\\|",
    b"| ",
    b"!",
    b"&a ",
    b"- [~] in progress [!] ",
    b"\xff",
    b"\r",
    b"\n",
    b"  - [ ] x\n\t",
    b"Legend: [~] in progress, [!] blocked\n## To Do\n- [~] a\n",
    b"## Done\n### a\n- [ ] T1 b\n",
    b"> ",
    b"APPROVED",
    b"- **high** ",
    b"'",
    b'"',
    b"'a",
    b"-",
    b"Blocked: ",
    b"  Blocked: x\n",
    b"a:\n",
    b"a:\n ",
    b"[a]: ",
    b"- ",
    b"1. ",
    b"priority: ",
    b"Files: ",
]


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_is_quick_on_what_makes_parsers_slow(name: str) -> None:
    slow: list[tuple[bytes, float]] = []
    for data in hostile(name):
        took = _seconds(PARSERS[name], data)
        if took > 0.25:
            took = min(_seconds(PARSERS[name], data) for _ in range(3))
        if took > 0.25:
            slow.append((data[:40], took))
    assert not slow


def _seconds(parser: Parser, data: bytes) -> float:
    started = time.process_time()
    survives(parser, data)
    return time.process_time() - started


PEAK = """
import resource
from tests.tasks.formats.test_fuzz import PARSERS, hostile, survives
start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for name, parser in PARSERS.items():
    for data in hostile(name):
        survives(parser, data)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - start)
"""


def hostile(name: str) -> Iterator[bytes]:
    """64 KB of each piece that makes parsers slow or hungry."""
    for head in HEADS.get(name, (b"",)):
        for piece in PIECES:
            yield (head + piece * (65_536 // len(piece)))[:65_536]


def test_no_parser_takes_more_than_200_mb_for_64_kb() -> None:
    done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 200 * 1024
