"""Runs under control, on the engine of the tests: pause, questions, escalation, messages, cancel, crashes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from agentboard_agents.client import Client
from agentboard_agents.commands import Command
from agentboard_agents.desk import Desk
from agentboard_agents.engine.conduct import WorkOn
from agentboard_agents.engine.guarded import StepFailed
from agentboard_agents.engine.memory import Memory, MemoryEngine
from agentboard_agents.engine.port import Json, Steps, Workflow
from agentboard_agents.project import Project
from agentboard_agents.run import RunState
from agentboard_agents.store import Store, StoreFault
from agentboard_agents.worker import Worker
from tests.agents.engine_parts import project_in, run_of, spec

S = RunState
LIMIT = 5.0


class Office:
    """A project with a worker that can crash and be replaced, and a client in front of it."""

    def __init__(self, directory: Path) -> None:
        self.project = project_in(directory)
        self.store = Store.open(self.project)
        self.client = Client(self.project, self.store, start=lambda project: None)
        self.memory: Memory = {}
        self.calls: list[str] = []

    @asynccontextmanager
    async def worker(self, work_on: WorkOn) -> AsyncGenerator[Worker]:
        """A worker for a while; leaving it is a crash that the memory of the engine survives."""
        store = Store.open(self.project)
        worker = Worker(self.project, store, work_on, self.make, 60)
        serving = asyncio.create_task(worker.serve())
        try:
            yield worker
            if serving.done():
                serving.result()
        finally:
            worker.stop()
            await asyncio.gather(serving, return_exceptions=True)
            store.close()

    def make(self, project: Project, workflow: Workflow) -> MemoryEngine:
        return MemoryEngine(workflow, self.memory)

    def dispatch(self, run: str = "r1", **changes: str) -> str:
        return self.client.dispatch_spec(spec(run, **changes))

    def send(self, kind: str, run: str | None = "r1", **data: object) -> Command:
        return self.client.send(kind, run, client_id=None, **data)

    async def settled(self, command: Command) -> Command:
        await self.until(lambda: (found := self.store.command(command.id)) and found.settled, command.kind)
        found = self.store.command(command.id)
        assert found is not None
        return found

    async def ask(self, kind: str, run: str | None = "r1", **data: object) -> Command:
        return await self.settled(self.send(kind, run, **data))

    async def worker_looked(self) -> None:
        """The worker has done what it had to do: it has answered a command twice since."""
        for _ in range(2):
            await self.ask("message", None, agent="nobody", text="are you there?")

    async def state(self, state: RunState, run: str = "r1") -> None:
        await self.until(lambda: (found := self.store.run(run)) and found.state is state, f"{run} {state}")

    async def until(self, condition: Callable[[], object], what: str) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + LIMIT
        while not condition():
            if loop.time() > end:
                states = {run.id: str(run.state) for run in self.store.runs()}
                raise AssertionError(f"not within {LIMIT} s: {what}; runs {states}; calls {self.calls}")
            await asyncio.sleep(0.002)

    def call(self, name: str) -> Callable[[], Awaitable[Json]]:
        async def act() -> Json:
            self.calls.append(name)
            return name

        return act


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def review(desk: Desk, run: str) -> None:
    desk.control(run).emit_once("review", "review_ready")


def start(desk: Desk, run: str) -> None:
    desk.control(run).emit_once("start", "run_started")


def gated(office: Office, gate: asyncio.Event) -> WorkOn:
    """One step, then a wait for the test's gate in a second step, then a third."""

    async def wait() -> Json:
        office.calls.append("waiting")
        await gate.wait()
        return None

    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        control = desk.control(run)
        await control.safe_point(0)
        await steps.step("wait", wait)
        for message in await control.safe_point(1):
            office.calls.append(f"{message.sender}: {message.text}")
        await steps.step("after", office.call("after"))
        review(desk, run)

    return work_on


async def test_a_pause_takes_effect_at_the_safe_point_and_nothing_is_called_until_resume(
    office: Office,
) -> None:
    gate = asyncio.Event()
    office.dispatch()
    async with office.worker(gated(office, gate)):
        await office.until(lambda: office.calls, "the step")
        pause = office.send("pause")
        await office.state(S.PAUSING)
        assert not office.client.wait(pause, 0).settled
        gate.set()
        assert (await office.settled(pause)).state == "done"
        assert run_of(office.store).state is S.PAUSED
        await office.worker_looked()
        assert office.calls == ["waiting"]
        assert (await office.ask("resume")).reply == "resumed"
        await office.state(S.REVIEW)
    assert office.calls == ["waiting", "after"]


