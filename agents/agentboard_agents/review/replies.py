"""What an answer sets off beyond closing its item: an assumption is judged, a run gets its feedback."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agentboard_agents.assumptions import ASSUMPTION, Found, confirmed, item_name
from agentboard_agents.commands import Command
from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.review.returning import REVIEWER, another_round
from agentboard_agents.review.verdicts import VERDICT
from agentboard_agents.run import RunState

__all__ = ["consequences"]

ANYWAY = frozenset({"accept anyway", "accept", "approve", "anyway"})
AGAIN = frozenset({"retry", "again", "deny", "reject"})
CHANGED = "What you are to do has changed:"
Events = tuple[NewEvent, ...]


def consequences(command: Command, item: InboxItem, run: Run | None, answer: str) -> Events:
    """Return the events that follow from an answer, to be recorded with it."""
    follow = ABOUT.get(item.about)
    return follow(command, item, run, answer) if follow is not None and run is not None else ()


def judged(command: Command, item: InboxItem, run: Run, answer: str) -> Events:
    """Record what a person says of an assumption; one that is wrong goes back to the agent."""
    known = (Found(one.text, one.file, one.line) for one in run.assumptions)
    found = next((one for one in known if item_name(run.id, one) == item.id), None)
    if found is None:
        return ()
    right = confirmed(answer)
    data = {
        "item": item.id,
        "text": found.text,
        "file": found.file,
        "state": "confirmed" if right else "rejected",
    }
    event = NewEvent(run.id, run.agent, "assumption_judged", data)
    reason = answer.partition(":")[2].strip() if answer.startswith(("deny", "reject")) else answer
    told = f"Your assumption in {found.file}:{found.line} is wrong: {found.text}."
    told += f" {reason}" if reason else " Do not rely on it; ask if you do not know what is right."
    return (event,) if right else (event, *feedback(command, run, told))


def unblocked(command: Command, item: InboxItem, run: Run, answer: str) -> Events:
    """Hand the answer to what a summary called a blocker back to the agent."""
    return feedback(command, run, f"About your blocker ({item.text}): {answer}")


def decided(command: Command, item: InboxItem, run: Run, answer: str) -> Events:
    """Let a person decide about a reviewer's no: try again, do something else, or take it all the same."""
    choice, _, words = (part.strip() for part in answer.partition(":"))
    if choice.lower() in ANYWAY:
        return ()
    told = (
        f"{item.text}\n\nCorrect that."
        if choice.lower() in AGAIN
        else f"{item.text}\n\n{CHANGED} {words or answer}"
    )
    return feedback(command, run, f"{told} {words}" if words and choice.lower() in AGAIN else told)


def heard(command: Command, item: InboxItem, run: Run, answer: str) -> Events:
    """Let a run that is at work hear what a person says to its concern; one in review has no use for it."""
    if run.final or run.beneath is RunState.REVIEW:
        return ()
    return feedback(command, run, f"About your concern ({item.text}): {answer}")


def feedback(command: Command, run: Run, text: str) -> Events:
    """Tell a run something: in review it goes on with it; after its end the agent's next run hears it."""
    name = f"m{command.client_id}"
    if run.state is RunState.REVIEW:
        return another_round(run, text, name)
    data = {"message": name, "text": text, "sender": REVIEWER}
    return (NewEvent("" if run.final else run.id, run.agent, "message_queued", data),)


ABOUT: Mapping[str, Callable[[Command, InboxItem, Run, str], Events]] = {
    ASSUMPTION: judged,
    "blocker": unblocked,
    VERDICT: decided,
    "concern": heard,
}
"""What an item is about, to what its answer sets off."""
