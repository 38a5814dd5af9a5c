"""Runs under control, on the engine of the tests: pause, questions, holds, cancel, crashes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agentboard_agents.desk import Desk
from agentboard_agents.engine.guarded import StepFailed
from agentboard_agents.engine.port import Json, Steps
from agentboard_agents.run import RunState
from agentboard_agents.store import Store, StoreFault
from agentboard_agents.worker import Worker
from tests.agents.engine_parts import run_of
from tests.agents.office import LIMIT, Office, asking, gated, review, start

S = RunState


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


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
