"""The way of working under a team lead: a filled brief, messages, a summary that is checked."""

from __future__ import annotations

from agentboard_agents.protocols.brief_claims import assumptions_in, checked_claims
from agentboard_agents.protocols.brief_messages import send_message
from agentboard_agents.protocols.conclusion import commit_message, outcome_of
from agentboard_agents.session import Outcome, Session
from agentboard_agents.session_checks import Verdict
from agentboard_tasks.files import FileFault, Missing
from agentboard_tasks.formats import summary as summaries
from agentboard_tasks.model import Summary

__all__ = ["work"]

ARTIFACTS = ".claude/artifacts"
SEND_BACK = """\
Your output summary {path} {fault}. Write it now: what you did in a few lines, and a fenced JSON block with
completed, blockers, next_recommended_action and files_modified."""


async def work(session: Session) -> Outcome:
    """Do the task of the run, and hold its summary against the facts."""
    await session.step("directories", lambda: make_directories(session))
    session.extras = [send_message(session)]
    await session.converse(session.brief.opening)
    verdict = await session.check()
    found = await summary_of(session)
    await session.commit(commit_message(session))
    await hold_against_facts(session, found, verdict)
    return outcome_of(verdict, None)


def make_directories(session: Session) -> None:
    """Make the directory of the shared artifacts, and the agent's working directory."""
    session.equipment.root.make_directory(shared_directory(session))
    if session.definition.working_directory:
        session.work.files.make_directory(session.definition.working_directory)


def shared_directory(session: Session) -> str:
    """Return the directory of the shared artifacts."""
    return session.definition.shared_directory or ARTIFACTS


async def summary_of(session: Session) -> Summary:
    """Return the agent's summary; without a good one it is sent back, once."""
    path = session.definition.summary or f"{shared_directory(session)}/{session.definition.stem}-summary.md"
    found, fault = await session.step("summary", lambda: read_summary(session, path))
    if fault:
        await session.converse(SEND_BACK.format(path=path, fault=fault))
        found, fault = await session.step("summary again", lambda: read_summary(session, path))
    if fault:
        session.tell("problem_found", severity="warning", message=f"{path} {fault}")
    return summaries.parse(found.encode(), path)


def read_summary(session: Session, path: str) -> tuple[str, str]:
    """Return the summary's text, and what is wrong with it."""
    try:
        data = session.equipment.root.read(path, cap=256 * 1024).data
    except Missing:
        return "", "is missing"
    except FileFault as fault:
        return "", f"cannot be read: {fault}"
    problems = summaries.parse(data, path).problems
    return data.decode("utf-8", "replace"), problems[0].message if problems else ""


async def hold_against_facts(session: Session, summary: Summary, verdict: Verdict) -> None:
    """Record each claim of the summary beside the fact, and each assumption in the code."""
    changed = await session.work.changed()
    for claim, fact, holds in checked_claims(summary, changed, verdict):
        session.tell("claim_checked", claim=claim, fact=fact, holds=holds)
    for text, file, line in assumptions_in(await session.work.diff()):
        session.tell("assumption_found", text=text, file=file, line=line)
