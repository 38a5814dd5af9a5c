"""What a Ralph loop waits for: the stories of other teams, a way out of a knot, a person at a checkpoint."""

from __future__ import annotations

import asyncio

from agentboard_agents.protocols.ralph_prd import read_prd
from agentboard_agents.run import RunState
from agentboard_agents.session import Session
from agentboard_agents.turns_port import RunFault
from agentboard_tasks.model import Prd, State, Task

__all__ = [
    "knot",
    "pass_checkpoint",
    "said_skip",
    "said_stop",
    "wait_for_teams",
    "wait_for_turn",
    "wait_until_readable",
]

OVER = frozenset({State.DONE, State.SKIPPED})
MOST_NAMED = 8


def said_stop(answer: str) -> bool:
    """Tell whether a person wants the loop to end here."""
    return answer.partition(":")[0].strip(" .!").lower() == "stop"


def said_skip(answer: str) -> bool:
    """Tell whether a person wants to leave a story out."""
    return answer.partition(":")[0].strip(" .!").lower() in {"skip", "skip it"}


async def wait_for_teams(session: Session, prd: Prd) -> str:
    """Wait until the PRDs of the teams that this one depends on pass; return why the loop ends, if it does.

    The wait is a blocker for the PM. It ends by itself when those stories pass, or as the PM says.
    """
    for name in await session.step(
        "unknown teams", lambda: [one for one in prd.needs if not prds_of(session, prd, one)]
    ):
        told = f"{prd.file} depends on {name}, and no PRD here is that team's; it is not waited for"
        session.tell("problem_found", severity="warning", message=told)
    waiting: list[str] = await session.step("other teams", lambda: unmet(session, prd))
    if not waiting:
        return ""

    async def met(_since: str) -> str:
        left = await asyncio.to_thread(unmet, session, prd)
        return "" if left else "go on: they pass now"

    text = f"{prd.file} depends on other teams: {'; '.join(waiting)}. It goes on by itself when they pass."
    answer = await session.ask("blocker", text, ("go on", "stop"), to="pm", settled=met)
    return f"stopped while it waited for other teams: {'; '.join(waiting)}" if said_stop(answer) else ""


async def wait_for_turn(session: Session, prd: Prd) -> str:
    """Wait while an earlier run of the agent goes through the same PRD; return why this one ends, if it does.

    Two loops at a time would do each story twice.
    """
    earlier: list[str] = await session.step("earlier loops", lambda: earlier_loops(session))
    if not earlier:
        return ""

    async def ended(_since: str) -> str:
        left = await asyncio.to_thread(earlier_loops, session)
        return "" if left else "go on: it has ended"

    text = f"{', '.join(earlier)} works through {prd.file} already. This run begins when that has ended."
    answer = await session.ask("blocker", text, ("go on", "stop"), to="pm", settled=ended)
    return f"stopped while {', '.join(earlier)} worked through {prd.file}" if said_stop(answer) else ""


async def wait_until_readable(session: Session, file: str) -> str:
    """Wait while a PRD cannot be read: somebody edits it. Return what the PM says to that, if anything."""
    fault: str = await session.step("the PRD reads", lambda: unreadable(session, file))
    if not fault:
        return ""

    async def mended(_since: str) -> str:
        left = await asyncio.to_thread(unreadable, session, file)
        return "" if left else "go on: it can be read now"

    text = f"{fault}. Put it right in the file: the run goes on by itself when it can be read."
    return await session.ask("blocker", text, ("go on", "stop"), to="pm", settled=mended)


def unreadable(session: Session, file: str) -> str:
    """Return why a PRD cannot be read, empty when it can."""
    try:
        read_prd(session, file)
    except RunFault as fault:
        return str(fault)
    return ""


def earlier_loops(session: Session) -> list[str]:
    """Return the runs of the agent that began before this one and still go through its PRD."""
    if session.desk is None:
        return []
    runs = [run for run in session.desk.store.runs(open_only=True) if run.stem == session.spec.stem]
    names = [run.id for run in runs]
    older = runs[names.index(session.spec.run) + 1 :] if session.spec.run in names else []
    return [
        run.id
        for run in older
        if run.spec.protocol == session.spec.protocol
        and run.parent is None
        and run.beneath is not RunState.REVIEW
    ]


def unmet(session: Session, prd: Prd) -> list[str]:
    """Return, for each PRD that comes first, which of its stories are open, in words."""
    others = [other for name in prd.needs for other in prds_of(session, prd, name)]
    found: list[str] = []
    for other in {one.file: one for one in others}.values():
        try:
            stories = read_prd(session, other.file).stories
        except RunFault as fault:
            found.append(str(fault))
            continue
        left = [story for story in stories if story.state not in OVER]
        found += [f"{other.file}: {named(left)}"] if left else []
    return found


def prds_of(session: Session, prd: Prd, name: str) -> list[Prd]:
    """Return the PRDs of an agent or team, by any of its names."""
    survey = session.equipment.survey
    agent = survey.team.find(name)
    names = {spelled(one) for one in (name, *((agent.name, agent.stem) if agent else ()))}
    own = agent.prd if agent else None
    return [
        other
        for other in survey.workspace.prds
        if other.file != prd.file
        and (other.file == own or {spelled(other.agent or ""), spelled(other.team)} & (names - {""}))
    ]


def spelled(name: str) -> str:
    """Return a name in the one spelling that names are compared in."""
    return "-".join(name.lower().replace("_", " ").replace("-", " ").split())


def knot(prd: Prd) -> str:
    """Return why no open story can be worked on, empty when none is left."""
    left = [story for story in prd.stories if story.state not in OVER]
    passed = {story.key for story in prd.stories if story.state is State.DONE}
    waits = [
        f"#{one.key} waits for {', '.join(f'#{key}' for key in one.depends_on if key not in passed)}"
        for one in left
    ]
    return "; ".join(waits[:MOST_NAMED])


def named(stories: list[Task]) -> str:
    """Return stories by their numbers."""
    more = f", +{len(stories) - MOST_NAMED}" if len(stories) > MOST_NAMED else ""
    return (
        ", ".join(f"#{story.key}" for story in stories[:MOST_NAMED])
        + more
        + (" is open" if len(stories) == 1 else " are open")
    )


async def pass_checkpoint(session: Session, story: Task) -> str:
    """Stop after a story that is a checkpoint, and return what a person says."""
    where = session.work.branch.branch
    text = f"Story #{story.key} ({story.title}) is a checkpoint: look at {where} before the loop goes on."
    return await session.ask("question", text, ("go on", "stop"))
