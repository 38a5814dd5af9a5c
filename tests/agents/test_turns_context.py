"""A conversation that outgrows the context: old outputs leave it visibly, and the run goes on."""

from __future__ import annotations

import pytest

from agentboard_agents.projection import Tokens
from agentboard_agents.runtimes.port import Block, Turn, TurnFailed, TurnRequest
from agentboard_agents.session_ledger import Ledger
from agentboard_agents.session_tools import Action, Toolbox
from agentboard_agents.spec import Limits
from agentboard_agents.turns import Conversation, Setting
from agentboard_agents.turns_context import GONE, WINDOW, without_old_results
from agentboard_agents.turns_port import RunFault, ToolAnswer, Workplace
from tests.support.workplace import FakeControl, FakeStore, Memory, ScriptedRuntime


class Counting(ScriptedRuntime):
    """A model that counts as the API does, here three and a half characters for a token."""

    def __init__(self, *script: Turn | Exception) -> None:
        super().__init__(*script)
        self.counts = 0

    async def count_tokens(self, request: TurnRequest) -> int:
        self.counts += 1
        return int(len(str(request.messages)) / 3.5)


def uses() -> Turn:
    block: Block = {"type": "tool_use", "id": "c", "name": "Read", "input": {}}
    return Turn([block], "tool_use", Tokens(1, 1), "m")


def says(text: str, reason: str = "end_turn") -> Turn:
    return Turn([{"type": "text", "text": text}], reason, Tokens(1, 1), "m")


class Scene:
    """A conversation whose only tool gives `size` characters."""

    def __init__(self, runtime: ScriptedRuntime, size: int) -> None:
        self.store = FakeStore()
        place = Workplace("r1", "backend", FakeControl(self.store), Memory(), Limits())
        place.runtime = runtime

        async def read(given: dict[str, object]) -> ToolAnswer:
            return ToolAnswer(True, "x" * size)

        async def permit(name: str, given: dict[str, object]) -> str | None:
            return None

        action = Action({"name": "Read", "description": "", "input_schema": {}}, read, repeatable=True)
        box = Toolbox(place, Ledger(self.store, "r1", "Backend"), [action], permit)
        self.conversation = Conversation(place, Setting("T1", "Be brief.", "m"), box)


def outputs(request: TurnRequest) -> list[str]:
    contents: list[list[Block]] = [message["content"] for message in request.messages]
    return [block["content"] for blocks in contents for block in blocks if block["type"] == "tool_result"]


async def test_old_outputs_leave_before_the_window_is_full() -> None:
    runtime = Counting(*[uses()] * 12, says("Done."))
    scene = Scene(runtime, 80_000)
    assert (await scene.conversation.say("Go")).text == "Done."
    for request in runtime.requests:
        assert len(str(request.messages)) / 3.5 <= WINDOW - request.max_tokens
    last = outputs(runtime.requests[-1])
    assert GONE in last
    assert last[-1] == "x" * 80_000, "the newest stays"
    trimmed = scene.store.data("context_trimmed")
    assert trimmed
    assert all(one["results"] and one["tokens_after"] < one["tokens_before"] for one in trimmed)


async def test_a_small_conversation_is_neither_counted_nor_trimmed() -> None:
    runtime = Counting(uses(), says("Done."))
    scene = Scene(runtime, 1_000)
    await scene.conversation.say("Go")
    assert runtime.counts == 0
    assert scene.store.data("context_trimmed") == []


async def test_a_request_that_the_api_finds_too_long_is_made_shorter_once_more() -> None:
    fault = TurnFailed("context_overflow", "prompt is too long", retryable=False)
    runtime = ScriptedRuntime(uses(), uses(), fault, says("Done."))
    scene = Scene(runtime, 20_000)
    assert (await scene.conversation.say("Go")).text == "Done."
    assert outputs(runtime.requests[-1]) == [GONE, "x" * 20_000]
    hopeless = ScriptedRuntime(fault)
    with pytest.raises(RunFault, match="too long"):
        await Scene(hopeless, 1).conversation.say("Go")


async def test_a_reply_that_the_window_cuts_goes_on_after_trimming_or_ends_typed() -> None:
    runtime = ScriptedRuntime(uses(), uses(), says("I be", "model_context_window_exceeded"), says("gin."))
    assert (await Scene(runtime, 20_000).conversation.say("Go")).text == "gin."
    with pytest.raises(RunFault, match="context window"):
        await Scene(ScriptedRuntime(says("", "model_context_window_exceeded")), 1).conversation.say("Go")


def test_what_is_left_out_is_only_output() -> None:
    call: Block = {"type": "tool_use", "id": "a", "name": "Read", "input": {"path": "a.py"}}
    result: Block = {"type": "tool_result", "tool_use_id": "a", "content": "y" * 9_000}
    messages: list[Block] = [
        {"role": "user", "content": [{"type": "text", "text": "Go"}]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    trimmed = without_old_results(TurnRequest("", messages, [], "m", 100, "r1"), 6_000, 4_000)
    assert trimmed.results == 1
    assert trimmed.messages[:2] == messages[:2]
    assert trimmed.messages[2]["content"][0] == {**result, "content": GONE}
    assert trimmed.messages[3:] == messages[3:]
