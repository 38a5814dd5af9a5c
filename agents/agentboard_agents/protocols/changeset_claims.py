"""What a change set promises held against the facts: nothing changed beside it, and its tests came first."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from agentboard_agents import gates
from agentboard_agents.gates import Reading
from agentboard_agents.gates.running import moved, run_gate
from agentboard_agents.protocols.changeset_take import Taken
from agentboard_agents.session import Session
from agentboard_agents.session_checks import Verdict
from agentboard_tasks.files import FileFault, Root

__all__ = ["TestsFirst", "hold_changes", "is_test", "show_tests_first"]

TEST_FILE = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?)/.|(?:^|/)(?:test_[^/]*|[^/]*_test)\.\w+\Z|\.(?:test|spec)\.\w+\Z",
    re.IGNORECASE,
)
WORDS_ONLY = (
    ".md",
    ".txt",
    ".rst",
    ".json",
    ".yaml",
    ".yml",
    ".toml",
    ".cfg",
    ".ini",
    ".html",
    ".css",
    ".svg",
)
FIRST = "the tests come first"
UNTESTED = "the change has no tests: nothing shows that it does what it should"
MOST_NAMED = 5
LARGEST = 16 * 1024 * 1024


class TestsFirst(Struct, frozen=True):
    """What the new tests showed on the base, without the change: those that fail, those that pass already."""

    __test__ = False  # it is no test itself, whatever its name begins with

    failing: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    fault: str = ""

    def fact(self, verdict: Verdict) -> str:
        """Return what is so, in words."""
        if self.fault:
            return f"the new tests could not be run on the base: {self.fault}"
        already = f"pass without the change: {named(self.passing)}" if self.passing else ""
        if not self.failing:
            return already or "the base has no test runner that runs them"
        ends = "pass with the change" if verdict.passed else "with the change the checks do not pass"
        shown = f"fail on the base, {ends}: {named(self.failing)}"
        return f"{shown}; {already}" if already else shown


async def hold_changes(session: Session, taken: Sequence[Taken]) -> None:
    """Record whether the branch changes nothing but what its sets said."""
    said = {path for one in taken for path, _ in one.files}
    beside = [path for path in await session.work.changed() if path not in said]
    if beside:
        fact = f"changed by a command: {named(beside)}"
        session.tell("claim_checked", claim="nothing is changed but by change sets", fact=fact, holds=False)


async def show_tests_first(session: Session, verdict: Verdict, taken: Sequence[Taken]) -> None:
    """Record whether the new tests fail without the change and pass with it."""
    paths = list(dict.fromkeys(path for one in taken for path in one.paths))
    if all(path.endswith(WORDS_ONLY) for path in paths):
        return
    tests = [path for path in paths if is_test(path)]
    if not tests:
        session.tell("problem_found", severity="warning", message=UNTESTED)
        return

    async def show() -> object:
        return msgspec.to_builtins(await shown_on_base(session, tests))

    found = msgspec.convert(await session.place.step("tests on the base", show), TestsFirst)
    holds = bool(found.failing) and verdict.passed
    session.tell("claim_checked", claim=FIRST, fact=found.fact(verdict), holds=holds)


def is_test(path: str) -> bool:
    """Tell whether a file holds tests, by its name."""
    return TEST_FILE.search(path) is not None


async def shown_on_base(session: Session, tests: Sequence[str]) -> TestsFirst:
    """Run the tests on the base with the new test files put into it, and nothing else of the change."""
    equipment, base = session.equipment, session.work.branch.base
    cache = Root.create(os.path.join(equipment.project.state, "gates")).path
    place = tempfile.mkdtemp(prefix="first-", dir=cache)
    try:
        tree = os.path.join(place, "tree")
        await asyncio.to_thread(equipment.repository.export, base, tree)
        before = await readings(session, tree, tests)
        for path in tests:
            put(session, tree, path)
        return compared(before, await readings(session, tree, tests))
    finally:
        shutil.rmtree(place, ignore_errors=True)  # agentboard's own copy; nobody's work is in it


def put(session: Session, tree: str, path: str) -> None:
    """Copy one test file of the work into the exported base."""
    try:
        Root(tree).write(path, session.work.files.read(path, LARGEST).data)
    except FileFault:
        return  # a later set has deleted it


async def readings(session: Session, tree: str, tests: Sequence[str]) -> list[Reading]:
    """Run the test gates of a tree that its new tests concern."""
    equipment = session.equipment
    box = moved(equipment.box(), tree)
    found = gates.detect(tree, equipment.definition.working_directory, project=equipment.project.root)
    return [
        await run_gate(equipment.sandbox, box, gate, equipment.project.root)
        for gate in gates.concerned(found, lambda: tests)
        if gate.kind == "tests" and not gate.missing
    ]


def compared(before: Sequence[Reading], after: Sequence[Reading]) -> TestsFirst:
    """Return what the new tests showed: those that the base did not have. Pure."""
    known = frozenset[str]().union(*(one.passed | one.failing for one in before))
    failing = frozenset[str]().union(*(one.failing for one in after)) - known
    passing = frozenset[str]().union(*(one.passed for one in after)) - known
    fault = next((one.fault for one in after if one.fault), "")
    return TestsFirst(tuple(sorted(failing)), tuple(sorted(passing)), "" if failing or passing else fault)


def named(names: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f", +{more}" if more > 0 else "")
