"""The durable turn loop: one conversation of an agent with its model.

Safe point, model call, tool calls, their results, and again, until the model stops calling tools. Each model
call and each tool call is a durable step, so after a crash the conversation is put together again from what
was finished, and goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from msgspec import Struct

from agentboard_agents.interruption import INTERRUPTED
from agentboard_agents.runtimes.port import NO_KEY, Block, Turn, TurnRequest
from agentboard_agents.turns_attempt import ATTEMPTS, Attempt, Failure, attempt_turn
from agentboard_agents.turns_context import WINDOW, Trimmed, fitting, rough_tokens, without_old_results
from agentboard_agents.turns_port import RunFault, ToolAnswer, Workplace
from agentboard_tasks.unicodes import as_unicode, value_as_unicode

__all__ = ["Conversation", "Reply", "Setting", "Toolset"]

MAX_TOKENS = 16_384
CONTINUATIONS = 8
OVERFLOW = "model_context_window_exceeded"
CUT = {"max_tokens": "at the token limit", OVERFLOW: "at the end of the context window"}
"""Stop reasons after which the model can go on, and where they cut it."""
GO_ON = "Your reply was cut at the token limit. Go on from where it ended; write long files in parts."


class Toolset(Protocol):
    """The tools that a conversation may use."""

    @property
    def definitions(self) -> list[Block]:
        """The tools as the model sees them."""
        ...

    async def call(self, key: str, name: str, given: dict[str, object]) -> ToolAnswer:
        """Use a tool, once: `key` names this call in its run."""
        ...


class Setting(Struct, frozen=True):
    """What stays the same through a conversation.

    `key` is that of the task or story it is about, `form` the JSON schema of the answers, if they have one.
    """

    key: str
    system: str
    model: str
    stem: str = ""
    max_tokens: int = MAX_TOKENS
    form: Block | None = None


class Reply(Struct, frozen=True):
    """What the agent said when it stopped calling tools; `whole` has the parts before that were cut, too."""

    text: str
    stop_reason: str
    whole: str


class Conversation:
    """The messages between an agent and its model."""

    def __init__(self, place: Workplace, setting: Setting, tools: Toolset) -> None:
        self._place = place
        self._setting = setting
        self._tools = tools
        self.messages: list[Block] = []

    async def say(self, text: str) -> Reply:
        """Tell the agent something and return its answer, after all the work that it did for it.

        Raises:
            RunFault: when the model cannot be reached, refuses, or runs out of room.
            LimitReached: when the run has had all its turns.
        """
        self._hear([{"type": "text", "text": text}])
        continued, before = 0, ""
        while True:
            turn = await self._turn()
            await self._act(turn)
            if turn.calls or turn.stop_reason == "pause_turn":
                before = ""
                continue
            if turn.stop_reason not in CUT:
                reply = ended(turn, before)
                if self._place.turns_left > 0 and await self._listen():
                    before = ""
                    continue  # somebody spoke while it finished
                return reply
            continued, before = continued + 1, before + turn.text
            if continued > CONTINUATIONS:
                raise RunFault(f"the model's reply was cut {CUT[turn.stop_reason]} too many times in a row")
            if turn.stop_reason == OVERFLOW and not self._trim(self._request()):
                raise RunFault("the conversation no longer fits into the model's context window")
            self._hear([{"type": "text", "text": GO_ON}])

    async def _turn(self) -> Turn:
        number = self._place.next_turn()
        for attempt in range(1, ATTEMPTS + 1):
            await self._listen()
            await self._fit()
            result = await self._attempt(number, attempt)
            if result.turn is not None:
                self._remember(result.turn)
                self._place.read(acted=bool(result.turn.text or result.turn.calls))
                return result.turn
            if not self._makes_room(result.failure):
                await self._after(result.failure, attempt)
        raise RunFault("no attempt gave a reply")

    async def _attempt(self, number: int, attempt: int) -> Attempt:
        """Make one attempt; a call for which there is no key, or that a person cut off, is none."""
        while True:
            result = await attempt_turn(self._place, self._request(), number, attempt)
            if result.failure is None or result.failure.kind not in {NO_KEY, INTERRUPTED}:
                return result
            if result.failure.kind == NO_KEY:
                await self._place.need_key()
            await self._listen()

    async def _fit(self) -> None:
        self._take(await fitting(self._place, self._request()))

    def _makes_room(self, failure: Failure | None) -> bool:
        """Make room when the API found the request too long; false when nothing is left to take out."""
        return failure is not None and failure.kind == "context_overflow" and self._trim(self._request())

    def _trim(self, request: TurnRequest) -> bool:
        tokens = rough_tokens(request)
        return self._take(without_old_results(request, tokens, min(tokens, WINDOW) // 2))

    def _take(self, trimmed: Trimmed) -> bool:
        if not trimmed.results:
            return False
        self.messages = trimmed.messages
        self._place.tell(
            "context_trimmed",
            turn=self._place.turns,
            results=trimmed.results,
            tokens_before=trimmed.before,
            tokens_after=trimmed.after,
        )
        return True

    async def _after(self, failure: Failure | None, attempt: int) -> None:
        if failure is None:
            raise RunFault("a model call left no result")
        if not failure.retryable:
            raise RunFault(failure.message)
        if attempt == ATTEMPTS:
            raise RunFault(f"{failure.message} ({ATTEMPTS} attempts)")
        await self._place.control.hold(f"{failure.message} (attempt {attempt} of {ATTEMPTS})", failure.wait)

    async def _listen(self) -> bool:
        """Pass a safe point; tell whether there was a message at it."""
        heard = await self._place.safe_point()
        for message in heard:
            self._hear([{"type": "text", "text": f"Message from {message.sender}: {message.text}"}])
        return bool(heard)

    def _request(self) -> TurnRequest:
        setting, place = self._setting, self._place
        return TurnRequest(
            as_unicode(setting.system),
            list(self.messages),
            [blocks_as_unicode(one) for one in self._tools.definitions],
            place.control.model or setting.model,
            setting.max_tokens,
            place.run,
            setting.stem or place.stem,
            setting.key,
            setting.form,
        )

    async def _act(self, turn: Turn) -> None:
        results: list[Block] = []
        for index, call in enumerate(turn.calls):
            if index:
                await self._place.pause_point()
            results.append(await self._use(index, call))
        if results:
            self._hear(results)

    async def _use(self, index: int, call: Block) -> Block:
        key = f"t{self._place.turns}.{index}"
        return tool_result(call, await self._tools.call(key, call["name"], call["input"]))

    def _remember(self, turn: Turn) -> None:
        if turn.content:
            self.messages.append({"role": "assistant", "content": turn.content})

    def _hear(self, blocks: Sequence[Block]) -> None:
        """Add to what the user side says; results of tools come first in a message, as the API wants them."""
        if self.messages and self.messages[-1]["role"] == "user":
            blocks = [*self.messages.pop()["content"], *blocks]
        self.messages.append({"role": "user", "content": [blocks_as_unicode(block) for block in blocks]})


def blocks_as_unicode(block: Block) -> Block:
    """Return a block that JSON can hold: what files say may have bytes that are no text."""
    return cast("Block", value_as_unicode(block))


def tool_result(call: Block, answer: ToolAnswer) -> Block:
    """Return the result of a call as it goes to the model."""
    content = answer.content or "(no output)"
    result: Block = {"type": "tool_result", "tool_use_id": call["id"], "content": content}
    return result if answer.ok else {**result, "is_error": True}


def ended(turn: Turn, before: str = "") -> Reply:
    """Return the last turn as a reply, which goes on from `before` where it was cut.

    Raises:
        RunFault: when the model stopped because it would not, or could not, go on.
    """
    if turn.stop_reason == "refusal":
        raise RunFault(f"the model declined: {turn.text}"[:500] if turn.text else "the model declined")
    return Reply(turn.text, turn.stop_reason, before + turn.text)
