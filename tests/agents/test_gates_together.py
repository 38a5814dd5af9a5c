"""Gates beside each other: their progress, chance, what waits or is missing, what packages name."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from agentboard_agents.gates import Gate, GateResult, blocking, check, detect
from agentboard_agents.sandbox import Box
from tests.agents.test_gates import Bench, bench
from tests.agents.test_repository import write

__all__ = ["bench"]


class Follower:
    """Notes how the gates get on."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def begins(self, names: Sequence[str]) -> None:
        self.told.append(f"begin {' '.join(names)}")

    def ends(self, result: GateResult) -> None:
        self.told.append(f"{result.name} {result.state}")


def shell(name: str, command: str) -> Gate:
    return Gate(name, ("sh", "-c", command), kind="configured")


async def run_gates(bench: Bench, *gates: Gate, progress: Follower | None = None) -> tuple[GateResult, ...]:
    base = bench.repository.base()
    return await check(
        bench.repository, str(bench.tree), base, Box(worktree=str(bench.tree)), bench.sandbox, gates,
        str(bench.place / "cache"), limit=30, progress=progress,
    )  # fmt: skip


async def test_gates_run_beside_each_other_and_say_so_as_they_end(bench: Bench) -> None:
    bench.commit()
    pipe = bench.place / "pipe"
    os.mkfifo(pipe)
    follower = Follower()
    results = await run_gates(
        bench, shell("waits", f"read line < {pipe}"), shell("frees", f"echo go > {pipe}"), progress=follower
    )
    assert [(result.name, result.state) for result in results] == [("waits", "passed"), ("frees", "passed")]
    assert follower.told[0] == "begin waits frees"
    assert sorted(follower.told[1:]) == ["frees passed", "waits passed"]


FLAKY = """import os, unittest


class Chance(unittest.TestCase):
    def test_luck(self):
        first = not os.path.exists({mark!r})
        open({mark!r}, "w").close()
        self.assertFalse(first)

    def test_wrong(self):
        self.assertTrue({right})
"""


async def test_a_test_that_passes_when_run_again_is_marked_and_does_not_count(bench: Bench) -> None:
    bench.commit()
    write(bench.tree, "test_luck.py", FLAKY.format(mark=str(bench.place / "seen"), right=True))
    result = await bench.only()
    assert (result.state, result.new_failures) == ("passed", ())
    assert [name.split(".")[-1] for name in result.flaky] == ["test_luck)"]
    assert "flaky: failed, and passed when run again" in result.output


async def test_what_fails_twice_counts_beside_a_flaky_test(bench: Bench) -> None:
    bench.commit()
    write(bench.tree, "test_luck.py", FLAKY.format(mark=str(bench.place / "seen"), right=False))
    result = await bench.only()
    assert (result.state, len(result.new_failures), len(result.flaky)) == ("failed", 1, 1)


async def test_a_failure_by_chance_on_the_base_forgives_nothing(bench: Bench) -> None:
    write(bench.root, "test_luck.py", FLAKY.format(mark=str(bench.place / "seen"), right=True))
    bench.commit()
    write(bench.tree, "test_luck.py", FLAKY.format(mark="/nowhere/at/all", right=True))
    result = await bench.only()
    assert result.state == "failed"
    assert len(result.new_failures) == 1


async def test_a_command_that_fails_once_is_flaky_and_one_that_fails_twice_is_not(bench: Bench) -> None:
    bench.commit()
    mark = bench.place / "once"
    write(bench.tree, "work.txt", "")
    once, always = await run_gates(
        bench,
        shell("once", f"test ! -e work.txt || test -e {mark} || {{ touch {mark}; exit 1; }}"),
        shell("always", "test ! -e work.txt"),
    )
    assert (once.state, once.flaky) == ("passed", ("once",))
    assert (always.state, always.flaky) == ("failed", ())