async def test_a_run_resumed_before_it_paused_goes_on_and_the_pause_says_so(office: Office) -> None:
    gate = asyncio.Event()
    office.dispatch()
    async with office.worker(gated(office, gate)):
        await office.until(lambda: office.calls, "the step")
        pause = office.send("pause")
        await office.state(S.PAUSING)
        await office.ask("resume")
        assert (await office.settled(pause)).reply == "run r1 was resumed before it paused"
        gate.set()
        await office.state(S.REVIEW)


async def test_a_queued_run_is_paused_without_being_started(office: Office) -> None:
    office.dispatch()
    pause = office.send("pause")
    gate = asyncio.Event()
    gate.set()
    async with office.worker(gated(office, gate)):
        assert (await office.settled(pause)).reply == "paused"
        assert (run_of(office.store).state, run_of(office.store).resumes_to) == (S.PAUSED, S.QUEUED)
        await office.worker_looked()
        assert office.calls == []
        await office.ask("resume")
        await office.state(S.REVIEW)


def asking(office: Office) -> WorkOn:
    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        control = desk.control(run)
        answer = await control.ask(
            f"{run}-q1", "permission", "rm -r build", ["approve", "deny"], unblocks=["t2"]
        )
        await steps.step("act", office.call(f"act on {answer}"))
        review(desk, run)

    return work_on


async def test_a_question_waits_in_the_inbox_and_its_answer_comes_back(office: Office) -> None:
    office.dispatch()
    async with office.worker(asking(office)):
        await office.state(S.WAITING)
        (item,) = office.store.inbox()
        assert (item.kind, item.options, item.unblocks) == ("permission", ("approve", "deny"), ("t2",))
        assert (
            await office.ask("answer", None, item=item.id, text="deny", reason="too much")
        ).state == "done"
        await office.state(S.REVIEW)
        again = await office.ask("answer", None, item=item.id, text="approve")
        assert (again.state, again.reply) == ("refused", "r1-q1 is closed already: deny: too much")
    assert office.calls == ["act on deny: too much"]


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        ({"text": "approve", "choice": "approve"}, "approve"),
        ({"text": "deny", "choice": "deny"}, "deny"),
        ({"text": "too much", "choice": "deny"}, "deny: too much"),
        ({"text": "deny", "choice": "deny", "reason": "too much"}, "deny: too much"),
        ({"text": "use postgres"}, "use postgres"),
    ],
)
async def test_an_answer_reaches_the_agent_as_choice_and_reason(
    office: Office, data: dict[str, str], answer: str
) -> None:
    office.dispatch()
    async with office.worker(asking(office)):
        await office.state(S.WAITING)
        await office.ask("answer", item="r1-q1", **data)
        await office.state(S.REVIEW)
    assert office.calls == [f"act on {answer}"]


async def test_a_pause_while_waiting_is_acknowledged_at_once_and_resume_waits_again(office: Office) -> None:
    office.dispatch()
    async with office.worker(asking(office)):
        await office.state(S.WAITING)
        assert (await office.ask("pause")).reply == "paused"
        await office.ask("resume")
        assert run_of(office.store).state is S.WAITING
        assert len(office.store.inbox()) == 1


async def test_an_answer_to_a_paused_run_is_kept_until_it_is_resumed(office: Office) -> None:
    office.dispatch()
    async with office.worker(asking(office)):
        await office.state(S.WAITING)
        await office.ask("pause")
        await office.ask("answer", None, item="r1-q1", text="approve")
        await office.worker_looked()
        assert (run_of(office.store).state, office.calls) == (S.PAUSED, [])
        await office.ask("resume")
        await office.state(S.REVIEW)
    assert office.calls == ["act on approve"]


async def test_a_question_survives_the_worker_and_is_asked_once(office: Office) -> None:
    office.dispatch()
    async with office.worker(asking(office)):
        await office.state(S.WAITING)
    answer = office.send("answer", None, item="r1-q1", text="approve")
    async with office.worker(asking(office)):
        await office.settled(answer)
        await office.state(S.REVIEW)
    assert [event.kind for event in office.store.events()].count("permission_asked") == 1


async def test_a_hold_is_visible_pausable_and_happens_once(office: Office) -> None:
    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        await desk.control(run).hold("429 from the provider", 0.6)
        await steps.step("after", office.call("after"))
        await desk.control(run).ask("q", "question", "?")
        review(desk, run)

    office.dispatch()
    async with office.worker(work_on):
        await office.state(S.HOLDING)
        assert run_of(office.store).holds_until is not None
        assert (await office.ask("pause")).reply == "paused"
        await office.until(
            lambda: run_of(office.store).beneath is S.WORKING, "the hold ends beneath the pause"
        )
        assert office.calls == []
        await office.ask("resume")
        await office.state(S.WAITING)
    async with office.worker(work_on):
        await office.ask("answer", None, item="q", text="go")
        await office.state(S.REVIEW)
    kinds = [event.kind for event in office.store.events()]
    assert (kinds.count("rate_limited"), kinds.count("hold_ended"), office.calls) == (1, 1, ["after"])


