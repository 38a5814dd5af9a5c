"""The brief that a team lead would fill in: every bracketed placeholder gets its text, or nothing starts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agentboard_agents.brief_text import joined, listed, task_text
from agentboard_agents.definition import Placeholder
from agentboard_agents.protocols.preparation import (
    Brief,
    Ground,
    opening,
    prd_of,
    requirements_of,
    system_prompt,
)
from agentboard_tasks.layout import beneath

__all__ = ["feature_context", "prepare", "waiting"]

END = r"(?:[ ]+(?:in detail|details?|description|text|here|below))*[ .!:]*$"
MOST_NAMED = 50
ABOUT_CONTEXT = re.compile(
    rf"\b(?:contexts?|feature description|background|overview|requirements|feature){END}", re.IGNORECASE
)
ABOUT_TASK = re.compile(rf"\b(?:tasks?|assignment|objectives?|goals?){END}", re.IGNORECASE)
"""Words end with what they are about: a `task deadline` is no task."""


def prepare(ground: Ground) -> Brief:
    """Return the brief with its placeholders filled; those that nothing fills are `missing`."""
    body, missing = ground.definition.body, list[Placeholder]()
    for placeholder in ground.definition.placeholders:
        text = filling(placeholder, ground)
        if text:
            body = body.replace(placeholder.text, text, 1)
        else:
            missing.append(placeholder)
    context = "" if ground.definition.placeholders else feature_context(ground)
    extra = [f"Feature context:\n\n{context}"] if context else []
    extra += [shared_artifacts(ground), teammates(ground)]
    text, files = opening(ground, context_files(ground), extra)
    return Brief(system_prompt(ground.definition, body), text, tuple(map(named, missing)), files)


def shared_artifacts(ground: Ground) -> str:
    """Return what is in the shared artifacts, and what is wrong with it: contracts that others rely on."""
    directory = ground.definition.shared_directory
    own = [one for one in ground.workspace.artifacts if directory and beneath(one.path, directory)]
    lines = [
        f"{one.path} ({one.kind}{', does not hold' if one.problems else ''})" for one in own[:MOST_NAMED]
    ]
    return joined(listed("In the shared artifacts", lines))


def teammates(ground: Ground) -> str:
    """Return whom the agent can write to."""
    others = [one.name for one in ground.team.agents if one.stem != ground.definition.stem][:MOST_NAMED]
    return joined(listed("Whom you can write to with SendMessage, besides your Team Lead", others))


def context_files(ground: Ground) -> list[str]:
    """Return where the rules that an agent goes by may be: the project's and those of where it works."""
    directory = ground.definition.working_directory
    places = ["", ".claude/", *([f"{directory}/"] if directory else [])]
    return [f"{place}{name}" for name in ("CLAUDE.md", "rules.md") for place in places]


def named(placeholder: Placeholder) -> str:
    """Return a placeholder as a person finds it in the file."""
    label = f"{placeholder.label}: " if placeholder.label else ""
    return f"{label}{placeholder.text} (line {placeholder.line})"


def waiting(placeholders: Iterable[Placeholder], context: str | None) -> list[str]:
    """Return the placeholders that wait where nobody said what to do; a context fills its own."""
    filled = bool(context and context.strip())
    return [named(one) for one in placeholders if not (filled and meaning(one) == "context")]


def filling(placeholder: Placeholder, ground: Ground) -> str:
    """Return what fills a placeholder; nothing does where it is about something else."""
    fill = {"context": feature_context, "task": wanted}.get(meaning(placeholder))
    return fill(ground) if fill else ""


def meaning(placeholder: Placeholder) -> str:
    """Return what a placeholder is about: by its label, else by the end of its own words."""
    for words in (placeholder.label, placeholder.text.strip("[]")):
        if ABOUT_CONTEXT.search(words):
            return "context"
        if ABOUT_TASK.search(words):
            return "task"
    return ""


def wanted(ground: Ground) -> str:
    """Return the task in the words of its file, or of the person who asked."""
    own = task_text(ground.task) if ground.task else ""
    return joined([own, ground.spec.prompt or ""])


def feature_context(ground: Ground) -> str:
    """Return what was given, else the PRD's overview, the requirements, the task's own section."""
    if ground.spec.context and ground.spec.context.strip():
        return ground.spec.context.strip()
    prd = prd_of(ground) or next(iter(ground.workspace.prds), None)
    overview = prd.overview.strip() if prd else ""
    return overview or requirements_of(ground) or own_section(ground)


def own_section(ground: Ground) -> str:
    """Return what else stands in the section of the task's file that the task is in."""
    task = ground.task
    if task is None or not task.section:
        return ""
    beside = [
        other.title
        for other in ground.workspace.tasks
        if other.source.file == task.source.file and other.section == task.section
    ]
    return joined(
        [f"{task.source.file}, section {task.section}:", "\n".join(f"- {title}" for title in beside)]
    )
