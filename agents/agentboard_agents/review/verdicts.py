"""What a reviewer's outcome means: which run it is about, and what follows from it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.run import RunState
from agentboard_tasks.formats.summary import Finding, Outcome

__all__ = ["FAILING", "OPTIONS", "VERDICT", "concerned", "said_of"]

VERDICT = "verdict"
"""What an inbox item is about that asks how to go on after a reviewer's no."""

OPTIONS = ("retry", "change scope", "accept anyway")
MOST_FINDINGS = 20
FAILING = frozenset({"failed", "error"})


def concerned(text: str, runs: Sequence[Run], reviewer: str) -> list[Run]:
    """Return the runs in review that a verdict is about: those that its text names, else the only one.

    Args:
        text: the outcome, and what the reviewer was asked to do.
        runs: all runs, newest first; of one agent only the newest in review is meant by its name.
        reviewer: the stem of who says it; nobody reviews himself.
    """
    waiting = [
        run for run in runs if run.state is RunState.REVIEW and run.parent is None and run.stem != reviewer
    ]
    exact = [run for run in waiting if named(text, run.id) or named(text, run.branch or run.id)]
    newest = {run.stem: run for run in reversed(waiting)}
    by_agent = [run for run in newest.values() if named(text, run.agent) or named(text, run.stem)]
    return exact or by_agent or (waiting if len(waiting) == 1 else [])


def named(text: str, name: str) -> bool:
    """Tell whether a text has a name as a whole word."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE) is not None


def said_of(run: Run, outcome: Outcome, reviewer: str, version: str) -> tuple[NewEvent, ...]:
    """Return what a verdict records of a run: a yes beside the facts, a no for a person to decide about."""
    key = f"{outcome.file} {version}"
    data = {"reviewer": reviewer, "file": outcome.file, "approved": outcome.approved}
    found = NewEvent(run.id, run.agent, "verdict_found", data, f"verdict {key}")
    if outcome.approved:
        failing = [gate.name for gate in run.gates if gate.state in FAILING]
        fact = f"{', '.join(failing)} does not pass" if failing else "nothing here says otherwise"
        claim = {"claim": f"{reviewer} approves ({outcome.file})", "fact": fact, "holds": not failing}
        return found, NewEvent(run.id, run.agent, "claim_checked", claim, f"approved {key}")
    item = {
        "item": f"{run.id}-verdict-{reviewer}",
        "item_kind": "escalation",
        "text": words_of(outcome, reviewer),
        "options": list(OPTIONS),
        "to": "lead",
        "about": VERDICT,
    }
    return found, NewEvent(run.id, run.agent, "item_raised", item, f"rejected {key}")


def words_of(outcome: Outcome, reviewer: str) -> str:
    """Return a verdict that is no yes, with what was found."""
    verdict = (
        f"{reviewer} rejects this" if outcome.approved is False else f"{reviewer} gives no verdict on this"
    )
    findings = [f"- {line_of(finding)}" for finding in outcome.findings[:MOST_FINDINGS]]
    return "\n".join([f"{verdict} ({outcome.file})", *findings])


def line_of(finding: Finding) -> str:
    """Return one finding in a line."""
    return f"{finding.severity}: {finding.text}"
