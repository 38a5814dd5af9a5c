"""A blocker of a Ralph loop: written into the progress log, and handed to the PM with one question."""

from __future__ import annotations

from datetime import UTC, datetime

from agentboard_agents.protocols.ralph_brief import progress_file
from agentboard_agents.protocols.ralph_prd import append_entry
from agentboard_agents.protocols.ralph_report import Stuck
from agentboard_agents.session import Session
from agentboard_agents.session_actions import schema_of, texts_of
from agentboard_agents.session_tools import Action
from agentboard_agents.turns_port import ToolAnswer
from agentboard_tasks.formats import progress
from agentboard_tasks.model import Prd, Task

__all__ = ["CHOICES", "ask_pm", "now", "pm_answers"]

CHOICES = ("try again", "skip it", "stop")


async def pm_answers(
    session: Session, prd: Prd, story: Task, stuck: Stuck, options: tuple[str, ...] = CHOICES
) -> str:
    """Write a blocker down, ask the PM, and return the answer."""
    entry = progress.blocker(story.key, story.title, await now(session), stuck.tried, stuck.question)
    await append_entry(session, progress_file(session.equipment.ground, prd), entry)
    tried = "".join(f"\n- {one}" for one in stuck.tried)
    text = f"Story #{story.key} ({story.title}): {stuck.question}"
    return await session.ask("blocker", f"{text}\nTried:{tried}" if tried else text, options, to="pm")


def ask_pm(session: Session, prd: Prd, story: Task) -> Action:
    """Return the tool by which the agent asks: its question becomes a blocker for the PM."""
    properties = {
        "question": {"type": "string", "description": "One specific question, or the decision that you need"},
        "tried": {"type": "array", "items": {"type": "string"}, "description": "What you have tried"},
        "options": {"type": "array", "items": {"type": "string"}, "description": "Answers to choose from"},
    }
    about = "Reports to the PM, and in the progress log, that you cannot go on; waits for the answer."
    definition = schema_of("AskUserQuestion", about, properties, ["question"])

    async def act(given: dict[str, object]) -> ToolAnswer:
        question = str(given.get("question") or "").strip()
        if not question:
            return ToolAnswer(False, "the question is empty")
        stuck = Stuck(question, tuple(texts_of(given.get("tried"))))
        answer = await pm_answers(session, prd, story, stuck, tuple(texts_of(given.get("options"))))
        return ToolAnswer(True, answer, f"answered: {answer}")

    return Action(definition, act, repeatable=True, steps=True, waits=True)


async def now(session: Session) -> str:
    """Return the time; the same when the workflow is replayed."""
    return str(await session.step("time", lambda: datetime.now(UTC).isoformat(timespec="seconds")))
