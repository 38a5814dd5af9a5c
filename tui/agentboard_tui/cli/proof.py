"""`evidence`: what speaks for and against a run's work, as the review shows it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

from agentboard_agents import outward
from agentboard_agents.projection import Run
from agentboard_tui.cli.failure import Exit
from agentboard_tui.cli.opening import find_run, open_project, open_store
from agentboard_tui.cli.output import Output

__all__ = ["evidence"]

HEAD = ("WHAT", "STATE", "WHY")


def evidence(options: argparse.Namespace, output: Output) -> int:
    """Print the lead's checklist, each claim beside its fact, criteria and assumptions."""
    store = open_store(open_project(options))
    run = find_run(store, options.run)
    form = outward.run_form(run)
    checks = outward.check_forms(run, store.inbox() if store else ())
    names = ("gates", "claims", "criteria", "assumptions", "reason")
    if output.json:
        output.value({"run": run.id, "checklist": checks, **{name: form[name] for name in names}})
    else:
        output.table(HEAD, list(rows(run, checks)), f"{run.id} is {run.state}: there is no evidence yet")
    return Exit.DONE


def rows(run: Run, checks: list[dict[str, Any]]) -> Iterator[Sequence[str]]:
    """Yield the lines of the table, the checklist first."""
    yield from ((check["text"], check["state"], check["why"]) for check in checks)
    yield from ((f"claims {one.claim}", "holds" if one.holds else "≠", one.fact) for one in run.claims)
    yield from ((f"criterion {one.text}", one.state, one.evidence) for one in run.criteria)
    yield from ((f"assumes {one.text}", one.state, f"{one.file}:{one.line}") for one in run.assumptions)
