"""`diff gates accept reject conflicts`: what a run changed, and what becomes of it."""

from __future__ import annotations

import argparse

from msgspec import to_builtins

from agentboard_agents.projection import GateOutcome
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.narrating import gate_line
from agentboard_tui.cli.opening import find_run, open_project, open_store
from agentboard_tui.cli.output import Output
from agentboard_tui.cli.steering import steer

__all__ = ["accept", "conflicts", "diff", "gates", "reject"]


def diff(options: argparse.Namespace, output: Output) -> int:
    """Print the difference between a run's base and its branch."""
    from agentboard_agents.repository import GitFault, Repository

    project = open_project(options)
    run = find_run(open_store(project), options.run)
    if run.base is None or run.branch is None:
        raise Failure(f"{run.id} has no branch yet: it has not started")
    try:
        repository = Repository(project.root, project.state)
        text = repository.diff(run.base, run.branch)
        files = repository.changed_files(run.base, run.branch)
    except GitFault as fault:
        raise Failure(str(fault)) from fault
    if output.json:
        output.value({"run": run.id, "base": run.base, "branch": run.branch, "files": files, "diff": text})
    else:
        output.raw(text)
    return Exit.DONE


def gates(options: argparse.Namespace, output: Output) -> int:
    """Print what each gate of a run said last, the worst first, with what its command printed."""
    store = open_store(open_project(options))
    run = find_run(store, options.run)
    told = store.events(run=run.id, kinds=("gate_finished",)) if store else []
    said = {str(event.data.get("name")): event.data for event in told}
    found = [{**said.get(gate.name, {}), **to_builtins(gate)} for gate in sorted(run.gates, key=gate_order)]
    if output.json:
        output.value(found)
        return Exit.DONE
    for gate in found:
        output.line(gate_line(gate))
        output.raw(str(gate.get("output") or ""))
    if not found:
        output.say("no gate has run yet")
    return Exit.DONE


def gate_order(gate: GateOutcome) -> tuple[bool, str]:
    """Return where a gate stands in a list of them."""
    return gate.state not in {"failed", "error"}, gate.name


def accept(options: argparse.Namespace, output: Output) -> int:
    """Merge a run's work, or take the merge back."""
    return steer(
        options,
        output,
        "accept",
        "taken back" if options.undo else "accepted",
        onto=options.onto,
        undo=options.undo or None,
        send_back=options.send_back or None,
    )


def reject(options: argparse.Namespace, output: Output) -> int:
    """Send a run's work back with feedback, or end it."""
    if not options.final and not options.reason.strip():
        raise Failure("say what is wrong: --reason TEXT (--final rejects it for good)", Exit.USAGE)
    final = options.final or None
    return steer(
        options, output, "reject", "rejected" if final else "goes on", reason=options.reason, final=final
    )


def conflicts(options: argparse.Namespace, output: Output) -> int:
    """List pairs of live branches, and the working tree, that change the same lines; worst first."""
    from agentboard_agents.repository import GitFault
    from agentboard_agents.review.radar import conflict_form
    from agentboard_agents.review.sweep import sweep

    project = open_project(options)
    store = open_store(project)
    try:
        found = sweep(project, store.runs(open_only=True)) if store else []
    except GitFault as fault:
        raise Failure(str(fault)) from fault
    forms = [conflict_form(one) for one in found]
    if output.json:
        output.value(forms)
        return Exit.DONE
    rows = [
        (form["one"]["name"], form["other"]["name"], ", ".join(form["files"]), form["where"])
        for form in forms
    ]
    output.table(("ONE", "OTHER", "FILES", "WHERE"), rows, "no two sides change the same lines")
    return Exit.DONE