async def test_cancel_cuts_off_the_step_in_flight(office: Office) -> None:
    cleaned = asyncio.Event()

    async def forever() -> Json:
        office.calls.append("forever")
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()
        return None

    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        await steps.step("forever", forever)
        raise AssertionError("the step cannot end")

    office.dispatch()
    async with office.worker(work_on):
        await office.until(lambda: office.calls, "the step")
        assert (await office.ask("cancel", reason="wrong task")).state == "done"
        assert run_of(office.store).state is S.CANCELLED
        assert cleaned.is_set()
        refused = await office.ask("cancel")
        assert (refused.state, refused.reply) == ("done", "cancelled")


@pytest.mark.parametrize("at", [S.WAITING, S.PAUSED])
async def test_cancel_ends_a_run_that_waits_or_is_paused(office: Office, at: RunState) -> None:
    office.dispatch()
    async with office.worker(asking(office)):
        await office.state(S.WAITING)
        if at is S.PAUSED:
            await office.ask("pause")
        await office.ask("cancel")
        assert run_of(office.store).state is S.CANCELLED
    assert office.calls == []
    assert office.store.inbox() == []


async def test_a_run_without_a_worker_at_it_is_cancelled_at_once(office: Office) -> None:
    office.dispatch()
    cancel = office.send("cancel")
    async with office.worker(asking(office)):
        assert (await office.settled(cancel)).state == "done"
        assert run_of(office.store).state is S.CANCELLED


async def test_an_escalation_stops_at_the_safe_point_and_its_answer_reaches_the_agent(office: Office) -> None:
    gate = asyncio.Event()
    office.dispatch()
    async with office.worker(gated(office, gate)):
        await office.until(lambda: office.calls, "the step")
        escalate = office.send("escalate", to="lead", reason="which database?")
        await office.until(lambda: run_of(office.store).escalation, "the request")
        gate.set()
        assert (await office.settled(escalate)).reply == "escalated"
        (item,) = office.store.inbox()
        assert (item.kind, item.to, item.text) == ("escalation", "lead", "which database?")
        assert run_of(office.store).state is S.WAITING
    async with office.worker(gated(office, gate)):
        await office.ask("answer", None, item=item.id, text="postgres")
        await office.state(S.REVIEW)
    assert office.calls == ["waiting", "lead: postgres", "after"]
    assert [message.state for message in office.store.messages()] == ["delivered"]


async def test_a_message_is_delivered_at_the_safe_point_and_again_in_a_replay(office: Office) -> None:
    gate = asyncio.Event()
    office.dispatch()
    async with office.worker(gated(office, gate)):
        await office.until(lambda: office.calls, "the step")
        sent = await office.ask("message", text="use argon2", sender="lead")
        assert [message.state for message in office.store.messages()] == ["queued"]
        gate.set()
        await office.state(S.REVIEW)
    assert office.calls == ["waiting", "lead: use argon2", "after"]
    (message,) = office.store.messages()
    assert (message.id, message.state, message.delivered_to) == (sent.reply, "delivered", "r1")
    point = office.store.once("r1", "~point:1")
    assert point is not None
    assert point.data["delivered"] == [message.id]


async def test_messages_to_an_agent_go_to_its_newest_run_or_are_kept_for_the_next(office: Office) -> None:
    delivered: list[str] = []

    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        await desk.control(run).ask(f"{run}-q", "question", "?")
        delivered.extend(f"{run} {message.text}" for message in await desk.control(run).safe_point(0))
        review(desk, run)

    async with office.worker(work_on):
        await office.ask("message", None, agent="Backend Engineer", text="kept")
        office.dispatch("r1")
        await office.state(S.WAITING, "r1")
        office.dispatch("r2")
        await office.state(S.WAITING, "r2")
        await office.ask("answer", None, item="r1-q", text="go")
        await office.state(S.REVIEW, "r1")
        assert delivered == []
        await office.ask("answer", None, item="r2-q", text="go")
        await office.state(S.REVIEW, "r2")
    assert delivered == ["r2 kept"]


async def test_pause_all_pauses_every_run_and_a_later_resume_holds(office: Office) -> None:
    office.dispatch("r1")
    office.dispatch("r2")
    async with office.worker(asking(office)):
        await office.state(S.WAITING, "r1")
        await office.state(S.WAITING, "r2")
        assert (await office.ask("pause_all", None)).reply == "all paused"
        assert {run.state for run in office.store.runs()} == {S.PAUSED}
        await office.ask("resume", "r2")
        assert run_of(office.store, "r2").state is S.WAITING


