"""`symbols`: what the code defines under a name."""

from __future__ import annotations

import argparse
from typing import Any

import msgspec

from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.opening import open_project
from agentboard_tui.cli.output import Output

__all__ = ["symbols"]


def symbols(options: argparse.Namespace, output: Output) -> int:
    """List the symbols of the project that a query names, the best first."""
    from agentboard_agents.symbols import index_checkout, search

    query = " ".join(options.query)
    if not query.strip():
        raise Failure("say what to look for: agentboard symbols QUERY", Exit.USAGE)
    index = index_checkout(open_project(options))
    found = search(index.symbols(), query)
    if index.left_out:
        output.say(f"{index.left_out} source files were not read: there are too many")
    if output.json:
        output.value([form(symbol) for symbol in found])
        return Exit.DONE
    rows = [(one.qualified + one.signature, one.kind, f"{one.file}:{one.line}") for one in found]
    output.table(("SYMBOL", "KIND", "WHERE"), rows, f"nothing is called {query} here")
    return Exit.DONE


def form(symbol: object) -> dict[str, Any]:
    """Return a symbol: `{name, kind, file, line, signature, scope, language}`."""
    found: dict[str, Any] = msgspec.to_builtins(symbol)
    return found
