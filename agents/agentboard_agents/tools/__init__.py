"""What agents can do: files, searches, commands and their own plan."""

from agentboard_agents.tools.context import Todo, ToolContext
from agentboard_agents.tools.registry import SPECS, api_definitions, call, recall
from agentboard_agents.tools.spec import ToolResult, ToolSpec

__all__ = ["SPECS", "Todo", "ToolContext", "ToolResult", "ToolSpec", "api_definitions", "call", "recall"]
