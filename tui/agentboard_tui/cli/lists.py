"""`agents tasks runs inbox artifacts status`: what the board shows, as text or JSON."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from agentboard_agents import outward
from agentboard_agents.client import Client
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.standing import as_it_stands
from agentboard_agents.survey import survey
from agentboard_tui.cli.failure import Exit
from agentboard_tui.cli.opening import open_project, open_store
from agentboard_tui.cli.output import Output

__all__ = ["agents", "artifacts", "inbox", "runs", "status", "tasks"]

Form = dict[str, Any]
Row = Callable[[Form], Sequence[str]]


def agents(options: argparse.Namespace, output: Output) -> int:
    """List the agents that the files define."""
    found = survey(open_project(options)).team.agents
    forms = [outward.agent_form(agent) for agent in found]
    head = ("AGENT", "WORKS BY", "MODEL", "TOOLS", "FILE")
    return _show(output, forms, head, _agent_row, "no agents: write one in .claude/agents/<name>.md")


def tasks(options: argparse.Namespace, output: Output) -> int:
    """List every task, in file order."""
    found = survey(open_project(options)).workspace.tasks
    forms = [outward.task_form(task) for task in found]
    head = ("TASK", "STATE", "AGENT", "TITLE", "WHERE")
    return _show(output, forms, head, _task_row, "no tasks: write one in .claude/tasks/<agent>-tasks.md")


def runs(options: argparse.Namespace, output: Output) -> int:
    """List the runs, newest first."""
    forms = outward.run_forms(_runs(open_project(options)), nested=options.all)
    head = ("RUN", "STATE", "AGENT", "TASK", "BRANCH", "TITLE")
    return _show(output, forms, head, _run_row, "no runs yet: agentboard dispatch AGENT --task ID")


def inbox(options: argparse.Namespace, output: Output) -> int:
    """List what waits for a human."""
    store = open_store(open_project(options))
    forms = [outward.item_form(item) for item in store.inbox()] if store else []
    head = ("ITEM", "KIND", "AGENT", "FOR", "SINCE", "TEXT")
    return _show(output, forms, head, _item_row, "nothing needs you")


def artifacts(options: argparse.Namespace, output: Output) -> int:
    """List the shared artifacts."""
    found = survey(open_project(options)).workspace.artifacts
    forms = [outward.artifact_form(artifact) for artifact in found]
    head = ("PATH", "KIND", "AGENT", "TIME", "PROBLEMS")
    return _show(output, forms, head, _artifact_row, "no shared artifacts directory, or nothing in it")


def status(options: argparse.Namespace, output: Output) -> int:
    """Print the project at a glance."""
    form = _status(open_project(options))
    if output.json:
        output.value(form)
        return Exit.DONE
    output.line(f"{form['project']['name']}  {form['project']['root']}")
    for what in ("agents", "tasks", "runs"):
        output.line(f"{what:9}{_counts(form[what])}")
    output.line(f"{'inbox':9}{form['inbox']} need you" if form["inbox"] else f"{'inbox':9}nothing needs you")
    output.line(f"{'worker':9}{'at work' if form['worker']['alive'] else 'not running; starts when needed'}")
    return Exit.DONE


def _show(output: Output, forms: list[Form], head: Sequence[str], row: Row, empty: str) -> int:
    if output.json:
        output.value(forms)
    else:
        output.table(head, [row(form) for form in forms], empty)
    return Exit.DONE


def _agent_row(form: Form) -> Sequence[str]:
    tools = "all" if form["tools"] is None else str(len(form["tools"]))
    mark = f"  {len(form['problems'])} problems" if form["problems"] else ""
    return form["name"], form["protocol"], form["model"] or "-", tools, form["source"] + mark


def _task_row(form: Form) -> Sequence[str]:
    where = f"{form['source']['file']}:{form['source']['line']}"
    return form["id"], form["state"], form["agent"] or "-", form["title"][:80], where


def _run_row(form: Form) -> Sequence[str]:
    mark = {"inferred": "~", "stale": "!"}.get(form["provenance"], "")
    label = " (rehearsal)" if form["runtime"] == "rehearsal" else ""
    state = f"{mark}{form['state']}{label}"
    return form["id"], state, form["agent"], form["task"] or "-", form["branch"] or "-", form["title"][:60]


def _item_row(form: Form) -> Sequence[str]:
    return form["id"], form["kind"], form["agent"], form.get("to") or "-", form["since"], form["text"][:200]


def _artifact_row(form: Form) -> Sequence[str]:
    return form["path"], form["kind"], form["agent"] or "-", form["time"], str(len(form["problems"]) or "")


def _runs(project: Project) -> list[Run]:
    store = open_store(project)
    if store is None:
        return []
    return as_it_stands(store.runs(), worker_alive=Client(project, store).worker_alive())


def _status(project: Project) -> Form:
    here = survey(project)
    store = open_store(project)
    known = outward.with_children(_runs(project))
    top = [run for run in known if run.parent is None]
    costs = [run.cost_usd for run in top if run.cost_usd is not None]
    busy = Counter(run.state.value for run in top if not run.final)
    return {
        "project": {"name": project.name, "root": project.root, "state": project.state},
        "agents": {"total": len(here.team.agents)},
        "tasks": {
            "total": len(here.workspace.tasks),
            **Counter(task.state.value for task in here.workspace.tasks),
        },
        "runs": {"total": len(top), **busy},
        "inbox": len(store.inbox()) if store else 0,
        "cost_usd": sum(costs) if costs else None,
        "worker": {"alive": Client(project, store).worker_alive() if store else False},
        "problems": len(here.team.problems) + len(here.workspace.problems),
    }


def _counts(counts: Form) -> str:
    rest = ", ".join(
        f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if name != "total"
    )
    return f"{counts['total']}" + (f"  ({rest})" if rest else "")
