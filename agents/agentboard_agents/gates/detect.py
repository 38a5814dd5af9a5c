"""Which gates a project has, from its files alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence

from msgspec import Struct, structs

from agentboard_agents.gates import interpreter
from agentboard_agents.gates.detect_npm import npm_scripts, npm_tests
from agentboard_agents.gates.gate import REPORT, Gate
from agentboard_agents.gates.listing import Listing, directory_listing
from agentboard_agents.gates.packages import apart, packages, spread, within
from agentboard_agents.gates.place import Place, missing

__all__ = ["CHECKERS", "detect", "detect_in"]

PYTEST_FILES = re.compile(r"(test_.*|.*_test)\.py\Z")
UNITTEST_FILES = re.compile(r"test(s|_.*|[0-9A-Z].*)?\.py\Z")
CONFTEST = re.compile(r"conftest\.py\Z")
MOST_STARTS = 8
PYTEST = (
    *("-m", "pytest", "-q", "-rfE", "--tb=short", "-p", "no:cacheprovider"),
    "--continue-on-collection-errors",
)
PYTEST_SETTINGS = ("pytest.ini", ".pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini")
"""Files in which a package asks for pytest; a conftest.py alone is a part of the tests around it."""

PYTHON_PROJECT = (*PYTEST_SETTINGS, "setup.py", "requirements.txt", "Pipfile")
"""Files that make a directory a Python project; where the root is none, those beneath it are tested apart."""

MYPY_TARGETS = re.compile(r"^\s*(files|packages|modules)\s*=", re.MULTILINE)


def detect(
    root_dir: str, working_directory: str | None = None, *, project: str | None = None
) -> tuple[Gate, ...]:
    """Return the gates of the files under `root_dir`, in the working directory first, then at the root.

    `project` is the user's checkout, which holds `.venv` and `node_modules` when `root_dir` is a worktree.
    """
    return detect_in(directory_listing(root_dir), project or root_dir, working_directory)


def detect_in(listing: Listing, project: str, working_directory: str | None = None) -> tuple[Gate, ...]:
    """Return the gates of a listing; for each kind the working directory wins over the root."""
    directory = os.path.normpath(working_directory or "").strip("/").removeprefix(".")
    places = [Place(listing, name, project) for name in dict.fromkeys((directory, ""))]
    return tuple(gate for kind in KINDS for gate in _nearest(kind, places))


def _nearest(kind: Callable[[Place], list[Gate]], places: Sequence[Place]) -> list[Gate]:
    for place in places:
        gates = kind(place)
        if gates:
            return gates
    return []


def _tests(place: Place) -> list[Gate]:
    return [
        *_all_python_tests(place),
        *spread(place, npm_tests, ("package.json",)),
        *spread(place, _go_tests, ("go.mod",)),
        *spread(place, _cargo_tests, ("Cargo.toml",)),
    ]


def _all_python_tests(place: Place) -> list[Gate]:
    """Return the gates of a place, and apart from it those of packages that have settings of their own."""
    here = place.listing.has(*PYTHON_PROJECT, "conftest.py", beneath=place.directory)
    settled = _configures_pytest(place) or place.listing.has("conftest.py", beneath=place.directory)
    own = [] if settled else packages(place, PYTEST_SETTINGS if here else PYTHON_PROJECT)
    inner = within(place, _configured_tests if here else _package_tests, own)
    if not inner:
        return _python_tests(place)
    outside = place.listing.without([gate.directory for gate in inner])
    around = _python_tests(structs.replace(place, listing=outside))
    return [*(apart(gate, inner) for gate in around), *inner]


def _configured_tests(place: Place) -> list[Gate]:
    """Return pytest for a package whose settings ask for it, where it is installed."""
    return [gate for gate in _package_tests(place) if gate.name == "pytest" and _configures_pytest(place)]


def _package_tests(place: Place) -> list[Gate]:
    """Return the tests of a package that has some, where what runs them is installed."""
    if not place.listing.matching(PYTEST_FILES, place.directory):
        return []
    return [gate for gate in _python_tests(place) if not gate.missing]


def _python_tests(place: Place) -> list[Gate]:
    tests = place.listing.matching(PYTEST_FILES, place.directory)
    installed = bool(tests) and interpreter.has_module(place.project, place.directory, "pytest")
    if _has_pytest_settings(place) or installed:
        words = (_python(place), *PYTEST, f"--junitxml={REPORT}")
        found = installed or interpreter.has_module(place.project, place.directory, "pytest")
        lacks = "" if found else f"pytest, for {_python(place)},"
        return [Gate("pytest", words, place.directory, reader="pytest", missing=lacks)]
    return _unittests(place)


def _unittests(place: Place) -> list[Gate]:
    files = place.listing.matching(UNITTEST_FILES, place.directory)
    starts = list(dict.fromkeys(_start(place, path) for path in files))
    python = _python(place)
    return [
        Gate(
            "unittest" if len(starts) == 1 else f"unittest {start}",
            (python, "-m", "unittest", "discover", "-v", "-s", start, "-t", top),
            place.directory,
            reader="unittest",
        )
        for start, top in starts[:MOST_STARTS]
    ]


def _start(place: Place, path: str) -> tuple[str, str]:
    """Return where discovery of a test file starts, and the directory that its imports are counted from."""
    start = top = os.path.dirname(os.path.relpath(path, place.directory or "."))
    while top and place.listing.has("__init__.py", beneath=os.path.join(place.directory, top)):
        start, top = top, os.path.dirname(top)
    return start or ".", top or "."


def _has_pytest_settings(place: Place) -> bool:
    return _configures_pytest(place) or bool(place.listing.matching(CONFTEST, place.directory))


def _configures_pytest(place: Place) -> bool:
    return (
        place.listing.has("pytest.ini", ".pytest.ini", beneath=place.directory)
        or _mentions(place, "pyproject.toml", "[tool.pytest")
        or _mentions(place, "setup.cfg", "[tool:pytest]")
        or _mentions(place, "tox.ini", "[pytest]")
    )


def _go_tests(place: Place) -> list[Gate]:
    if not place.listing.has("go.mod", beneath=place.directory):
        return []
    words = ("go", "test", "-json", "./...")
    return [Gate("go test", words, place.directory, reader="go", missing=missing(place, "go"))]


def _cargo_tests(place: Place) -> list[Gate]:
    if not place.listing.has("Cargo.toml", beneath=place.directory):
        return []
    words = ("cargo", "test", "--no-fail-fast")
    return [Gate("cargo test", words, place.directory, reader="cargo", missing=missing(place, "cargo"))]


class Checker(Struct, frozen=True):
    """A linter or type checker: its files of configuration, and sections in files that it shares."""

    name: str
    kind: str
    files: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]
    words: tuple[str, ...]

    @property
    def manifests(self) -> tuple[str, ...]:
        """Every file in which it can be configured."""
        return (*self.files, *(file for file, _ in self.sections))


CHECKERS = (
    Checker(
        "ruff", "lint", ("ruff.toml", ".ruff.toml"), (("pyproject.toml", "[tool.ruff"),),
        ("check", "--no-cache", "--output-format=concise", "."),
    ),
    Checker("flake8", "lint", (".flake8",), (("setup.cfg", "[flake8]"), ("tox.ini", "[flake8]")), ()),
    Checker(
        "eslint", "lint",
        ("eslint.config.js", "eslint.config.mjs", "eslint.config.cjs", "eslint.config.ts", ".eslintrc",
         ".eslintrc.json", ".eslintrc.js", ".eslintrc.cjs", ".eslintrc.yml", ".eslintrc.yaml"),
        (), ("--format=json", "."),
    ),
    Checker(
        "golangci-lint", "lint", (".golangci.yml", ".golangci.yaml", ".golangci.toml"), (),
        ("run", "--out-format=line-number"),
    ),
    Checker(
        "mypy", "types", ("mypy.ini", ".mypy.ini"),
        (("pyproject.toml", "[tool.mypy"), ("setup.cfg", "[mypy]")),
        ("--cache-dir=/dev/null", "--no-error-summary", "--no-pretty"),
    ),
    Checker("pyright", "types", ("pyrightconfig.json",), (("pyproject.toml", "[tool.pyright"),), ()),
    Checker("tsc", "types", ("tsconfig.json",), (), ("--noEmit", "--pretty", "false")),
)  # fmt: skip


def _checkers(place: Place) -> list[Gate]:
    found = [gate for checker in CHECKERS for gate in spread(place, _finder(checker), checker.manifests)]
    return [*found, *spread(place, _scripts, ("package.json",))]


def _finder(checker: Checker) -> Callable[[Place], list[Gate]]:
    def find(place: Place) -> list[Gate]:
        return [_checker_gate(place, checker)] if _is_configured(place, checker) else []

    return find


def _scripts(place: Place) -> list[Gate]:
    return npm_scripts(
        place, frozenset(checker.name for checker in CHECKERS if _is_configured(place, checker))
    )


def _checker_gate(place: Place, checker: Checker) -> Gate:
    program = interpreter.program(place.project, place.directory, checker.name)
    words = checker.words
    if checker.name == "mypy" and not MYPY_TARGETS.search(_settings(place, checker)):
        words = (*words, ".")
    return Gate(
        checker.name,
        (program or checker.name, *words),
        place.directory,
        checker.kind,
        advisory=program is None,
        reader="eslint" if checker.name == "eslint" else "lines",
        missing="" if program else checker.name,
    )


def _is_configured(place: Place, checker: Checker) -> bool:
    named = place.listing.has(*checker.files, beneath=place.directory) if checker.files else False
    return named or any(_mentions(place, file, section) for file, section in checker.sections)


def _settings(place: Place, checker: Checker) -> str:
    return "\n".join(place.listing.text(name, place.directory) for name in checker.manifests)


def _mentions(place: Place, file: str, section: str) -> bool:
    lines = place.listing.text(file, place.directory).splitlines()
    return any(line.strip().startswith(section) for line in lines)


def _python(place: Place) -> str:
    return interpreter.python(place.project, place.directory)


KINDS: tuple[Callable[[Place], list[Gate]], ...] = (_tests, _checkers)
