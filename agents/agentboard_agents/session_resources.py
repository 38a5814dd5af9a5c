"""What a run holds open while it works: background commands, kept outputs, servers of tools, the web."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentboard_agents import tools
from agentboard_agents.permission_policy import LivePolicy
from agentboard_agents.runtimes.port import Block
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.session_tools import Action
from agentboard_agents.session_web import web_of
from agentboard_agents.tools import ToolContext
from agentboard_agents.tools.outputs import fenced, fitted
from agentboard_agents.tools.shells import Shells
from agentboard_agents.turns_port import Workplace
from agentboard_tasks.files import FileFault, Root

if TYPE_CHECKING:
    from agentboard_agents.toolservers.hub import Hub

__all__ = ["Resources", "outputs_directory"]

CAP = 60_000
"""Characters of one answer of a server of tools that the model is shown."""


def outputs_directory(state: str, run: str) -> str:
    """Return where the outputs of a run are kept that were too long to show."""
    return os.path.join(state, "outputs", run)


class Resources:
    """The resources of one run; they are a supply of tools for its conversations.

    With `reading`, servers offer only the tools that they say only read.
    """

    def __init__(self, equipment: Equipment, *, reading: bool = False) -> None:
        self.shells = Shells()
        self._equipment = equipment
        self._reading = reading
        self._web = web_of(equipment)
        self._rules = LivePolicy(equipment.project, equipment.definition)
        self._hub: Hub | None = None
        self._outputs: Root | None = None

    async def open(self, place: Workplace, context: ToolContext) -> None:
        """Connect to the servers of tools; what cannot be had is told, and does not stop the run."""
        self.lend(context)
        self._hub = await asyncio.to_thread(self._make_hub, context)
        if self._hub is None:
            return
        for name, why in (await self._hub.open()).items():
            told = f"MCP server {name}: {why}"
            place.control.emit_once(f"mcp {name}", "problem_found", severity="warning", message=told)
        for server in self._hub.servers:
            if not server.trusted and not server.problem:
                text = f"The MCP server {server.name} of {server.file} is not started: it waits for trust."
                item = {"item": f"{place.run}-mcp-{server.name}", "item_kind": "problem", "text": text}
                place.control.emit_once(f"mcp trust {server.name}", "item_raised", **item)

    def _make_hub(self, context: ToolContext) -> Hub | None:
        """Return the servers that the definition names; nothing is imported where there are none."""
        from agentboard_agents.toolservers.named import named_servers

        definition = self._equipment.definition
        servers = named_servers(self._equipment.project, definition)
        if not servers:
            return None
        from agentboard_agents.toolservers.hub import Hub

        def fit(name: str, text: str) -> str:
            return fitted(context, name, text, CAP)

        own = self._equipment
        box = fenced(own.box(), own.fence, own.coordination)
        return Hub(servers, definition.tools, definition.refused_tools, own.sandbox, box, fit, self._reading)

    def lend(self, context: ToolContext) -> None:
        """Give the tools of a conversation what they share with all others of the run."""
        context.shells = self.shells
        context.outputs = self._kept_outputs()

    def _kept_outputs(self) -> Root | None:
        if self._outputs is None:
            equipment = self._equipment
            try:
                self._outputs = Root.create(outputs_directory(equipment.project.state, equipment.spec.run))
            except FileFault:
                return None  # long outputs lose their middle, as without such a place
        return self._outputs

    @property
    def definitions(self) -> Sequence[Block]:
        """The tools on offer now that are not our own; one that the rules deny altogether is not."""
        served = self._hub.definitions if self._hub else ()
        rules = self._rules.now() if served else None
        kept = [one for one in served if rules is None or not rules.withholds(str(one["name"]))]
        return [*self._web.definitions, *kept]

    def action(self, name: str) -> Action | None:
        """Return the tool of a server."""
        return self._hub.action(name) if self._hub else None

    def why_not(self, name: str) -> str:
        """Return why there is no tool of this name."""
        if name in self._web.absent:
            return self._web.absent[name]
        if name not in tools.SPECS:
            return ""
        return "who is consulted only reads" if self._reading else "your definition does not list it"

    def provides(self, name: str) -> bool:
        """Tell whether a tool that is not our own is had from here, or its absence told by its server."""
        return name.startswith("mcp__") or any(name == one for one in self._web.offered)

    def are_still(self) -> bool:
        """Tell whether nothing of the run goes on while none of its tools is used."""
        return self._hub is None and not self.shells.running

    async def close(self) -> None:
        """End all of it; what was kept for reading stays until the run is over for good."""
        await self.shells.close()
        if self._hub is not None:
            await self._hub.close()
