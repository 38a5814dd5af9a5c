"""Quality standards of Python code: line length, function length, type hints, docstrings. Pure.

They warn. Only what is new counts: a finding that the file had before the work is not held against it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from msgspec import Struct

from agentboard_agents.gates.gate import GateResult

__all__ = ["Standards", "findings", "judged"]

LARGEST = 512 * 1024
MOST_NAMED = 50
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Standards(Struct, frozen=True):
    """What is asked of new code: lengths in characters and lines (`None`: any), and what has to be there.

    `fail` says that they stand in the way like any other gate.
    """

    line_length: int | None = 100
    function_length: int | None = 50
    type_hints: bool = True
    docstrings: bool = True
    fail: bool = False


def judged(standards: Standards, now: Mapping[str, str], before: Mapping[str, str]) -> tuple[GateResult, ...]:
    """Return one result for each standard that is asked for.

    Args:
        standards: what is asked for.
        now: path to text of the Python files that the work made or changed.
        before: the same files as they were.
    """
    new: dict[str, list[str]] = {name: [] for name in asked(standards)}
    for path, text in now.items():
        old = Counter(bare for _, bare, _ in findings(standards, before.get(path, "")))
        for name, bare, line in findings(standards, text):
            if old[bare] > 0:
                old[bare] -= 1
            else:
                new[name].append(f"{path}:{line}: {bare}")
    return tuple(result(name, found, standards.fail) for name, found in new.items())


def asked(standards: Standards) -> list[str]:
    """Return the names of the standards that are asked for."""
    wanted = {
        "line length": standards.line_length is not None,
        "function length": standards.function_length is not None,
        "type hints": standards.type_hints,
        "docstrings": standards.docstrings,
    }
    return [name for name, on in wanted.items() if on]


def result(name: str, found: list[str], fail: bool) -> GateResult:
    """Return the verdict of one standard: a warning passes, with what it warns about."""
    output = "\n".join(
        [*found[:MOST_NAMED], *([f"… and {len(found) - MOST_NAMED} more"][: len(found) > MOST_NAMED])]
    )
    reason = f"{len(found)} new finding{'s' if len(found) != 1 else ''}" if found else ""
    state = "failed" if found and fail else "passed"
    return GateResult(name, state, tuple(found[:MOST_NAMED]), output, reason=reason, advisory=not fail)


def findings(standards: Standards, text: str) -> Iterator[tuple[str, str, int]]:
    """Yield the standard, what is wrong, and the line, for everything in a file that does not meet one."""
    if len(text) > LARGEST:
        return
    most = standards.line_length
    for number, line in enumerate(text.split("\n"), 1):
        if most is not None and len(line.rstrip("\r")) > most:
            yield "line length", f"the line is longer than {most}: {line.strip()[:40]}", number
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # the tests and linters say that it cannot be read
    for node, name in named(tree):
        yield from of_node(standards, node, name)


def named(tree: ast.Module) -> Iterator[tuple[Function | ast.ClassDef | ast.Module, str]]:
    """Yield every function and class with its dotted name, and the module."""
    yield tree, ""
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        parent, above = waiting.pop()
        for node in ast.iter_child_nodes(parent):
            inner = above
            if isinstance(node, Function | ast.ClassDef):
                inner = f"{above}.{node.name}" if above else node.name
                yield node, inner
            waiting.append((node, inner))


def of_node(
    standards: Standards, node: Function | ast.ClassDef | ast.Module, name: str
) -> Iterator[tuple[str, str, int]]:
    """Yield what is wrong with one function, class or module."""
    line = getattr(node, "lineno", 1)
    public = not any(part.startswith("_") for part in name.split(".") if part)
    if (
        standards.docstrings
        and public
        and wants_docstring(node)
        and ast.get_docstring(node, clean=False) is None
    ):
        yield "docstrings", f"{name or 'the module'} has no docstring", line
    if not isinstance(node, Function):
        return
    length = (node.end_lineno or line) - line + 1
    if standards.function_length is not None and length > standards.function_length:
        yield "function length", f"{name} is longer than {standards.function_length} lines", line
    if standards.type_hints and (missing := unhinted(node)):
        yield "type hints", f"{name} has no type hints for {', '.join(missing)}", line


def wants_docstring(node: Function | ast.ClassDef | ast.Module) -> bool:
    """Tell whether a docstring is asked for: not of tests, whose names say it, nor of empty modules."""
    if isinstance(node, ast.Module):
        return bool(node.body)
    return not node.name.lower().startswith("test")


def unhinted(node: Function) -> list[str]:
    """Return the parameters without type hints, and `return`."""
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    own = {"self", "cls"}
    missing = [one.arg for one in every if one.annotation is None and one.arg not in own]
    return missing + (["return"] if node.returns is None and node.name != "__init__" else [])
