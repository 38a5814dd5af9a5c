"""The brief of one iteration of a Ralph loop: the PRD, the recent history, the log. Nothing else."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

import msgspec

from agentboard_agents.brief_text import capped, file_text, joined, task_text
from agentboard_agents.protocols.preparation import Brief, Ground, prd_of, system_prompt
from agentboard_tasks.formats import prd as prds
from agentboard_tasks.model import Prd, State, Task

__all__ = ["iteration", "next_story", "prepare", "progress_file", "without"]

PROGRESS_TAIL = 16_000

ENDING = """\
Work on this one story only. agentboard runs the checks, commits, sets `passes` and writes the progress log:
do not do that yourself. If you cannot go on, ask the PM one specific question with AskUserQuestion, and say
what you tried; or end with a message that begins with BLOCKED: and has the lines Tried: and Question:.
End with a message that has these parts:

Learnings:
- what a later iteration, which knows nothing of this one, should know

Acceptance criteria:
- each criterion, and how you saw that it is met"""


def prepare(ground: Ground) -> Brief:
    """Return the brief of the first iteration; without a PRD the agent must not start."""
    prd = prd_of(ground)
    system = system_prompt(ground.definition)
    if prd is None:
        named = ground.definition.prd or "a PRD"
        return Brief(system, "", (f"{named}: the agent's definition names it, and it is not there",))
    story = ground.task or next_story(prd, ground)
    log = progress_file(ground, prd)
    text = iteration(prd, story, "", ground.read(log) or "", log) if story else "Every story passes."
    return Brief(system, text, (), (prd.file, log))


def next_story(prd: Prd, ground: Ground) -> Task | None:
    """Return the story that is next; only the one that was asked for, when one was."""
    asked = ground.task
    if asked is None:
        return prds.next_story(prd)
    same = next((story for story in prd.stories if story.id == asked.id), None)
    return None if same is None or same.state in {State.DONE, State.SKIPPED} else same


def without(prd: Prd, keys: AbstractSet[str]) -> Prd:
    """Return a PRD in which these stories are skipped."""
    stories = (
        msgspec.structs.replace(story, state=State.SKIPPED) if story.key in keys else story
        for story in prd.stories
    )
    return msgspec.structs.replace(prd, stories=tuple(stories))


def progress_file(ground: Ground, prd: Prd) -> str:
    """Return the log that goes with a PRD: the one that the definition names, else the one beside it."""
    if ground.definition.progress:
        return ground.definition.progress
    directory, _, leaf = prd.file.rpartition("/")
    name = leaf.replace("prd.json", "progress.txt") if leaf.endswith("prd.json") else "progress.txt"
    return f"{directory}/{name}" if directory else name


def iteration(prd: Prd, story: Task, history: str, log: str, log_file: str) -> str:
    """Return the opening of an iteration on `story`."""
    states = "\n".join(
        f"- #{one.key} {one.title}: {'passes' if one.state == 'done' else 'open'}" for one in prd.stories
    )
    tail = log[-PROGRESS_TAIL:]
    return joined(
        [
            f"Feature: {prd.feature}\n\n{prd.overview}",
            f"Stories of {prd.file}:\n{states}",
            f"Recent commits:\n{history}" if history else "",
            file_text(log_file, capped(tail)) if tail.strip() else "",
            f"Your story:\n\n{task_text(story)}",
            ENDING,
        ]
    )
