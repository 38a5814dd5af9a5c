"""Which model a definition's hint means."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from agentboard_agents.runtimes.port import NO_KEY, Runtime, TurnFailed

__all__ = ["ALIASES", "Choice", "choose"]

ALIASES = ("sonnet", "opus", "haiku")
"""Family names that stand for the newest model of the family."""

DEFAULT = "sonnet"
IDENTITY = re.compile(r"claude|(?:[a-z-]+\.)?anthropic\.")
"""How the id of a model begins, at the API itself and in the clouds."""

PROVIDER = re.compile(r"\A(?:anthropic|bedrock|vertex)/", re.IGNORECASE)
WINDOW = re.compile(r"\s*\[\d+[km]\]\Z", re.IGNORECASE)
OTHERS = {"opusplan": "opus", "best": "opus"}
"""Names that Claude Code has besides the families."""

INHERIT = frozenset({"", "inherit", "default"})


class Choice(Struct, frozen=True):
    """The model to ask for, and what was odd about finding it."""

    model: str
    problem: str = ""


async def choose(hint: str | None, table: Mapping[str, str], runtime: Runtime) -> Choice:
    """Return the model that `hint` means.

    Args:
        hint: from the dispatch, the configuration or the definition; inherit or absent means the default.
        table: the user's own aliases; a `default` among them is what inherit means.
        runtime: asked for its models when an alias is in no table.

    Raises:
        TurnFailed: when the runtime has no key to ask with.
    """
    wanted = (hint or "").strip()
    if wanted.lower() in INHERIT:
        wanted = table.get("default", DEFAULT)
    for name in dict.fromkeys((wanted, bare(wanted))):
        if name in table:
            return Choice(table[name])
    wanted = bare(wanted)
    alias = wanted.lower()
    if alias in ALIASES:
        return await newest(alias, runtime)
    if runtime.name == "rehearsal" or IDENTITY.match(alias):
        return Choice(wanted)
    why = "it is no model's id, and `models` in your configuration names no such alias"
    return Choice(wanted, f"model {wanted!r} is passed on as it is: {why}")


def bare(hint: str) -> str:
    """Return a hint without what other tools write around a model: its provider, its window."""
    return OTHERS.get(hint.lower(), WINDOW.sub("", PROVIDER.sub("", hint)))


async def newest(alias: str, runtime: Runtime) -> Choice:
    """Return the newest model on offer whose id contains `alias`; else the alias itself, with the reason."""
    try:
        offered = await runtime.models()
    except TurnFailed as fault:
        if fault.kind == NO_KEY:
            raise
        return Choice(alias, f"model {alias!r} is passed on as it is: no list of models ({fault.message})")
    if runtime.name == "rehearsal":
        return Choice(offered[0])
    found = next((model for model in offered if alias in model), None)
    return (
        Choice(found)
        if found
        else Choice(alias, f"model {alias!r} is passed on as it is: none on offer has it")
    )
