"""The way of working by change sets: a whole set is applied or nothing, then tested, then corrected."""

from __future__ import annotations

from agentboard_agents.permissions import EACH_TIME, approved
from agentboard_agents.protocols.changeset_apply import apply_set, dependency_files
from agentboard_agents.protocols.conclusion import commit_message, outcome_of
from agentboard_agents.session import Outcome, Session
from agentboard_agents.session_checks import Verdict
from agentboard_tasks.formats.changeset import ChangeSet, ChangeSetRefused, parse

__all__ = ["must_ask", "work"]

REFUSED = (
    "Your change set was not applied; no file was changed:\n{reasons}\nAnswer with a whole, corrected set."
)
AGAIN = "{feedback}\n\nYour last set is applied. Answer with a change set that corrects it."


class Refused(Exception):
    """A set that was not applied, with every reason."""


async def work(session: Session) -> Outcome:
    """Do the task of the run; after the last correction a person is asked, and their word tries again."""
    session.writes = False
    text = session.brief.opening
    while True:
        verdict, reason = await corrected(session, text)
        if verdict is not None and verdict.passed:
            return outcome_of(verdict, commit_message(session))
        said = f"{session.corrections} corrections did not help: {reason}"
        text = f"A person says: {await session.ask('blocker', said, to='human')}"


async def corrected(session: Session, text: str) -> tuple[Verdict | None, str]:
    """Let the agent answer and correct itself; return the last verdict, and what still stands in the way."""
    verdict, feedback, reason = await attempt(session, text)
    for number in range(1, session.corrections + 1):
        if not feedback:
            break
        session.tell("correction_attempt", attempt=number, of=session.corrections, reason=reason)
        verdict, feedback, reason = await attempt(session, feedback)
    return verdict, reason


async def attempt(session: Session, text: str) -> tuple[Verdict | None, str, str]:
    """Take one answer; return the verdict, what to tell the agent about it, and the reason in one line."""
    reply = await session.converse(text)
    try:
        await take(session, reply.text)
    except Refused as refused:
        reasons = str(refused)
        return None, REFUSED.format(reasons=reasons), reasons.replace("\n", "; ")
    verdict = await session.verdict()
    if verdict.passed:
        return verdict, "", ""
    return verdict, AGAIN.format(feedback=verdict.feedback), verdict.reason


async def take(session: Session, text: str) -> None:
    """Apply the change set of an answer.

    Raises:
        Refused: when it is not a set, does not fit the files, or a person says no.
    """
    try:
        changes = parse(text)
    except ChangeSetRefused as refused:
        raise Refused(bullets(refused.reasons)) from refused
    question = must_ask(changes, session.definition.maturity)
    if question:
        answer = await session.ask("permission", f"{question}\n{shown(changes)}", EACH_TIME)
        if not approved(answer):
            raise Refused(f"- a person did not allow it: {answer}")
    reasons = await apply_set(session, changes)
    if reasons:
        raise Refused(bullets(reasons))


def must_ask(changes: ChangeSet, maturity: str | None) -> str:
    """Return what an agent of this maturity must ask first, empty when it need not."""
    if maturity == "D1":
        return "May I apply this change set?"
    deleted = [change.path for change in changes.files if change.action == "delete"]
    risky = [*deleted, *dependency_files(changes)]
    return f"May I delete or change {', '.join(risky)}?" if maturity == "D2" and risky else ""


def shown(changes: ChangeSet) -> str:
    """Return a set in a few lines."""
    return "\n".join([changes.explanation, *(f"{change.action} {change.path}" for change in changes.files)])


def bullets(reasons: tuple[str, ...] | list[str]) -> str:
    """Return the reasons as a list."""
    return "\n".join(f"- {reason}" for reason in reasons)