async def test_a_finding_of_a_linter_is_not_asked_for_twice(bench: Bench) -> None:
    bench.commit()
    counted = bench.place / "count"
    write(bench.tree, "work.txt", "")
    command = f"echo x >> {counted}; test ! -e work.txt || {{ echo 'a.py:1:1: bad'; exit 1; }}"
    lint = Gate("lint", ("sh", "-c", command), kind="lint", reader="lines")
    (result,) = await run_gates(bench, lint)
    assert result.state == "failed"
    assert counted.read_text() == "x\n" * 2, "once on the work, once on the base"


async def test_a_gate_that_waits_for_a_yes_is_absent_and_not_run(bench: Bench) -> None:
    bench.commit()
    gate = Gate("deploy", ("sh", "-c", "touch ran"), kind="configured", waiting="it waits for your yes")
    results = await run_gates(bench, gate)
    assert [(result.name, result.state) for result in results] == [("deploy", "absent"), ("tests", "absent")]
    assert not (bench.tree / "ran").exists()
    assert not blocking(results)


async def test_tests_whose_tool_is_not_installed_are_beyond_the_work(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(bench.root, "go.mod", "module x\n")
    bench.commit()
    monkeypatch.setenv("PATH", "/nowhere")
    result = detect(str(bench.tree), project=str(bench.root))[0]
    assert result.missing == "go"
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
    (found,) = await run_gates(bench, result)
    assert (found.state, found.reason, found.beyond) == ("error", "go is not installed here", True)


async def test_a_command_that_fails_on_the_base_too_must_not_say_more(bench: Bench) -> None:
    bench.commit()
    write(bench.tree, "work.txt", "")
    same, more = await run_gates(
        bench,
        shell("same", "echo took 12 ms: a.c is wrong; exit 1"),
        shell("more", "echo a.c is wrong; test ! -e work.txt || echo b.c is wrong; exit 1"),
    )
    assert same.state == "passed"
    assert (more.state, more.reason) == ("failed", "more fails, on the base too, but says more now")


async def test_two_commands_of_one_name_are_two_gates(bench: Bench) -> None:
    bench.commit()
    results = await run_gates(bench, shell("make", "true"), shell("make", "exit 1"))
    assert [result.name for result in results] == ["make", "make 2"]


PACKAGE = """{"scripts": {"test": "node --test", "lint": "node lint.js", "typecheck": "tsc --noEmit",
"type-check": "nowhere-to-be-found ."}}"""
ADDS = "const t = require('node:test'); t('adds', () => {});\n"
LINTS = """if (require('fs').existsSync('bad.ts')) {
  console.log('bad.ts is bad');
  process.exit(1);
}
"""


async def test_the_scripts_of_a_package_lint_and_check_types(bench: Bench) -> None:
    for name, text in {
        "package.json": PACKAGE,
        "add.test.js": ADDS,
        "lint.js": LINTS,
        "tsconfig.json": "{}",
    }.items():
        write(bench.root, name, text)
    bench.commit()
    write(bench.tree, "bad.ts", "export const a = 1;\n")
    results = {result.name: result for result in await bench.check()}
    assert results["npm test"].state == "passed"
    assert (results["npm run lint"].state, "bad.ts is bad" in results["npm run lint"].output) == (
        "failed",
        True,
    )
    assert results["npm run type-check"].reason == "nowhere-to-be-found is not installed here"
    assert "npm run typecheck" not in results, "it only starts tsc, which is a gate of its own"
    assert [result.name for result in blocking(results.values())] == ["npm run lint"]


async def test_where_people_named_what_to_run_a_missing_tool_does_not_count(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(bench.root, "go.mod", "module x\n")
    bench.commit()
    monkeypatch.setenv("PATH", "/nowhere")
    (go,) = detect(str(bench.tree), project=str(bench.root))
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin:/bin")
    results = await run_gates(bench, go, shell("ours", "true"))
    assert [(result.name, result.state) for result in results] == [("go test", "absent"), ("ours", "passed")]
    assert not blocking(results)
