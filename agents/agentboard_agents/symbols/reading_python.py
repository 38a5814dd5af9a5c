"""Symbols of Python: from its own grammar, and from the starts of lines where a file does not parse."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

from agentboard_agents.symbols.symbol import LONGEST_SIGNATURE, Symbol

__all__ = ["read_python"]

LINE = re.compile(
    r"^(?P<indent>[ \t]*)(?:async[ \t]+)?(?P<word>def|class)[ \t]+(?P<name>\w+)[ \t]*(?P<rest>\([^\n]*)?",
    re.MULTILINE,
)
DEEPEST = 40
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def read_python(path: str, text: str) -> list[Symbol]:
    """Return the classes, functions, methods and top-level names of a file. Nothing in it is run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
        return list(_body(tree.body, path, ()))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return list(_lines(path, text))


def _body(
    statements: Sequence[ast.stmt], path: str, scope: tuple[str, ...], within: str = ""
) -> Iterator[Symbol]:
    for statement in statements:
        if isinstance(statement, Definition):
            yield from _definition(statement, path, scope, within)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and within != "function":
            yield from _names(statement, path, scope, within)
        elif isinstance(statement, (ast.If, ast.Try, ast.With)):
            yield from _body(statement.body, path, scope, within)
            yield from _body(getattr(statement, "orelse", []), path, scope, within)


def _definition(node: Definition, path: str, scope: tuple[str, ...], within: str) -> Iterator[Symbol]:
    is_class = isinstance(node, ast.ClassDef)
    kind = "class" if is_class else "method" if within == "class" else "function"
    signature = _bases(node) if isinstance(node, ast.ClassDef) else _signature(node)
    yield Symbol(node.name, kind, path, node.lineno, signature, ".".join(scope), "Python")
    if len(scope) < DEEPEST:
        yield from _body(node.body, path, (*scope, node.name), "class" if is_class else "function")


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({ast.unparse(node.args)}){result}"[:LONGEST_SIGNATURE]


def _bases(node: ast.ClassDef) -> str:
    bases = ", ".join(ast.unparse(base) for base in node.bases)
    return f"({bases})"[:LONGEST_SIGNATURE] if bases else ""


def _names(
    statement: ast.Assign | ast.AnnAssign, path: str, scope: tuple[str, ...], within: str
) -> Iterator[Symbol]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    kind = "field" if within == "class" else "variable"
    for target in targets:
        if isinstance(target, ast.Name):
            found = "constant" if target.id.isupper() else kind
            yield Symbol(target.id, found, path, statement.lineno, "", ".".join(scope), "Python")


def _lines(path: str, text: str) -> Iterator[Symbol]:
    """Yield what starts a line as a definition does, with scopes by indentation."""
    around: list[tuple[int, str, str]] = []
    counted, line = 0, 1
    for found in LINE.finditer(text):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        depth = len(found["indent"].expandtabs())
        around = [one for one in around if one[0] < depth]
        word, name = found["word"], found["name"]
        method = word == "def" and bool(around) and around[-1][1] == "class"
        kind = "class" if word == "class" else "method" if method else "function"
        signature = (found["rest"] or "").rstrip().removesuffix(":").strip()[:LONGEST_SIGNATURE]
        yield Symbol(name, kind, path, line, signature, ".".join(one[2] for one in around), "Python")
        around = [*around[-DEEPEST:], (depth, word, name)]
