"""Where agents' commands and quality gates run: a box with a worktree in it and nothing of the home."""

from agentboard_agents.sandbox.box import Box, Finished, Limit, Sandbox, SandboxRefused
from agentboard_agents.sandbox.choice import choose, warning
from agentboard_agents.sandbox.dependencies import box_for

__all__ = ["Box", "Finished", "Limit", "Sandbox", "SandboxRefused", "box_for", "choose", "warning"]
