"""A scripted model behind a loopback server: the whole real path runs with no key and no network.

The client is the Anthropic runtime itself; only the address differs. It is called "rehearsal" wherever it
shows.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote, unquote

import msgspec

from agentboard_agents.projection import Tokens
from agentboard_agents.runtimes import script as scripts
from agentboard_agents.runtimes.anthropic import AnthropicRuntime, Patience, open_client
from agentboard_agents.runtimes.loopback import Asked, Loopback, Reply
from agentboard_agents.runtimes.port import Block, OnText, Turn, TurnRequest
from agentboard_agents.runtimes.script import Script, ScriptedTurn, ScriptRefused
from agentboard_agents.runtimes.sse import event_bytes, reply_events

__all__ = ["MODEL", "ReadScript", "RehearsalRuntime", "script_file"]

MODEL = "rehearsal"
"""The name that the scripted model gives itself."""

ReadScript = Callable[[str], Script | None]
"""Gives the script of an agent's stem; raises `ScriptRefused` for a bad one."""

END = ScriptedTurn(text="The rehearsal script ends here.")
UNSCRIPTED = ScriptedTurn("This is a rehearsal without a script for me, so I change nothing and end here.")


def script_file(stem: str) -> str:
    """Return where an agent's script is, relative to the project."""
    return f".agentboard/rehearsal/{stem}.yaml"


class RehearsalRuntime:
    """The runtime with its own server inside."""

    name = "rehearsal"

    def __init__(self, read_script: ReadScript) -> None:
        self._stage = Stage(read_script)
        self._server = Loopback(self._stage.answer)
        client = open_client("rehearsal", self._server.url, Patience(), trust_env=False)
        self._client = AnthropicRuntime(client, name=self.name, address=self._address)

    def _address(self, request: TurnRequest) -> str:
        place = "/".join(quote(part or "-", safe="") for part in (request.agent, request.conversation))
        return f"{self._server.url}/{place}"

    async def turn(self, request: TurnRequest, on_text: OnText) -> Turn:
        """Return the scripted reply, by way of the SDK and the loopback server."""
        return await self._client.turn(request, on_text)

    async def models(self) -> list[str]:
        """Return the one model there is."""
        return [MODEL]

    async def close(self) -> None:
        """Close the client and its server."""
        await self._client.close()
        self._server.close()


class Stage:
    """Answers requests from scripts."""

    def __init__(self, read_script: ReadScript) -> None:
        self._read_script = read_script

    def answer(self, asked: Asked) -> Reply:
        """Return the next scripted reply as a stream."""
        stem, _, rest = asked.path.partition("/")
        conversation, _, call = rest.partition("/")
        if call.partition("?")[0] != "v1/messages":
            return refusal(404, "not_found_error", "the rehearsal has only /v1/messages")
        try:
            turn = self._turn(unquote(stem), unquote(conversation), asked)
        except ScriptRefused as fault:
            return refusal(400, "invalid_request_error", f"rehearsal script {fault}")
        return Reply(streamed(turn, asked))

    def _turn(self, stem: str, conversation: str, asked: Asked) -> ScriptedTurn:
        found = self._read_script(stem)
        scripted = found.about(conversation) if found else None
        turns = scripted.turns if scripted else generic(asked)
        return scripts.next_turn(turns, asked.body.get("messages", [])) or END


def generic(asked: Asked) -> tuple[ScriptedTurn, ...]:
    """Return a script that looks around with the tools on offer, changes nothing, and ends."""
    offered = {tool.get("name") for tool in asked.body.get("tools", [])}
    looks = {"LS": {"path": "."}, "Glob": {"pattern": "**/*"}}
    tools = tuple(scripts.ScriptedTool(name, given) for name, given in looks.items() if name in offered)
    first = (ScriptedTurn("I look around first.", tools),) if tools else ()
    return (
        *first,
        ScriptedTurn("This is a rehearsal without a script for me, so I change nothing and end here."),
    )


def streamed(turn: ScriptedTurn, asked: Asked) -> Iterator[bytes]:
    """Yield the bytes of a reply at the pace of its script."""
    blocks = reply_blocks(turn, asked)
    reason = turn.stop_reason or ("tool_use" if turn.tools else "end_turn")
    tokens = Tokens(len(msgspec.json.encode(asked.body)) // 4, len(msgspec.json.encode(blocks)) // 4)
    for event in reply_events(blocks, stop_reason=reason, model=MODEL, tokens=tokens):
        if turn.pace and event["type"] == "content_block_delta":
            time.sleep(turn.pace)
        yield event_bytes(event)


def reply_blocks(turn: ScriptedTurn, asked: Asked) -> list[Block]:
    """Return the content of a reply; the ids of its calls are unique in the conversation."""
    number = len(asked.body.get("messages", []))
    text: list[Block] = [{"type": "text", "text": turn.text}] if turn.text else []
    calls: list[Block] = [
        {"type": "tool_use", "id": f"toolu_{number}_{index}", "name": tool.name, "input": tool.input}
        for index, tool in enumerate(turn.tools)
    ]
    return text + calls


def refusal(status: int, kind: str, message: str) -> Reply:
    """Return an error as the API spells it."""
    body = {"type": "error", "error": {"type": kind, "message": re.sub(r"\s+", " ", message)}}
    return Reply([msgspec.json.encode(body)], status, content_type="application/json")
