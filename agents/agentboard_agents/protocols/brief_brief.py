"""The brief that a team lead would fill in: every bracketed placeholder gets its text, or nothing starts."""

from __future__ import annotations

from agentboard_agents.brief_text import joined, task_text
from agentboard_agents.definition import Placeholder
from agentboard_agents.protocols.preparation import (
    Brief,
    Ground,
    opening,
    prd_of,
    requirements_of,
    system_prompt,
)

__all__ = ["feature_context", "prepare"]

ABOUT_CONTEXT = ("context", "feature description", "background", "overview", "requirements")
ABOUT_TASK = ("task", "assignment", "objective", "goal")


def prepare(ground: Ground) -> Brief:
    """Return the brief with its placeholders filled; those that nothing fills are `missing`."""
    body, missing = ground.definition.body, list[str]()
    for placeholder in ground.definition.placeholders:
        text = filling(placeholder, ground)
        if text:
            body = body.replace(placeholder.text, text, 1)
        else:
            label = f"{placeholder.label}: " if placeholder.label else ""
            missing.append(f"{label}{placeholder.text} (line {placeholder.line})")
    context = "" if ground.definition.placeholders else feature_context(ground)
    extra = [f"Feature context:\n\n{context}"] if context else []
    text, files = opening(ground, ("CLAUDE.md", "rules.md"), extra)
    return Brief(system_prompt(ground.definition, body), text, tuple(missing), files)


def filling(placeholder: Placeholder, ground: Ground) -> str:
    """Return what fills a placeholder, by its label first and its own words after."""
    for words in (placeholder.label.lower(), placeholder.text.lower()):
        if any(word in words for word in ABOUT_CONTEXT):
            return feature_context(ground)
        if any(word in words for word in ABOUT_TASK):
            return wanted(ground)
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
