"""A faulty model API: at every event of a reply, every fault; no tool runs from a reply that is not whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

import msgspec
import pytest

from agentboard_agents.runtimes.anthropic import AnthropicRuntime, Patience, open_client
from agentboard_agents.runtimes.sse import reply_events
from agentboard_agents.session_ledger import Ledger
from agentboard_agents.session_tools import Action, Toolbox
from agentboard_agents.spec import Limits
from agentboard_agents.turns import Conversation, Setting
from agentboard_agents.turns_attempt import ATTEMPTS
from agentboard_agents.turns_port import RunFault, ToolAnswer, Workplace
from tests.support.modelserver import (
    ModelServer,
    Reaction,
    Said,
    calls,
    error_in_stream,
    garbage,
    say,
    status,
)
from tests.support.workplace import FakeControl, FakeStore, Memory

REPLY = calls(("Write", {"path": "a.py", "content": "x"}), ("Write", {"path": "b.py"}), text="I write two.")
EVENTS = len(list(reply_events(REPLY.blocks, stop_reason="tool_use", model="m")))
QUICK = Patience(connect=2.0, silence=0.15, whole=1.0)
PATIENT = Patience(connect=20.0, silence=20.0, whole=30.0)
STATUSES = (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529)


def cut(reply: Said, index: int) -> Said:
    return msgspec.structs.replace(reply, cut_after=index)


def stalled(reply: Said, index: int) -> Said:
    return msgspec.structs.replace(reply, stall=5.0, stall_after=index)


def garbled(reply: Said, index: int) -> Said:
    return msgspec.structs.replace(reply, garbage_at=index)


FAULTS: dict[str, Callable[[Said, int], Said]] = {"cut": cut, "stall": stalled, "garbage": garbled}


class HasAddress(Protocol):
    """A server, and the calls that came to it."""

    @property
    def url(self) -> str: ...

    @property
    def requests(self) -> Sequence[Any]: ...


class Desk:
    """A conversation over real HTTP that counts what its one tool does."""

    def __init__(self, server: HasAddress, patience: Patience = QUICK) -> None:
        self.server = server
        self.store = FakeStore()
        self.control = FakeControl(self.store)
        self.written: list[str] = []
        place = Workplace("r1", "backend", self.control, Memory(), Limits())
        place.runtime = AnthropicRuntime(
            open_client("a-test-key", server.url, patience, trust_env=False), patience=patience
        )
        self.runtime = place.runtime
        write = Action({"name": "Write", "description": "", "input_schema": {"type": "object"}}, self.act)
        box = Toolbox(place, Ledger(self.store, "r1", "Backend"), [write], self.permit)
        self.conversation = Conversation(place, Setting("T1", "Be brief.", "m"), box)

    async def act(self, given: dict[str, object]) -> ToolAnswer:
        self.written.append(str(given["path"]))
        return ToolAnswer(True, "written")

    async def permit(self, name: str, given: dict[str, object]) -> str | None:
        return None


@asynccontextmanager
async def desk(*replies: Reaction, patience: Patience = QUICK) -> AsyncGenerator[Desk]:
    with ModelServer(*replies) as server:
        one = Desk(server, patience)
        try:
            yield one
        finally:
            await one.runtime.close()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("index", range(EVENTS))
async def test_a_fault_at_any_event_runs_no_tool_and_the_next_attempt_does(fault: str, index: int) -> None:
    async with desk(FAULTS[fault](REPLY, index), REPLY, say("Done.")) as one:
        reply = await one.conversation.say("Do T1")
        assert reply.text == "Done."
        assert one.written == ["a.py", "b.py"], "each tool ran once, from the whole reply"
        assert len(one.control.held) == 1, "the hold was visible"
        assert f"attempt 1 of {ATTEMPTS}" in one.control.held[0][0]
        assert one.store.kinds().index("tool_called") > one.store.kinds().index("turn_finished")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("index", [0, 3, EVENTS - 1])
async def test_a_fault_that_stays_ends_in_a_typed_state_after_five_attempts(fault: str, index: int) -> None:
    async with desk(*[FAULTS[fault](REPLY, index)] * 9) as one:
        with pytest.raises(RunFault, match=f"{ATTEMPTS} attempts"):
            await one.conversation.say("Do T1")
        assert one.written == []
        assert len(one.server.requests) == ATTEMPTS
        assert len(one.control.held) == ATTEMPTS - 1


@pytest.mark.parametrize("code", STATUSES)
async def test_every_status_ends_typed_and_runs_nothing(code: int) -> None:
    async with desk(*[status(code)] * 9) as one:
        with pytest.raises(RunFault, match=str(code)):
            await one.conversation.say("Do T1")
        assert one.written == []
        assert len(one.server.requests) in {1, ATTEMPTS}


def fault_of(dice: random.Random) -> Reaction:
    return dice.choice((any_status, no_stream, told, broken))(dice)


def any_status(dice: random.Random) -> Reaction:
    return status(dice.choice((429, 500, 529)), retry_after="0")


def no_stream(_: random.Random) -> Reaction:
    return garbage()


def told(_: random.Random) -> Reaction:
    return error_in_stream()


def broken(dice: random.Random) -> Reaction:
    return FAULTS[dice.choice(("cut", "garbage"))](REPLY, dice.randrange(EVENTS))


async def schedule(number: int) -> None:
    """Play one random order of faults and replies; the tools of a whole reply run once."""
    dice = random.Random(number)
    faulty = [fault_of(dice) for _ in range(dice.randrange(7))]
    async with desk(*faulty, REPLY, say("Done."), patience=PATIENT) as one:
        hopeless = len(faulty) >= ATTEMPTS
        try:
            await one.conversation.say("Do T1")
        except RunFault:
            assert hopeless, f"schedule {number}"
            assert one.written == [], f"schedule {number}"
            assert len(one.server.requests) == ATTEMPTS, f"schedule {number}"
        else:
            assert not hopeless, f"schedule {number}"
            assert one.written == ["a.py", "b.py"], f"schedule {number}"
            assert len(one.control.held) == len(faulty), f"schedule {number}"


async def test_random_schedules() -> None:
    await asyncio.gather(*(schedule(number) for number in range(30)))


@pytest.mark.soak
async def test_many_random_schedules() -> None:
    for first in range(0, 300, 30):
        await asyncio.gather(*(schedule(number) for number in range(first, first + 30)))


async def test_the_check_sees_a_client_that_believes_a_cut_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    from agentboard_agents.runtimes.assembly import Assembly

    def trusting(self: Assembly, asked: str) -> object:
        inside = vars(self)
        inside["complete"], inside["_stop_reason"] = True, inside["_stop_reason"] or "tool_use"
        for part in inside["_parts"].values():
            part.closed = True
        return original(self, asked)

    original = Assembly.turn
    monkeypatch.setattr(Assembly, "turn", trusting)
    monkeypatch.setattr("agentboard_agents.runtimes.anthropic.faults_contained", lenient)
    async with desk(ended_early(REPLY), say("Done.")) as one:
        await one.conversation.say("Do T1")
        assert one.written != [], "a client without the rule runs tools of half a reply"


def ended_early(reply: Said) -> Reaction:
    """The events up to the end of the first call, and a clean end of the connection."""
    from agentboard_agents.runtimes.sse import event_bytes
    from tests.support.modelserver import Fault

    events = list(reply_events(reply.blocks, stop_reason="tool_use", model="m"))
    stop = [index for index, event in enumerate(events) if event["type"] == "content_block_stop"][1]
    body = b"".join(event_bytes(event) for event in events[: stop + 1])
    return Fault(200, body, content_type="text/event-stream")


@asynccontextmanager
async def lenient(deadline: float) -> AsyncGenerator[None]:
    async with asyncio.timeout(deadline):
        yield


async def test_a_clean_but_early_end_is_no_reply() -> None:
    async with desk(ended_early(REPLY), REPLY, say("Done.")) as one:
        await one.conversation.say("Do T1")
        assert one.written == ["a.py", "b.py"]
        assert len(one.control.held) == 1
