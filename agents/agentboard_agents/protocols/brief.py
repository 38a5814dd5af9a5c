"""The way of working under a team lead: a filled brief, messages, a summary that is checked."""

from __future__ import annotations

from msgspec import structs

from agentboard_agents.protocols.brief_claims import Facts, checked_claims, unfinished
from agentboard_agents.protocols.brief_messages import notify_lead, send_message
from agentboard_agents.protocols.brief_summary import Shared, read_summary, summary_path, written_since
from agentboard_agents.protocols.conclusion import commit_message, outcome_of
from agentboard_agents.session import Outcome, Session
from agentboard_agents.session_checks import Verdict
from agentboard_tasks.formats import summary as summaries
from agentboard_tasks.formats.errors import warning
from agentboard_tasks.model import Summary

__all__ = ["work"]

SEND_BACK = """\
Your output summary {path} {fault}. Write it now: what you did in a few lines, and a fenced JSON block with
completed, blockers, next_recommended_action and files_modified."""


async def work(session: Session) -> Outcome:
    """Do the task of the run, and hold its summary against the facts."""
    found = await session.step("directories", lambda: make_directories(session))
    before = Shared(session.once("~shared", "shared_seen", files=found)["files"])
    session.extras = [send_message(session)]
    await session.converse(session.brief.opening)
    fault = await session.step("summary", lambda: read_summary(session, before)[1])
    if fault:
        await session.converse(SEND_BACK.format(path=summary_path(session), fault=fault))
    verdict = await session.check()
    summary = await final_summary(session, before)
    await session.commit(commit_message(session))
    await hold_against_facts(session, summary, before, verdict)
    await raise_blockers(session, summary)
    await notify_lead(session, summary)
    outcome = outcome_of(verdict, None)
    return Outcome(outcome.outcome, outcome.reason or unfinished(summary))


def make_directories(session: Session) -> dict[str, str]:
    """Make the directories of the shared artifacts and of the agent; return what is shared."""
    session.equipment.root.make_directory(session.shared_directory)
    if session.definition.working_directory:
        session.work.files.make_directory(session.definition.working_directory)
    return written_since(session, {})


async def final_summary(session: Session, before: Shared) -> Summary:
    """Return the summary as it is at the end; what is still wrong with it is shown."""
    path = summary_path(session)
    text, fault = await session.step("summary again", lambda: read_summary(session, before))
    if fault:
        session.tell("problem_found", severity="warning", message=f"{path} {fault}")
    session.texts.append(text)
    read = summaries.parse(text.encode(), path)
    return structs.replace(read, problems=(warning(path, 1, fault),)) if fault else read


async def hold_against_facts(session: Session, summary: Summary, before: Shared, verdict: Verdict) -> None:
    """Record each claim of the summary beside the fact."""
    written = await session.step("shared", lambda: sorted(written_since(session, before.files)))
    directory = session.definition.working_directory or ""
    acts = await session.work.acts()
    facts = Facts(list(acts), written, verdict, directory, session.work.branch.worktree, acts)
    for checked in checked_claims(summary, facts):
        session.claim(checked)


async def raise_blockers(session: Session, summary: Summary) -> None:
    """Put what blocks the agent before its lead: an answer goes back to it."""
    for text in summary.blockers:
        name = session.place.unique("blocker")
        data = {"item_kind": "blocker", "text": text, "to": "lead", "about": "blocker"}
        session.tell("item_raised", item=name, unblocks=list(session.unblocks), **data)
