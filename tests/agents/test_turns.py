"""The turn loop: order, limits, retries in the open, and what a crash leaves."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from agentboard_agents.interruption import CUT_OFF, NOT_RUN
from agentboard_agents.projection import Tokens
from agentboard_agents.runtimes.port import Block, OnText, Turn, TurnFailed, TurnRequest
from agentboard_agents.session_ledger import Ledger
from agentboard_agents.session_tools import INTERRUPTED, Act, Action, Toolbox
from agentboard_agents.spec import Limits
from agentboard_agents.turns import Conversation, Setting
from agentboard_agents.turns_attempt import ATTEMPTS, wait_before
from agentboard_agents.turns_port import LimitReached, RunFault, ToolAnswer, Workplace
from agentboard_agents.turns_text import TextPulse
from tests.support.workplace import Crash, FakeControl, FakeStore, Memory, ScriptedRuntime, Word


def says(text: str, reason: str = "end_turn") -> Turn:
    return Turn([{"type": "text", "text": text}] if text else [], reason, Tokens(10, 2, 3, 4), "m")


def uses(*names: str) -> Turn:
    made: list[Block] = [
        {"type": "tool_use", "id": f"c{index}", "name": name, "input": {"path": name}}
        for index, name in enumerate(names)
    ]
    return Turn(made, "tool_use", Tokens(10, 2), "m")


def failed(kind: str = "overloaded", *, retryable: bool = True, after: float | None = None) -> TurnFailed:
    return TurnFailed(kind, f"{kind} it was", retryable=retryable, retry_after=after)


class Scene:
    """A conversation with a scripted model, two tools, and a memory that outlives a crash."""

    def __init__(self, *script: Turn | Exception, limits: Limits | None = None) -> None:
        self.store = FakeStore()
        self.control = FakeControl(self.store)
        self.memory = Memory()
        self.runtime: ScriptedRuntime = ScriptedRuntime(*script)
        self.limits = limits or Limits()
        self.used: list[str] = []
        self.denied: dict[str, str] = {}
        self.acts: dict[str, Act] = {}

    def conversation(self) -> Conversation:
        place = Workplace("r1", "backend", self.control, self.memory, self.limits)
        place.runtime = self.runtime
        actions = [
            Action(definition("Write"), self._act("Write")),
            Action(definition("Read"), self._act("Read"), repeatable=True),
            Action(definition("Ask"), self._act("Ask"), steps=True),
        ]
        box = Toolbox(place, Ledger(self.store, "r1", "Backend"), actions, self._permit)
        return Conversation(place, Setting("T1", "Be brief.", "m"), box)

    def _act(self, name: str) -> Any:
        async def act(given: dict[str, object]) -> ToolAnswer:
            if name in self.acts:
                return await self.acts[name](given)
            self.used.append(name)
            return ToolAnswer(True, f"{name} did {given['path']}", "ok")

        return act

    async def _permit(self, name: str, given: dict[str, object]) -> str | None:
        return self.denied.get(name)


def definition(name: str) -> Block:
    return {"name": name, "description": name, "input_schema": {"type": "object"}}


async def test_it_goes_on_until_the_model_calls_no_tool() -> None:
    scene = Scene(uses("Read"), uses("Write", "Read"), says("Done."))
    reply = await scene.conversation().say("Do T1")
    assert reply.text == "Done."
    assert scene.used == ["Read", "Write", "Read"]
    roles = [message["role"] for message in scene.runtime.requests[-1].messages]
    assert roles == ["user", "assistant", "user", "assistant", "user"]
    results = scene.runtime.requests[-1].messages[-1]["content"]
    assert [one["tool_use_id"] for one in results] == ["c0", "c1"]
    assert results[0]["content"] == "Write did Write"


async def test_a_safe_point_comes_before_every_model_call_and_after_the_last() -> None:
    scene = Scene(uses("Read"), failed(), says("Done."))
    await scene.conversation().say("Do T1")
    assert scene.control.points == [1, 2, 3, 4]
    assert len(scene.runtime.requests) == 3


async def test_a_pause_may_come_between_two_tools_of_one_turn() -> None:
    scene = Scene(uses("Read", "Write", "Read"), says("Done."))
    await scene.conversation().say("Do T1")
    assert scene.control.pauses == 2


async def test_events_tell_the_turns_and_the_tokens() -> None:
    scene = Scene(uses("Read"), says("Done."))
    await scene.conversation().say("Do T1")
    assert scene.store.kinds() == [
        "turn_started",
        "turn_finished",
        "tool_called",
        "tool_finished",
        "turn_started",
        "text",
        "turn_finished",
    ]
    finished = scene.store.data("turn_finished")[1]
    assert finished["tokens"] == {"input": 10, "output": 2, "cache_read": 3, "cache_write": 4}
    assert "cost_usd" not in finished, "the price of an unknown model is not known"


async def test_a_message_reaches_the_agent_at_the_next_safe_point() -> None:
    scene = Scene(uses("Read"), says("Done."))
    scene.control.words[2] = [Word("Use SQLite.", "lead")]
    await scene.conversation().say("Do T1")
    content = scene.runtime.requests[1].messages[-1]["content"]
    assert [block["type"] for block in content] == ["tool_result", "text"]
    assert content[1]["text"] == "Message from lead: Use SQLite."


async def test_a_message_that_comes_while_the_agent_finishes_is_not_left_lying() -> None:
    scene = Scene(says("Done."), says("Done with SQLite."))
    scene.control.words[2] = [Word("Use SQLite.", "lead")]
    reply = await scene.conversation().say("Do T1")
    assert reply.text == "Done with SQLite."
    assert scene.runtime.requests[1].messages[-1]["content"][0]["text"] == "Message from lead: Use SQLite."


async def test_with_no_turn_left_a_late_message_is_kept_for_the_next_run() -> None:
    scene = Scene(says("Done."), limits=Limits(turns=1))
    scene.control.words[2] = [Word("Use SQLite.", "lead")]
    assert (await scene.conversation().say("Do T1")).text == "Done."
    assert scene.control.points == [1]


class Endless(ScriptedRuntime):
    """A model that talks on until it is interrupted, once; then it does as scripted."""

    def __init__(self, scene: Scene, *script: Turn | Exception) -> None:
        super().__init__(*script)
        self.scene = scene
        self.cut_off = False

    async def turn(self, request: TurnRequest, on_text: OnText) -> Turn:
        if self.cut_off:
            return await super().turn(request, on_text)
        asyncio.get_running_loop().call_soon(self.scene.control.interrupted.set)
        try:
            await asyncio.Event().wait()
        finally:
            self.cut_off = True
        raise AssertionError


async def test_an_interrupted_model_call_is_cut_off_and_is_no_attempt() -> None:
    scene = Scene()
    scene.runtime = Endless(scene, *[failed()] * (ATTEMPTS - 1), says("As you wish."))
    scene.control.words[2] = [Word("Stop that.")]
    assert (await scene.conversation().say("Do T1")).text == "As you wish."
    assert scene.runtime.requests[0].messages[-1]["content"][-1]["text"] == "Message from human: Stop that."
    assert scene.store.kinds()[:2] == ["turn_started", "turn_interrupted"]
    assert len(scene.control.held) == ATTEMPTS - 1


async def test_an_interrupted_tool_is_cut_off_and_those_after_it_do_not_run() -> None:
    scene = Scene(uses("Write", "Read", "Write"), says("As you wish."))
    begun: list[str] = []

    async def hang(given: dict[str, object]) -> ToolAnswer:
        begun.append("Write")
        asyncio.get_running_loop().call_soon(scene.control.interrupted.set)
        await asyncio.Event().wait()
        raise AssertionError

    scene.acts["Write"] = hang
    scene.control.words[2] = [Word("Stop that.")]
    await scene.conversation().say("Do T1")
    assert begun == ["Write"]
    assert scene.used == []
    content = scene.runtime.requests[1].messages[-1]["content"]
    assert [block.get("content", block.get("text")) for block in content] == [
        CUT_OFF,
        NOT_RUN,
        NOT_RUN,
        "Message from human: Stop that.",
    ]
    assert [one["ok"] for one in scene.store.data("tool_finished")] == [False] * 3


async def test_retries_are_visible_and_end() -> None:
    scene = Scene(failed("rate_limit", after=7), failed(), says("Done."))
    await scene.conversation().say("Do T1")
    assert [
        f"attempt {number} of {ATTEMPTS}" in held[0] for number, held in enumerate(scene.control.held, 1)
    ] == [
        True,
        True,
    ]
    assert 7 <= scene.control.held[0][1] <= 8
    hopeless = Scene(*[failed() for _ in range(ATTEMPTS)])
    with pytest.raises(RunFault, match="overloaded it was"):
        await hopeless.conversation().say("Do T1")
    assert len(hopeless.runtime.requests) == ATTEMPTS
    assert len(hopeless.control.held) == ATTEMPTS - 1


async def test_a_fault_that_stays_is_not_retried() -> None:
    scene = Scene(failed("credentials", retryable=False))
    with pytest.raises(RunFault, match="credentials"):
        await scene.conversation().say("Do T1")
    assert len(scene.runtime.requests) == 1


def test_waits_are_jittered_and_bounded() -> None:
    waits = {wait_before(attempt, None) for attempt in (1, 2, 3, 4, 5, 40) for _ in range(50)}
    assert len(waits) > 250
    assert all(0 <= wait <= 60 for wait in waits)


async def test_the_turn_limit() -> None:
    scene = Scene(uses("Read"), uses("Read"), uses("Read"), limits=Limits(turns=2))
    with pytest.raises(LimitReached, match="2 turns"):
        await scene.conversation().say("Do T1")
    assert len(scene.runtime.requests) == 2


async def test_stop_reasons() -> None:
    cut = Scene(says("One", "max_tokens"), says("two."))
    assert (await cut.conversation().say("Do T1")).text == "two."
    assert "cut at the token limit" in cut.runtime.requests[1].messages[-1]["content"][0]["text"]
    paused = Scene(says("Searching", "pause_turn"), says("Found."))
    assert (await paused.conversation().say("Do T1")).text == "Found."
    assert paused.runtime.requests[1].messages[-1]["role"] == "assistant"
    with pytest.raises(RunFault, match="declined"):
        await Scene(says("I would rather not", "refusal")).conversation().say("Do T1")
    with pytest.raises(RunFault, match="context window"):
        await Scene(says("", "model_context_window_exceeded")).conversation().say("Do T1")
    assert (await Scene(says("")).conversation().say("Do T1")).text == ""


async def test_a_conversation_has_no_two_user_messages_in_a_row() -> None:
    scene = Scene(says(""), says("Yes."))
    conversation = scene.conversation()
    await conversation.say("One")
    await conversation.say("Two")
    assert [block["text"] for block in conversation.messages[0]["content"]] == ["One", "Two"]


@pytest.mark.parametrize("point", ["turn 1", "tool t1.0", "turn 2", "tool t2.0", "turn 3"])
async def test_after_a_crash_no_tool_runs_twice_and_the_work_goes_on(point: str) -> None:
    def script() -> list[Turn]:
        return [uses("Write"), uses("Read"), says("Done.")]

    scene = Scene(*script())
    scene.memory.crash_after = point
    with pytest.raises(Crash):
        await scene.conversation().say("Do T1")
    done = sum(1 for name in scene.memory.values if "turn" in name)
    scene.runtime.script[:] = script()[done:]
    assert (await scene.conversation().say("Do T1")).text == "Done."
    assert scene.used.count("Write") == 1
    assert scene.store.kinds().count("tool_called") == 2
    assert scene.store.kinds().count("tool_finished") == 2


async def test_a_tool_whose_end_was_not_recorded_is_reported_as_interrupted() -> None:
    scene = Scene(uses("Write", "Read"), says("I look."))
    scene.store.append([])
    Ledger(scene.store, "r1", "Backend").called("t1.0", "Write", {"path": "Write"})
    Ledger(scene.store, "r1", "Backend").called("t1.1", "Read", {"path": "Read"})
    await scene.conversation().say("Do T1")
    assert scene.used == ["Read"], "only what reads runs again"
    results = scene.runtime.requests[1].messages[-1]["content"]
    assert results[0]["content"] == INTERRUPTED
    assert results[0]["is_error"]


async def test_unknown_and_denied_tools_are_results_not_faults() -> None:
    scene = Scene(uses("Teleport", "Write"), says("Oh."))
    scene.denied["Write"] = "denied: not today"
    await scene.conversation().say("Do T1")
    results = scene.runtime.requests[1].messages[-1]["content"]
    assert "no tool 'Teleport'" in results[0]["content"]
    assert results[1]["content"] == "denied: not today"
    assert scene.used == []


async def test_text_is_coalesced() -> None:
    heard: list[str] = []
    async with TextPulse(heard.append, period=0.02) as pulse:
        for number in range(200):
            pulse.add(f"{number} ")
            await asyncio.sleep(0)
    assert "".join(heard) == "".join(f"{number} " for number in range(200))
    assert len(heard) < 20


async def test_a_fault_of_the_store_comes_out_of_the_pulse() -> None:
    def full(_: str) -> None:
        raise OSError("disk full")

    async def talk() -> None:
        async with TextPulse(full) as pulse:
            pulse.add("a")
            await asyncio.sleep(0.01)

    with pytest.raises(OSError, match="disk full"):
        await talk()


async def test_bytes_that_are_no_text_reach_the_model_as_unicode() -> None:
    scene = Scene(uses("Read"), says("Done."))

    async def odd(_given: dict[str, object]) -> ToolAnswer:
        return ToolAnswer(True, "caf\udce9", "ok")

    scene.acts["Read"] = odd
    await scene.conversation().say("Do caf\udce9")
    sent = msgspec.json.encode(scene.runtime.requests[-1]).decode()
    assert sent.count("caf\ufffd") == 2
