"""A rehearsal script: what a scripted model says, turn by turn.

`conversations: [{task: KEY?, turns: [{text, tools: [{name, input}], when: REGEX, pace: SECONDS}]}]`. Which
turn comes next follows from the request alone, so a worker that died and came back hears the same.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from agentboard_agents.runtimes.port import Block

__all__ = [
    "MAX_SCRIPT",
    "Script",
    "ScriptRefused",
    "ScriptedConversation",
    "ScriptedTurn",
    "next_turn",
    "parse",
]

MAX_SCRIPT = 1024 * 1024
MAX_PACE = 5.0


class ScriptRefused(ValueError):
    """A file that is no rehearsal script."""


class ScriptedTool(Struct, frozen=True, forbid_unknown_fields=True):
    """A tool call."""

    name: str
    input: dict[str, Any] = {}


class ScriptedTurn(Struct, frozen=True, forbid_unknown_fields=True):
    """One reply; with `when`, it is passed over unless the user's last text matches."""

    text: str = ""
    tools: tuple[ScriptedTool, ...] = ()
    when: str | None = None
    pace: float = 0.0
    stop_reason: str | None = None


class ScriptedConversation(Struct, frozen=True, forbid_unknown_fields=True):
    """The replies about one task, or about any task."""

    turns: tuple[ScriptedTurn, ...]
    task: str | None = None


class Script(Struct, frozen=True, forbid_unknown_fields=True):
    """All conversations of one agent."""

    conversations: tuple[ScriptedConversation, ...]

    def about(self, task: str) -> ScriptedConversation | None:
        """Return the conversation about `task`, else one that suits any task."""
        exact = (one for one in self.conversations if one.task == task and task)
        return next(exact, next((one for one in self.conversations if one.task is None), None))


def parse(data: bytes, file: str) -> Script:
    """Read a script.

    Raises:
        ScriptRefused: with the place and what was expected.
    """
    if len(data) > MAX_SCRIPT:
        raise ScriptRefused(f"{file}: longer than {MAX_SCRIPT} bytes")
    try:
        refuse_aliases(data)
        loaded: object = yaml.load(data, Loader=yaml.CSafeLoader)
        script = msgspec.convert(loaded, Script, strict=False)
        check_patterns(script)
    except (yaml.YAMLError, msgspec.ValidationError, ValueError, RecursionError) as fault:
        raise ScriptRefused(f"{file}: {fault}") from fault
    return script


def refuse_aliases(data: bytes) -> None:
    """Refuse references inside the file: they can make a small file huge."""
    for event in yaml.parse(data, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ScriptRefused(f"aliases are not supported ({event.anchor})")


def check_patterns(script: Script) -> None:
    """Refuse a `when` that is no regular expression, and a pace that would stall."""
    for turn in (turn for conversation in script.conversations for turn in conversation.turns):
        if not 0 <= turn.pace <= MAX_PACE:
            raise ScriptRefused(f"pace must be between 0 and {MAX_PACE:g} seconds")
        try:
            re.compile(turn.when or "")
        except re.error as fault:
            raise ScriptRefused(f"when: {turn.when!r} is not a regular expression ({fault})") from fault


def next_turn(turns: tuple[ScriptedTurn, ...], messages: list[Block]) -> ScriptedTurn | None:
    """Return the reply that comes after `messages`, or `None` when the script has ended."""
    position, said = 0, ""
    for message in messages:
        if message.get("role") == "assistant":
            position = suitable(turns, position, said) + 1
        else:
            said = text_of(message.get("content", "")) or said
    chosen = suitable(turns, position, said)
    return turns[chosen] if chosen < len(turns) else None


def suitable(turns: tuple[ScriptedTurn, ...], position: int, said: str) -> int:
    """Return the index of the first turn from `position` on that suits what the user said last."""
    for index in range(position, len(turns)):
        pattern = turns[index].when
        if pattern is None or re.search(pattern, said):
            return index
    return len(turns)


def text_of(content: str | list[Block]) -> str:
    """Return what a user message says; results of tools are part of it."""
    if isinstance(content, str):
        return content
    pieces = (block.get("text") or block.get("content") or "" for block in content)
    return "\n".join(piece if isinstance(piece, str) else text_of(piece) for piece in pieces)
