"""One iteration of a Ralph loop: a story worked on, checked, and finished or blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.control import Cancelled
from agentboard_agents.engine.guarded import StepFailed
from agentboard_agents.projection import Criterion
from agentboard_agents.protocols.ralph_blocker import ask_pm, now, pm_answers
from agentboard_agents.protocols.ralph_brief import progress_file
from agentboard_agents.protocols.ralph_evidence import marked, tests_in
from agentboard_agents.protocols.ralph_prd import (
    append_entry,
    finished_in,
    hold_claims,
    put_back_at_once,
    take_entries,
)
from agentboard_agents.protocols.ralph_report import Stuck, learnings_in, stuck_in
from agentboard_agents.protocols.ralph_waiting import wait_until_readable
from agentboard_agents.session import Session
from agentboard_agents.session_checks import Verdict
from agentboard_agents.turns_port import LimitReached, RunFault
from agentboard_tasks.files import FileFault
from agentboard_tasks.formats import progress
from agentboard_tasks.model import Prd, State, Task

__all__ = ["Iteration", "one_story"]

UNFINISHED = "the run ended before it was checked"
UNCHANGED = "nothing was changed for this story"
DO_IT = """\
Nothing in your work tree has changed, so nothing shows that this story is
done. Do it now. If it cannot be done, or is done already, end with a message that begins with BLOCKED: and
ask one question."""
MOST_TEST_FILE = 1_000_000


class Iteration(Struct, frozen=True):
    """One story and what the agent is told about it, with how things were before it began.

    `history` are the recent commits, `passes` what the PRD said of each story, `titles` what it calls them,
    `log_size` the bytes that the progress log had; `began` is in seconds since the epoch.
    """

    story: Task
    opening: str
    history: str
    passes: dict[str, bool]
    log_size: int
    titles: dict[str, str] = {}
    began: float = 0.0


class Attempt:
    """The work on one story in one iteration."""

    def __init__(self, session: Session, prd: Prd, turn: Iteration) -> None:
        self._session = session
        self._prd = prd
        self._turn = turn
        self._story = turn.story
        self._replies: list[str] = []
        self._tried: list[str] = []
        self._before = session.work.at

    @property
    def report(self) -> str:
        """Everything that the agent said at the end of a turn."""
        return "\n\n".join(self._replies)

    @property
    def stuck(self) -> Stuck | None:
        """Why the agent says that it cannot go on, if it does."""
        return stuck_in(self._replies[-1]) if self._replies else None

    async def say(self, text: str) -> None:
        """Tell the agent something, and keep its answer."""
        self._replies.append((await self._session.converse(text)).whole)

    async def work(self) -> str:
        """Do the story; return what the PM said when it could not be finished.

        However it ends before that, nothing that the agent itself has said of stories stays.
        """
        try:
            verdict, stuck = await self._tried_out()
        except Cancelled:
            turn = self._turn
            await asyncio.to_thread(put_back_at_once, self._session, self._prd.file, turn.passes, turn.began)
            raise
        except (LimitReached, RunFault, StepFailed):
            await self._claims(UNFINISHED, holds=False)
            raise
        if stuck is not None:
            return await self._blocked(stuck)
        await self._finish(verdict)
        return ""

    async def _tried_out(self) -> tuple[Verdict, Stuck | None]:
        """Let the agent work and correct itself; return what the checks said, and why it is not done."""
        await self.say(self._turn.opening)
        if self.stuck is not None:
            return Verdict(()), self.stuck
        verdict = await self._checked()
        done = await self._done(verdict)
        if not done and verdict.passed:
            verdict, done = await self._again()
        return verdict, None if done else self._failing(verdict)

    async def _again(self) -> tuple[Verdict, bool]:
        """Send an agent that changed nothing back, once."""
        self._session.tell("correction_attempt", attempt=1, of=1, reason=UNCHANGED)
        await self.say(DO_IT)
        verdict = await self._checked()
        return verdict, await self._done(verdict)

    async def _done(self, verdict: Verdict) -> bool:
        """Commit a story whose checks pass, and hold what the agent says against that."""
        await wait_until_readable(self._session, self._prd.file)
        done = verdict.passed and await self._committed(verdict)
        fact = "the checks pass" if done else UNCHANGED if verdict.passed else "the checks do not pass"
        await self._claims(fact, holds=done)
        return done

    async def _checked(self) -> Verdict:
        return await self._session.check(self._correct)

    async def _correct(self, feedback: str) -> None:
        self._tried.append(feedback.partition("\n\n")[2].partition("\n")[0])
        await self.say(feedback)

    async def _claims(self, fact: str, *, holds: bool) -> None:
        turn, session = self._turn, self._session
        await hold_claims(
            session, self._prd.file, self._story, turn.passes, fact, holds=holds, since=turn.began
        )
        log = progress_file(session.equipment.ground, self._prd)
        own = await take_entries(session, log, self._story, turn.titles, turn.log_size, fact, holds=holds)
        if own:
            self._replies.insert(0, "Learnings:\n" + "\n".join(f"- {one}" for one in own))

    async def _committed(self, verdict: Verdict) -> bool:
        """Commit; tell whether there is a commit of this story, now or from an earlier run."""
        tag, story = self._prd.team or self._session.definition.stem, self._story
        subject = f"[{tag}] Task #{story.key}: {story.title}"
        checks = "No checks are configured." if verdict.absent else "All checks passed."
        body = (
            f"Story {story.key} of {self._prd.feature}, written by {self._session.definition.name}. {checks}"
        )
        made = await self._session.commit(f"{subject}\n\n{body}")
        earlier = f" [{tag}] Task #{story.key}: " in self._turn.history
        return made is not None or (earlier and not self._session.place.round.number)

    def _failing(self, verdict: Verdict) -> Stuck:
        tried = tuple(f"corrected: {one}" for one in self._tried if one)
        if self.stuck is not None:
            return Stuck(self.stuck.question, (*self.stuck.tried, *tried))
        if verdict.passed:
            done = f"If it is done already, say so with `agentboard set {self._story.id} done` first."
            return Stuck(f"{UNCHANGED}. How shall I go on? {done}", ("I was told to do it again",))
        return Stuck(f"the checks do not pass: {verdict.reason}. How shall I go on?", tried)

    async def _blocked(self, stuck: Stuck) -> str:
        await wait_until_readable(self._session, self._prd.file)
        await self._claims("it is blocked", holds=False)
        for text in self._story.criteria:
            self._session.tell("criterion_marked", text=text, state="open", evidence="")
        tried = stuck.tried or tuple(learnings_in(self.report)[:3])
        return await pm_answers(self._session, self._prd, self._story, Stuck(stuck.question, tried))

    async def _finish(self, verdict: Verdict) -> None:
        """Mark a story whose checks pass, and write down what was learned."""
        session, story = self._session, self._story
        files = await session.work.changed(self._before)
        for found in await self._criteria(verdict, files):
            session.tell("criterion_marked", **msgspec.structs.asdict(found))
        await session.mark(story, State.DONE)
        entry = progress.entry(story.key, story.title, await now(session), learnings_in(self.report), files)
        await append_entry(session, progress_file(session.equipment.ground, self._prd), entry)

    async def _criteria(self, verdict: Verdict, files: Sequence[str]) -> list[Criterion]:
        """Return each acceptance criterion with its evidence."""

        def look() -> Any:
            tests = {name: path for path in files for name, path in self._tests_of(path).items()}
            found = [marked(one, self.report, verdict.results, files, tests) for one in self._story.criteria]
            return msgspec.to_builtins(found)

        return msgspec.convert(await self._session.step("criteria", look), list[Criterion])

    def _tests_of(self, path: str) -> dict[str, str]:
        if "test" not in path.lower() and "spec" not in path.lower():
            return {}
        try:
            data = self._session.work.files.read(path, cap=MOST_TEST_FILE).data
        except FileFault:
            return {}  # it was deleted, or is no file to read
        return tests_in(path, data.decode("utf-8", "replace"))


async def one_story(session: Session, prd: Prd, turn: Iteration) -> str:
    """Do one story in a fresh conversation; return what the PM said when it could not be finished."""
    session.extras = [ask_pm(session, prd, turn.story)]
    session.look_at(prd.file, lambda data: finished_in(data, prd.file))
    session.fresh(turn.story.key)
    return await Attempt(session, prd, turn).work()
