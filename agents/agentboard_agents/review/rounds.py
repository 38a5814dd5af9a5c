"""A further round of a run that a review sent back: the same branch and conversation, new numbers."""

from __future__ import annotations

import os
from typing import Any

import msgspec

from agentboard_agents.events import Event
from agentboard_agents.projection import Run
from agentboard_agents.repository import commits
from agentboard_agents.repository.landing_files import move_files
from agentboard_agents.repository.landing_plan import plan
from agentboard_agents.repository.merging import merge
from agentboard_agents.session import Session
from agentboard_agents.store import Store
from agentboard_agents.turns_port import FIRST, Round
from agentboard_tasks.edit import EditConflict, PatchRefused
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.formats.feedback import add_feedback
from agentboard_tasks.model import State

__all__ = ["keep_conversation", "resume", "round_of"]

SENT_BACK = """\
Your work has been reviewed and comes back to you. Your branch and your work tree are as you left them.
Correct what the review says, and nothing else."""
MERGED = """
The branch that your work is meant for has moved on and was merged into yours. Where both had changed the same
lines, the files hold both sides between <<<<<<< and >>>>>>> marks: make one of the two, and leave no mark."""
CONVERSATIONS = "conversations"
RECENT = 5_000
LARGEST = 64 * 1024 * 1024


def round_of(run: Run) -> Round:
    """Return which round of a run begins."""
    if not run.rounds:
        return FIRST
    return Round(
        run.rounds,
        run.turns_before,
        run.points_before,
        run.branch or "",
        run.base or "",
        run.feedback or "",
        run.takes_in,
    )


async def keep_conversation(session: Session) -> None:
    """Keep what was said, for a round that may follow."""

    def keep() -> Any:
        place = Root.create(session.equipment.project.state)
        data = msgspec.json.encode(session.messages)
        if len(data) <= LARGEST:
            place.write(f"{CONVERSATIONS}/{session.spec.run}.json", data, mode=0o600, durable=False)

    await session.step("keep conversation", keep)


async def resume(session: Session, store: Store) -> None:
    """Prepare a round after the first: the branch, the task's file, the conversation, and how it opens."""
    turn = session.place.round
    if not turn.number:
        return
    if turn.merge:
        await session.step("merge", lambda: take_in(session, turn.merge or ""))
    for problem in await session.step("feedback", lambda: give_feedback(session, store)):
        session.tell("problem_found", severity="warning", message=problem)
    messages = await session.step("conversation", lambda: kept(session))
    session.recall(messages)
    text = SENT_BACK + (MERGED if turn.merge else "")
    opening = text if messages else f"{session.brief.opening}\n\n{text}"
    session.brief = msgspec.structs.replace(session.brief, opening=opening)


def kept(session: Session) -> list[Any]:
    """Return the conversation of the round before, empty when it was not kept."""
    try:
        place = Root(session.equipment.project.state)
        data = place.read(f"{CONVERSATIONS}/{session.spec.run}.json", cap=LARGEST).data
        return msgspec.json.decode(data, type=list[Any])
    except (FileFault, msgspec.DecodeError):
        return []  # the agent is told its task again instead


def take_in(session: Session, commit: str) -> None:
    """Merge a commit into the run's branch and work tree, conflicts and all; once, if called again."""
    repository, at = session.equipment.repository, session.work.branch
    git, tip = repository.git, session.work.tip()
    if commits.is_ancestor(git, commit, tip):
        return
    tree = merge(git, tip, commit).tree
    made = commits.commit_tree(git, tree, (tip, commit), f"Merge what {at.branch} is meant for into it")
    scratch = os.path.join(git.state, "taking-in", session.spec.run)
    move_files(Root(at.worktree), plan(git, tip, made, at.branch, scratch), [])
    commits.move(git, f"refs/heads/{at.branch}", made, tip, "agentboard: merge")


def give_feedback(session: Session, store: Store) -> list[str]:
    """Write the feedback to the task in its file; open a story of a PRD again. Return what went wrong."""
    turn, task = session.place.round, session.task
    if task is None:
        return reopen(session, marks(session, store))
    if task.format != "checklist" or task.read_only:
        return []

    def patch(data: bytes) -> bytes:
        try:
            return add_feedback(data, task.source.file, task.key, turn.feedback)
        except FormatError as fault:
            raise PatchRefused(str(fault)) from fault

    try:
        session.equipment.editor.apply(task.source.file, patch, why=f"{task.id}: feedback")
    except (PatchRefused, EditConflict, FileFault) as fault:
        return [f"{task.id}: the feedback could not be written: {fault}"]
    return []


def marks(session: Session, store: Store) -> list[Event]:
    """Return the last changes of tasks that this run made."""
    return [event for event in store.tail(session.spec.run, RECENT) if event.kind == "task_changed"]


def reopen(session: Session, events: list[Event]) -> list[str]:
    """Open the story again that this run finished last: it is what the review is about."""
    finished = [one.data.get("task") for one in events if one.data.get("state") == State.DONE]
    found = session.equipment.survey.workspace.find(str(finished[-1])) if finished else None
    if found is None or found.state is not State.DONE:
        return []
    problem = session.write_mark(found, State.TODO)
    return [problem] if problem else []
