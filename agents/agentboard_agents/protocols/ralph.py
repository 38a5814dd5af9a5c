"""The Ralph loop: story after story of a PRD, each in a conversation that knows nothing of the one before."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.protocols.preparation import prd_of
from agentboard_agents.protocols.ralph_brief import iteration, next_story, progress_file, without
from agentboard_agents.protocols.ralph_prd import log_tail, read_prd
from agentboard_agents.protocols.ralph_story import Iteration, one_story
from agentboard_agents.protocols.ralph_waiting import (
    knot,
    pass_checkpoint,
    said_skip,
    said_stop,
    wait_for_teams,
    wait_for_turn,
    wait_until_readable,
)
from agentboard_agents.session import Outcome, Session
from agentboard_agents.turns_port import LimitReached
from agentboard_tasks.model import Prd, State, Task

__all__ = ["work"]

RECENT_COMMITS = 15


async def work(session: Session) -> Outcome:
    """Work through the PRD until every story passes or the limit is reached; a blocker waits for the PM."""
    prd = prd_of(session.equipment.ground)
    assert prd is not None  # the brief refuses to start without one
    stopped = await wait_for_turn(session, prd) or await wait_for_teams(session, prd)
    if stopped:
        return ended(stopped)
    loop = Loop(session, prd)
    try:
        while (outcome := await loop.go_on()) is None:
            pass
    except LimitReached as limit:  # what no check has passed is not committed
        return Outcome("limit", f"{limit}; {loop.progress}", marked=True)
    return outcome


def ended(reason: str = "") -> Outcome:
    """Return the outcome of a loop that a person looks at next."""
    return Outcome("review", reason, marked=True)


class Place(Struct, frozen=True):
    """Where the loop is in its PRD: the next iteration, or the knot that keeps all stories from it."""

    turn: Iteration | None
    knot: str
    passed: int
    stories: int
    left: int = 0

    @property
    def progress(self) -> str:
        """How far it is, in words."""
        return f"{self.passed} of {self.stories} stories pass"


class Loop:
    """One run of the loop: its iterations so far, and what people said."""

    def __init__(self, session: Session, prd: Prd) -> None:
        self._session = session
        self._prd = prd
        self._iterations = 0
        self._said = ""
        self._skipped: list[str] = []
        self.progress = "no story was begun"

    async def go_on(self) -> Outcome | None:
        """Do the next iteration; return the outcome when there is none, or people want no more."""
        file = self._prd.file
        if said_stop(await wait_until_readable(self._session, file)):
            return ended(f"stopped while {file} could not be read")
        place = await self._look()
        if place.knot:
            return await self._untied(place.knot)
        if place.turn is None:
            return ended(f"skipped: {', '.join(self._skipped)}" if self._skipped else "")
        limit = self._session.spec.limits.iterations
        if limit is not None and self._iterations >= limit:
            reached = f"the limit of {limit} iterations is reached; {place.progress}"
            return Outcome("limit", f"{reached}, story #{place.turn.story.key} is next", marked=True)
        return await self._iterate(place.turn, place)

    async def _look(self) -> Place:
        """Read the PRD, the history and the log afresh."""
        session, skipped = self._session, frozenset(self._skipped)
        history = await session.work.history(RECENT_COMMITS)

        def read() -> Any:
            now = without(read_prd(session, self._prd.file), skipped)
            return msgspec.to_builtins(place_of(session, now, history))

        return msgspec.convert(await session.step("next story", read), Place)

    async def _iterate(self, turn: Iteration, place: Place) -> Outcome | None:
        self._iterations += 1
        story = turn.story
        self.progress = f"{place.progress}, story #{story.key} is not finished"
        self._session.tell(
            "iteration_started",
            number=self._iterations,
            task=story.id,
            title=story.title,
            passed=place.passed,
            stories=place.stories,
        )
        answer = await one_story(self._session, self._prd, told(turn, self._said))
        if not answer and story.checkpoint and place.left > 1:
            answer = await pass_checkpoint(self._session, story)
        if said_skip(answer):
            await self._set_aside(story)
        return self._heed(answer, story)

    async def _set_aside(self, story: Task) -> None:
        """Take what is not committed of a story out of the work tree: the next one begins afresh."""
        kept = await self._session.work.set_aside()
        if kept:
            told = f"what was begun of story #{story.key} is set aside: git show {kept}"
            self._session.tell("problem_found", severity="info", message=told)

    async def _untied(self, tied: str) -> Outcome | None:
        question = (
            f"{self._prd.file}: no story can be next: {tied}. Put it right in the file, then say go on."
        )
        answer = await self._session.ask("blocker", question, ("go on", "stop"), to="pm")
        return self._heed(answer, None)

    def _heed(self, answer: str, story: Task | None) -> Outcome | None:
        """Take what a person says: it ends the loop, skips the story, or is told in the next iteration."""
        if said_stop(answer):
            return ended(f"stopped by a person{f' at story #{story.key}' if story else ''}")
        if story is not None and said_skip(answer):
            self._skipped.append(story.key)
            answer = ""
        self._said = answer
        return None


def place_of(session: Session, prd: Prd, history: str) -> Place:
    """Return where a loop is in a PRD as it is now."""
    ground = session.equipment.ground
    passed = sum(story.state is State.DONE for story in prd.stories)
    left = sum(story.state not in {State.DONE, State.SKIPPED} for story in prd.stories)
    story = next_story(prd, ground)
    if story is None:
        return Place(None, "" if ground.task else knot(prd), passed, len(prd.stories), left)
    log_file = progress_file(ground, prd)
    log, size = log_tail(session, log_file)
    opening = iteration(prd, story, history, log, log_file)
    states = {one.key: one.state is State.DONE for one in prd.stories}
    titles = {one.key: one.title for one in prd.stories}
    turn = Iteration(story, opening, history, states, size, titles, time.time())
    return Place(turn, "", passed, len(prd.stories), left)


def told(turn: Iteration, said: str) -> Iteration:
    """Return an iteration that opens with what a person said last."""
    more = f"\n\nA person answers your last question: {said}" if said else ""
    return msgspec.structs.replace(turn, opening=turn.opening + more)
