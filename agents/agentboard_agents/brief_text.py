"""The words that every agent is told, whatever its way of working. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentboard_tasks.model import Task

__all__ = ["capped", "file_text", "house_rules", "joined", "task_text"]

MOST_OF_FILE = 64_000

RULES = """\
# How you work here

agentboard runs you. You have your own git work tree and your own branch; nobody else writes to it.
- Paths may be relative to your working directory ({directory}); `/project/X` is `X` in the repository.
- agentboard commits your work when you are done and the checks have passed. Do not run `git commit`;
  reading history with `git log` and `git diff` is fine.
- Task lists, PRDs, progress logs, shared artifacts and memory notes are one live copy for the whole team:
  what you write there, others see at once. agentboard itself marks your task in progress, done or blocked.
- When something is unclear and it matters, ask with AskUserQuestion and wait. Do not guess.
- When you have finished, say shortly what you did and what is left, and call no tool."""


def house_rules(working_directory: str, writable: Sequence[str] = ()) -> str:
    """Return the rules of the house for an agent that works in `working_directory`."""
    rules = RULES.format(directory=working_directory or "the root of the repository")
    if not writable:
        return rules
    return f"{rules}\n- You may change files only beneath: {', '.join(writable)}."


def task_text(task: Task) -> str:
    """Return everything that a task's file says about it."""
    parts = [f"{task.key}: {task.title}" if task.key not in task.title else task.title, task.body]
    parts += listed("Acceptance criteria", task.criteria)
    parts += listed("Notes", task.notes)
    parts += listed("Depends on", task.depends_on)
    return joined(parts)


def listed(heading: str, lines: Iterable[str]) -> list[str]:
    """Return a heading with its bullets, or nothing when there are none."""
    bullets = [f"- {line}" for line in lines]
    return ["\n".join([f"{heading}:", *bullets])] if bullets else []


def file_text(path: str, text: str) -> str:
    """Return a file's content as it stands in a brief."""
    return f'<file path="{path}">\n{capped(text)}\n</file>'


def capped(text: str, limit: int = MOST_OF_FILE) -> str:
    """Return a text that is at most `limit` characters long, and says when it was cut."""
    text = text.strip()
    return text if len(text) <= limit else f"{text[:limit]}\n… (cut: read the file for the rest)"


def joined(parts: Iterable[str]) -> str:
    """Return the parts that say something as paragraphs."""
    return "\n\n".join(part.strip() for part in parts if part.strip())
