"""The demo without a terminal: the whole team to the end, with the human's part played too."""

from __future__ import annotations

import time
from collections.abc import Callable

from agentboard_agents.client import Client
from agentboard_agents.dispatch import Order, plan
from agentboard_agents.outward import with_children
from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import RunState
from agentboard_agents.survey import survey
from agentboard_tui.demo.parts import PARTS, Part
from agentboard_tui.demo.proving import Proof, prove_checkout, prove_part, prove_team

__all__ = ["dispatch_part", "play"]

DEADLINE = 300.0  # seconds for the whole team
ENDED = frozenset({RunState.REVIEW, RunState.FAILED, RunState.CANCELLED})
ANSWERED_BY_HUMAN = frozenset({"permission", "question", "escalation", "blocker"})

Say = Callable[[str], None]


def play(project: Project, say: Say) -> list[Proof]:
    """Run all five agents to the end and return what was proved of their work."""
    client = Client(project)
    runs = {part.stem: dispatch_part(client, part) for part in PARTS}
    say(
        f"{len(runs)} agents dispatched; a scripted model (rehearsal) answers them, "
        "and this program plays your part"
    )
    _until_ended(client, set(runs.values()), say)
    return _prove(client, runs)


def dispatch_part(client: Client, part: Part) -> str:
    """Queue one agent's part and return its run."""
    spec = plan(survey(client.project), Order(part.stem, task=part.task, runtime="rehearsal"))
    return client.dispatch_spec(spec)


def _until_ended(client: Client, wanted: set[str], say: Say) -> None:
    deadline = time.monotonic() + DEADLINE
    shown: dict[str, str] = {}
    answered: set[str] = set()
    while time.monotonic() < deadline:
        for item in client.store.inbox():
            if item.id not in answered and item.kind in ANSWERED_BY_HUMAN:
                answered.add(item.id)
                _answer(client, item, say)
        runs = [run for run in client.store.runs() if run.id in wanted]
        _tell(runs, shown, say)
        if all(run.state in ENDED for run in runs):
            return
        time.sleep(0.1)
    say(f"gave up after {DEADLINE:.0f} s")


def _answer(client: Client, item: InboxItem, say: Say) -> None:
    text = item.options[0] if item.options else "Go on as you think best."
    say(f"  {item.agent} asks: {item.text}")
    say(f"  (played) answered: {text}")
    client.send("answer", item.run, item=item.id, text=text)


def _tell(runs: list[Run], shown: dict[str, str], say: Say) -> None:
    for run in runs:
        if shown.get(run.id) != run.state:
            shown[run.id] = run.state
            say(f"  {run.agent}: {run.state}" + (f" ({run.reason})" if run.reason else ""))


def _prove(client: Client, runs: dict[str, str]) -> list[Proof]:
    here = survey(client.project)
    known = {run.id: run for run in with_children(client.store.runs())}
    proofs = [proof for part in PARTS for proof in prove_part(here, part, known.get(runs[part.stem]))]
    events = [event for run in runs.values() for event in client.store.events(run=run, limit=100_000)]
    return [*proofs, *prove_team(events), *prove_checkout(here)]
