"""A lead that is an agent answers what was escalated to it: in a run of its own, which reads and decides."""

from __future__ import annotations

import os

import msgspec

from agentboard_agents.definition import AgentDefinition
from agentboard_agents.desk import Desk
from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import RunState
from agentboard_agents.spec import Limits, RunSpec
from agentboard_agents.team import Team

__all__ = ["answered_by", "lead_for", "places", "question_for", "settled"]

TEAM_LEAD = "Team Lead"
LEADS = frozenset({"lead", "team lead", "the lead"})
MOST_TURNS = 60
MOST_TEXT = 20_000
QUESTION = """\
{agent} of your team cannot go on by itself and waits for your decision.

Its task: {title}

What it is about:
{text}
{options}
Look at its work as far as you need; its changes so far are in your working directory. Answer in one message:
what it is to do now. If only a person can decide it, ask one with AskUserQuestion."""


def lead_for(team: Team, agent: AgentDefinition, to: str) -> AgentDefinition | None:
    """Return the agent that `to` means as the one who leads `agent`; `None` where that is a person."""
    if to.lower() in LEADS:
        found = team.lead_of(agent) or (None if agent.lead else team.find(TEAM_LEAD))
    else:
        found = team.lead_of(agent)
        found = found if found is not None and to in {found.name, found.stem} else None
    return found if found is not None and found.stem != agent.stem else None


def question_for(lead: AgentDefinition, run: Run, item: InboxItem) -> NewEvent:
    """Return what queues the lead's run; one item has one."""
    options = f"\nIt offers to choose from: {', '.join(item.options)}\n" if item.options else ""
    text = QUESTION.format(agent=run.agent, title=run.title or run.task, text=item.text, options=options)
    spec = RunSpec(
        run=f"{item.id}-lead",
        agent=lead.name,
        stem=lead.stem,
        definition=lead.file,
        protocol="consultation",
        runtime=run.spec.runtime,
        title=f"decides for {run.agent}: {item.text.strip().partition(chr(10))[0]}"[:200],
        prompt=text[:MOST_TEXT],
        model=lead.model,
        limits=Limits(turns=min(MOST_TURNS, lead.max_turns or MOST_TURNS)),
        parent=run.id,
        depth=run.spec.depth + 1,
        answers=item.id,
    )
    return NewEvent(spec.run, spec.agent, "run_queued", msgspec.to_builtins(spec), "queued")


def places(desk: Desk, asking: Run | None) -> str:
    """Return where the lead looks: the work tree of the one who asks, else the project."""
    tree = asking.worktree if asking else None
    return tree if tree and os.path.isdir(tree) else desk.project.root


def answered_by(desk: Desk, run: Run, text: str) -> None:
    """Record the lead's answer and the end of its run together, and let the one who asked go on."""
    item = desk.store.item(run.spec.answers or "")
    events = [
        NewEvent(run.id, run.agent, "run_finished", {"outcome": "answered"}, "finished"),
        NewEvent(run.id, run.agent, "run_answered", {}, "ended"),
    ]
    if item is not None and item.closed is None and text.strip():
        asking = desk.store.run(item.run)
        waits = asking is not None and asking.beneath is RunState.WAITING
        data = {"item": item.id, "text": text[:MOST_TEXT], "by": run.agent}
        events.insert(
            0, NewEvent(item.run, item.agent, "answered" if waits else "item_closed", data, f"~led {run.id}")
        )
    desk.store.append(events)
    if item is not None:
        desk.wake(item.run)
    desk.news.set()


def settled(items: list[InboxItem], runs: list[Run]) -> list[NewEvent]:
    """Return what follows from leads' runs that came to nothing, and from items that others answered."""
    waiting = {item.id: item for item in items}
    events: list[NewEvent] = []
    for run in runs:
        item = waiting.get(run.spec.answers or "")
        if run.spec.answers is None:
            continue
        if item is None and not run.final and not run.cancelling:
            data = {"reason": "somebody else has answered"}
            events.append(NewEvent(run.id, run.agent, "cancel_requested", data, "~answered"))
        elif item is not None and run.final and item.to != "human":
            reason = f"{run.agent} gave no answer: {run.reason or run.state}"
            data = {"item": item.id, "to": "human", "reason": reason}
            events.append(NewEvent(item.run, item.agent, "item_escalated", data, f"~unanswered {run.id}"))
    return events
