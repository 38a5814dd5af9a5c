"""The way of working by change sets: a whole set is applied or nothing, then tested, then corrected."""

from __future__ import annotations

from msgspec import Struct

from agentboard_agents.blockers import EXPIRED
from agentboard_agents.brief_text import joined
from agentboard_agents.protocols.changeset_blockers import ask_blocker, raise_blocker
from agentboard_agents.protocols.changeset_checks import checked
from agentboard_agents.protocols.changeset_claims import hold_changes, show_tests_first
from agentboard_agents.protocols.changeset_context import context_of_task
from agentboard_agents.protocols.changeset_take import Refused, Taken, set_in, take
from agentboard_agents.protocols.conclusion import commit_message, outcome_of
from agentboard_agents.session import Outcome, Session
from agentboard_agents.session_checks import Verdict
from agentboard_agents.turns_port import RunFault
from agentboard_tasks.formats.changeset import prose_of

__all__ = ["work"]

REFUSED = (
    "Your change set was not applied; no file was changed:\n{reasons}\nAnswer with a whole, corrected set."
)
AGAIN = "{feedback}\n\nYour last set is applied. Answer with a change set that corrects it."
FORM = {
    "type": "object",
    "properties": {
        "files": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "path": {"type": "string"},
                    "action": {"type": "string", "enum": ["create", "modify", "delete"]},
                    "content": {"type": "string"},
                },
                "required": ["path", "action", "content"],
                "additionalProperties": False,
            },
        },
        "explanation": {"type": "string"},
    },
    "required": ["files", "explanation"],
    "additionalProperties": False,
}
"""The answer's JSON schema, for APIs that hold the model to one."""


class Tried(Struct, frozen=True):
    """What came of one answer: what the agent is told about it, and why; nothing when it passes."""

    verdict: Verdict | None
    feedback: str = ""
    reason: str = ""
    analysis: str = ""
    fix: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the set was applied and the checks pass."""
        return self.verdict is not None and self.verdict.passed

    @property
    def result(self) -> str:
        """What came of it, in one line."""
        if self.verdict is None:
            return f"refused: {self.reason}"
        return self.verdict.result


async def work(session: Session) -> Outcome:
    """Do the task of the run; after the last correction a person is asked, and their word tries again."""
    session.writes = False
    session.answer_form = FORM
    session.extras = [raise_blocker(session)]
    taken: list[Taken] = []
    text = session.brief.opening
    if not session.place.round.number:
        text = joined([await context_of_task(session), text])
    while True:
        tried = await corrected(session, text, taken)
        if tried.passed and tried.verdict is not None:
            return await concluded(session, tried.verdict, taken)
        said = f"{session.corrections} corrections did not help: {tried.reason}"
        answer = await ask_blocker(session, said)
        if answer == EXPIRED:
            raise RunFault(f"the blocker expired unanswered: {said}")
        text = f"A person says: {answer}"


async def corrected(session: Session, text: str, taken: list[Taken]) -> Tried:
    """Let the agent answer and correct itself; return what came of its last answer."""
    tried = await attempt(session, text, taken)
    for number in range(1, session.corrections + 1):
        if tried.passed:
            break
        error = tried.reason
        session.tell("correction_attempt", attempt=number, of=session.corrections, reason=error)
        tried = await attempt(session, tried.feedback, taken)
        session.tell_correction(number, error, tried.analysis, tried.fix, tried.result)
    return tried


async def attempt(session: Session, text: str, taken: list[Taken]) -> Tried:
    """Take one answer, and check what it made."""
    reply = await session.converse(text)
    answer = set_in(reply)
    try:
        one = await take(session, answer)
    except Refused as refused:
        told, why = REFUSED.format(reasons=str(refused)), "; ".join(refused.reasons)
        return Tried(None, told, why, refused.explanation or reply.text, refused.files)
    taken.append(one)
    session.said = f"{prose_of(answer)}\n{one.explanation}"  # what its files hold, the agent does not say
    verdict = await checked(session, taken)
    feedback = "" if verdict.passed else AGAIN.format(feedback=verdict.feedback)
    return Tried(verdict, feedback, verdict.reason, one.explanation, one.shown)


async def concluded(session: Session, verdict: Verdict, taken: list[Taken]) -> Outcome:
    """Commit, and hold the work against what its way of working promises."""
    await session.commit(commit_message(session))
    await hold_changes(session, taken)
    await show_tests_first(session, verdict, taken)
    return outcome_of(verdict, None)
