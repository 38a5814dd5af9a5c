"""What people say to runs: escalation, messages, retries, and refusals that say why."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from agentboard_agents.desk import Desk
from agentboard_agents.engine.port import Steps
from agentboard_agents.run import RunState
from tests.agents.engine_parts import run_of
from tests.agents.office import Office, asking, gated, review, start

S = RunState


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


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
