"""Which model a definition's hint means."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from agentboard_agents.runtimes.port import NO_KEY, Runtime, TurnFailed

__all__ = ["ALIASES", "Choice", "choose"]

ALIASES = ("sonnet", "opus", "haiku")
"""Family names that stand for the newest model of the family."""

DEFAULT = "sonnet"
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
    if wanted in table:
        return Choice(table[wanted])
    alias = wanted.lower()
    return await newest(alias, runtime) if alias in ALIASES else Choice(wanted)


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
