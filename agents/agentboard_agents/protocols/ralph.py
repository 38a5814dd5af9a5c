"""The Ralph loop: story after story of a PRD, each in a conversation that knows nothing of the one before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.protocols.preparation import prd_of
from agentboard_agents.protocols.ralph_brief import iteration, next_story, progress_file
from agentboard_agents.protocols.ralph_prd import append_entry, hold_claims, read_prd
from agentboard_agents.protocols.ralph_report import evidence_for, learnings_in
from agentboard_agents.session import Outcome, Session
from agentboard_agents.session_checks import Verdict
from agentboard_agents.turns import Reply
from agentboard_tasks.formats import progress
from agentboard_tasks.model import Prd, State, Task

__all__ = ["work"]

RECENT_COMMITS = 15
ALL_PASS = "every story passes"  # noqa: S105 (no password)


class Iteration(Struct, frozen=True):
    """One story and what the agent is told about it; `passes` is what the PRD said of each story."""

    story: Task
    opening: str
    passes: dict[str, bool]


async def work(session: Session) -> Outcome:
    """Work through the PRD until every story passes or the limit is reached; a blocker waits for a person."""
    prd = prd_of(session.equipment.ground)
    assert prd is not None  # the brief refuses to start without one
    limit, number, said = session.spec.limits.iterations, 0, ""
    while True:
        turn = await begin(session, prd, said)
        if turn is None:
            return Outcome("review", marked=True)
        if limit is not None and number >= limit:
            return Outcome(
                "limit",
                f"the limit of {limit} iterations is reached; story {turn.story.key} is next",
                marked=True,
            )
        number += 1
        session.tell("iteration_started", number=number, task=turn.story.id, title=turn.story.title)
        said = await one_story(session, prd, turn)


async def begin(session: Session, prd: Prd, said: str) -> Iteration | None:
    """Read the PRD, the history and the log afresh, and return the next iteration."""
    history = await session.work.history(RECENT_COMMITS)

    def look() -> Any:
        now = read_prd(session, prd.file)
        story = next_story(now, session.equipment.ground)
        if story is None:
            return None
        log_file = progress_file(session.equipment.ground, now)
        log = session.equipment.ground.read(log_file) or ""
        opening = iteration(now, story, history, log, log_file)
        return msgspec.to_builtins(Iteration(story, opening, states_of(now)))

    found = await session.step("next story", look)
    if found is None:
        return None
    answer = f"\n\nA person answers your last question about this story: {said}" if said else ""
    turn = msgspec.convert(found, Iteration)
    return msgspec.structs.replace(turn, opening=turn.opening + answer)


def states_of(prd: Prd) -> dict[str, bool]:
    """Return which stories pass."""
    return {story.key: story.state is State.DONE for story in prd.stories}


async def one_story(session: Session, prd: Prd, turn: Iteration) -> str:
    """Do one story; return what a person said about it, when it could not be finished."""
    story = turn.story
    session.fresh(story.key)
    reply = await session.converse(turn.opening)
    verdict = await session.check()
    await hold_claims(session, prd.file, story, turn.passes, verdict.passed)
    if verdict.passed:
        await finish(session, prd, story, reply)
        return ""
    return await blocked(session, prd, story, verdict)


async def finish(session: Session, prd: Prd, story: Task, reply: Reply) -> None:
    """Commit a story whose checks pass, mark it, and write down what was learned."""
    before = session.work.at
    tag = prd.team or session.definition.stem
    body = f"Story {story.key} of {prd.feature}, written by {session.definition.name}; all checks passed."
    await session.commit(f"[{tag}] Task #{story.key}: {story.title}\n\n{body}")
    for text in story.criteria:
        session.tell("criterion_marked", text=text, state="claimed", evidence=evidence_for(text, reply.text))
    await session.mark(story, State.DONE)
    files = await session.work.changed(before)
    entry = progress.entry(story.key, story.title, await now(session), learnings_in(reply.text), files)
    await append_entry(session, progress_file(session.equipment.ground, prd), entry)


async def blocked(session: Session, prd: Prd, story: Task, verdict: Verdict) -> str:
    """Write down that a story cannot go on, and ask the PM."""
    question = (
        f"Story {story.key} ({story.title}) does not pass its checks: {verdict.reason}. How shall I go on?"
    )
    tried = [f"{session.corrections} corrections after failing checks"]
    entry = progress.blocker(story.key, story.title, await now(session), tried, question)
    await append_entry(session, progress_file(session.equipment.ground, prd), entry)
    return await session.ask("blocker", question, to="pm")


async def now(session: Session) -> str:
    """Return the time; the same when the workflow is replayed."""
    return str(await session.step("time", lambda: datetime.now(UTC).isoformat(timespec="seconds")))
