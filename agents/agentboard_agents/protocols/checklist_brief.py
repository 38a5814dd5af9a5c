"""The brief of an agent with a task list: the project's guide, its part of the requirements, its list."""

from __future__ import annotations

from agentboard_agents.protocols.preparation import (
    Brief,
    Ground,
    agreements_of,
    opening,
    requirements_of,
    system_prompt,
)

__all__ = ["prepare"]

PLAN = """\
Before you change anything, write your execution plan in a message, under the heading "## Execution plan"; it
is kept for your team. Keep your task list true, with TodoWrite or by editing its file: that is the same."""


def prepare(ground: Ground) -> Brief:
    """Return the brief of a task list's task."""
    section = requirements_of(ground)
    extra = [f"From the requirements:\n\n{section}"] if section else []
    extra += [points] if (points := agreements_of(ground)) else []
    own_list = ground.task.source.file if ground.task else ground.definition.task_list
    extra += [PLAN]
    text, files = opening(ground, ("CLAUDE.md", *ground.definition.module_guides, own_list), extra)
    used = (ground.definition.requirements or "requirements.md",) if section else ()
    return Brief(system_prompt(ground.definition), text, (), (*files, *used))
