"""The brief of an agent that answers with one change set instead of editing files."""

from __future__ import annotations

from agentboard_agents.protocols.preparation import Brief, Ground, opening, system_prompt

__all__ = ["FORMAT", "prepare"]

FORMAT = """\
Answer with the change set and nothing after it: one JSON object
{"files": [{"path": "…", "action": "create" | "modify" | "delete", "content": "the whole new content"}],
"explanation": "…"}. Paths are relative to the root of the repository. Look at the code with your tools first,
and change no file with them: agentboard applies the whole set or nothing, then runs the tests and tells you
what failed."""


def prepare(ground: Ground) -> Brief:
    """Return the brief of a change set's task."""
    text, files = opening(ground, ("CLAUDE.md", *ground.definition.module_guides))
    return Brief(system_prompt(ground.definition), f"{text}\n\n{FORMAT}", (), files)
