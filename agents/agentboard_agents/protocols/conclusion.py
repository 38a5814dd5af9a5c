"""What most ways of working end with: the checks, the corrections, and a commit that says what was done."""

from __future__ import annotations

from agentboard_agents.session import Outcome, Session
from agentboard_agents.session_checks import Verdict

__all__ = ["commit_message", "concluded", "outcome_of"]

LONGEST_SUBJECT = 100


async def concluded(session: Session) -> Outcome:
    """Check the work, let the agent correct it, and return how it ended."""
    return outcome_of(await session.check(), commit_message(session))


def outcome_of(verdict: Verdict, message: str | None) -> Outcome:
    """Return the outcome that a verdict means."""
    if verdict.passed:
        return Outcome("review", commit=message)
    return Outcome("gates_failed", f"the checks do not pass: {verdict.reason}", message)


def commit_message(session: Session) -> str:
    """Return the message of a run's commit: the task, and who did it."""
    task, spec = session.task, session.spec
    title = task.title if task else spec.title or "Work of an agent"
    subject = f"{task.key}: {title}" if task and task.key not in title else title
    subject = " ".join(subject.split())
    short = subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1]}…"
    return f"{short}\n\nWritten by {session.definition.name} in run {spec.run}."
