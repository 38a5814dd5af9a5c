"""Sending work back: the same run goes on in another round, with what the review says as a message to it."""

from __future__ import annotations

from agentboard_agents.commands import Command
from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.review.settlement import Refused, Settlement
from agentboard_agents.run import RunState

__all__ = ["REVIEWER", "another_round", "final", "send_back"]

REVIEWER = "review"
"""Who the feedback is from, as the agent is told."""

MOST_FEEDBACK = 100_000


def send_back(command: Command, run: Run, reason: str, *, merge: str | None = None) -> Settlement:
    """Let the run go on with feedback; `merge` is a commit that its branch has to take in first.

    Raises:
        Refused: when it is not in review, or nobody says what is wrong.
    """
    reason = reason.strip()[:MOST_FEEDBACK]
    _see_review(run)
    if not reason:
        raise Refused("say what is wrong: agentboard reject RUN --reason TEXT (--final rejects it for good)")
    events = another_round(run, reason, f"m{command.client_id}", merge=merge)
    return Settlement(True, f"{run.id} goes on with your feedback", events)


def another_round(run: Run, reason: str, message: str, *, merge: str | None = None) -> tuple[NewEvent, ...]:
    """Return what begins another round of a run in review: the reason also goes to it as `message`."""
    data = {"reason": reason, "round": run.rounds + 1}
    more = {"base": merge, "merge": merge} if merge else {}
    told = {"message": message, "text": reason, "sender": REVIEWER}
    return (
        NewEvent(run.id, run.agent, "item_closed", {"item": f"{run.id}-merge", "text": "sent back"}),
        NewEvent(run.id, run.agent, "run_rejected", {**data, **more}),
        NewEvent(run.id, run.agent, "message_queued", told),
    )


def final(run: Run, reason: str) -> Settlement:
    """Reject a run for good; its branch and work tree stay.

    Raises:
        Refused: when it is not in review.
    """
    _see_review(run)
    where = f"; its work stays on {run.branch}" if run.branch else ""
    refused = NewEvent(run.id, run.agent, "run_refused", {"reason": reason})
    return Settlement(True, f"rejected{where}", (refused,))


def _see_review(run: Run) -> None:
    if run.state is not RunState.REVIEW:
        raise Refused(f"run {run.id} is {run.state}: only a run in review can be rejected")
