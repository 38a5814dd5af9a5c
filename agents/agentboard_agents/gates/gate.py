"""What a quality gate is, what one run of it showed, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from msgspec import Struct

__all__ = ["REPORT", "Gate", "GateResult", "Progress", "Reading", "blocking", "last_line"]

REPORT = "{report}"
"""Stands in `Gate.argv` for the file that the tool writes its results to."""


class Gate(Struct, frozen=True):
    """A command that checks the work: `directory` is relative to the root, `kind` tests, lint or types.

    `reader` names how its results are read. An `advisory` gate never stops a run. `missing` names the tool
    where it is not installed on this machine, and `waiting` says what the gate waits for: neither is run.
    `script` is what the project's own files say that the command does. An `inner` gate is that of a package
    in a repository of several: it counts where the work touches its package.
    """

    name: str
    argv: tuple[str, ...]
    directory: str = ""
    kind: str = "tests"
    advisory: bool = False
    reader: str = "opaque"
    missing: str = ""
    waiting: str = ""
    script: str = ""
    inner: bool = False

    @property
    def family(self) -> tuple[str, str]:
        """What a gate is an alternative to: two ways of running the same tests are one family."""
        return ("python" if self.reader in {"pytest", "unittest"} else self.reader, self.directory)


class Reading(Struct, frozen=True):
    """What one run of a gate showed.

    `ran` counts tests that were really run (`None`: not a test gate, or one that does not count). `failing`
    holds the ids of failing tests or findings, `unloadable` those of them that are test files which could
    not be loaded. `told` are the lines of a command that failed without naming anything, numbers left out.
    `flaky` failed first and passed when they were run again. `fault` says why the gate itself
    could not run.
    """

    exit_code: int = 0
    ran: int | None = None
    passed: frozenset[str] = frozenset()
    failing: frozenset[str] = frozenset()
    unloadable: frozenset[str] = frozenset()
    flaky: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    fault: str = ""
    timed_out: bool = False
    output: str = ""
    seconds: float = 0.0


class GateResult(Struct, frozen=True):
    """A gate's verdict: `passed`, `failed`, `absent` (nothing to run), `error` (could not run), `running`.

    Only `new_failures` count against the work; failures that the base had too are named in `output`. `flaky`
    are tests that failed and passed when they were run again. `beyond` says that no change of the work could
    make it pass here, so that there is nothing to correct.
    """

    name: str
    state: str
    new_failures: tuple[str, ...] = ()
    output: str = ""
    seconds: float = 0.0
    ran: int | None = None
    reason: str = ""
    advisory: bool = False
    flaky: tuple[str, ...] = ()
    beyond: bool = False


class Progress(Protocol):
    """Who is told how the gates get on; gates run beside each other."""

    def begins(self, names: Sequence[str]) -> None:
        """These gates are run now."""
        ...

    def ends(self, result: GateResult) -> None:
        """One of them has its verdict."""
        ...


def blocking(results: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """Return the results that keep work from counting as done."""
    return tuple(result for result in results if result.state in {"failed", "error"} and not result.advisory)


def last_line(output: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