async def test_a_retry_is_a_new_run_of_the_same_task(office: Office) -> None:
    office.dispatch()
    async with office.worker(asking(office)):
        await office.state(S.WAITING)
        assert (await office.ask("retry")).reply == "run r1 is waiting: cancel it before you retry it"
        await office.ask("cancel")
        new = (await office.ask("retry")).reply
        await office.state(S.WAITING, new)
    before, after = run_of(office.store).spec, run_of(office.store, new).spec
    assert after == msgspec.structs.replace(before, run=new, retry_of="r1")


@pytest.mark.parametrize(
    ("kind", "run", "data", "reply"),
    [
        ("pause", "r9", {}, "there is no run r9"),
        ("pause", "r1", {}, "run r1 is cancelled: it cannot be paused"),
        ("resume", "r1", {}, "run r1 is cancelled: it is not paused"),
        ("escalate", "r1", {}, "run r1 is cancelled: it cannot be escalated"),
        ("message", "r1", {"text": "hi"}, "run r1 is cancelled: it reads no more messages"),
        ("message", None, {"text": "hi"}, "a message needs a text and a run or an agent"),
        ("answer", None, {"item": "nix", "text": "x"}, "there is no inbox item 'nix'"),
        ("reject", "r1", {"final": True}, "run r1 is cancelled: only a run in review can be rejected"),
        ("dance", None, {}, "this worker knows no command 'dance'"),
    ],
)
async def test_a_refusal_says_why_in_one_line(
    office: Office, kind: str, run: str | None, data: dict[str, object], reply: str
) -> None:
    office.dispatch()
    office.send("cancel")
    async with office.worker(asking(office)):
        await office.state(S.CANCELLED)
        refused = await office.ask(kind, run, **data)
    assert (refused.state, refused.reply) == ("refused", reply)


async def test_an_error_of_the_work_fails_that_run_alone(office: Office) -> None:
    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        if run == "r1":
            raise ValueError("bad luck")
        review(desk, run)

    office.dispatch("r1")
    office.dispatch("r2")
    async with office.worker(work_on):
        await office.state(S.FAILED, "r1")
        await office.state(S.REVIEW, "r2")
    assert run_of(office.store).reason == "ValueError: bad luck"


async def test_work_that_ends_without_a_result_is_a_failure(office: Office) -> None:
    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)

    office.dispatch()
    async with office.worker(work_on):
        await office.state(S.FAILED)


async def test_an_error_of_a_step_is_remembered_and_the_step_not_done_again(office: Office) -> None:
    async def fails() -> Json:
        office.calls.append("fails")
        raise ValueError("no")

    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        with pytest.raises(StepFailed, match="ValueError: no"):
            await steps.step("fails", fails)
        await desk.control(run).ask("q", "question", "?")
        review(desk, run)

    office.dispatch()
    async with office.worker(work_on):
        await office.state(S.WAITING)
    async with office.worker(work_on):
        await office.ask("answer", None, item="q", text="go")
        await office.state(S.REVIEW)
    assert office.calls == ["fails"]


async def test_a_step_cut_off_by_a_crash_is_not_begun_again_while_the_run_is_paused(office: Office) -> None:
    gate = asyncio.Event()
    office.dispatch()
    async with office.worker(gated(office, gate)):
        await office.until(lambda: office.calls, "the step")
    pause = office.send("pause")
    gate.set()
    async with office.worker(gated(office, gate)):
        await office.settled(pause)
        before = list(office.calls)
        await office.state(S.PAUSED)
        await office.worker_looked()
        assert office.calls == before
        await office.ask("resume")
        await office.state(S.REVIEW)
    assert office.calls[-1] == "after"


@pytest.mark.parametrize("where", ["work", "step"])
async def test_a_failing_store_ends_the_worker_and_not_the_run(office: Office, where: str) -> None:
    broken = True

    async def act() -> Json:
        if broken and where == "step":
            raise StoreFault("store.db", "database or disk is full")
        return None

    async def work_on(desk: Desk, run: str, steps: Steps) -> None:
        start(desk, run)
        await steps.step("act", act)
        if broken and where == "work":
            raise StoreFault("store.db", "database or disk is full")
        review(desk, run)

    office.dispatch()
    store = Store.open(office.project)
    with pytest.raises(StoreFault, match="full"):
        await asyncio.wait_for(Worker(office.project, store, work_on, office.make, 60).serve(), LIMIT)
    store.close()
    assert run_of(office.store).state is S.STARTING
    broken = False
    async with office.worker(work_on):
        await office.state(S.REVIEW)
