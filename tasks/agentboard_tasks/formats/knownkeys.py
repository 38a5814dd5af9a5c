"""The front matter keys that readers of agent and task files know, in their right spelling."""

from __future__ import annotations

__all__ = ["AGENT_KEYS", "LONG_KEYS", "TASK_KEYS"]

AGENT_KEYS = frozenset(
    [
        "name",
        "description",
        "tools",
        "disallowedTools",
        "model",
        "color",
        "permissionMode",
        "maxTurns",
        "skills",
        "mcpServers",
        "hooks",
        "memory",
        "background",
        "effort",
        "isolation",
        "initialPrompt",
        "mode",
        "temperature",
        "top_p",
        "steps",
        "permission",
        "prompt",
        "category",
        "capabilities",
        "maturity",
        "version",
        "author",
        "tags",
        "disable",
        "hidden",
        "allowed-tools",
        "argument-hint",
    ]
)

TASK_KEYS = frozenset(
    [
        "task_id",
        "id",
        "title",
        "status",
        "state",
        "priority",
        "assignee",
        "agent",
        "owner",
        "depends_on",
        "dependencies",
        "blocked_by",
        "tags",
        "labels",
        "parent",
        "created",
        "updated",
        "completed",
        "due",
        "estimate",
        "type",
    ]
)

LONG_KEYS = frozenset(
    [
        "description",
        "prompt",
        "initialprompt",
        "tools",
        "disallowedtools",
        "skills",
        "hooks",
        "mcpservers",
        "permission",
        "capabilities",
    ]
)
"""Keys, case folded, whose value may go on over lines that look like other keys."""
