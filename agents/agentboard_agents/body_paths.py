"""The project's files that an agent's prose names, by what they are for."""

from __future__ import annotations

import re
import string

from msgspec import Struct

__all__ = ["BodyPaths", "named_paths", "repository_path"]

ENDING = re.compile(r"\.(?:json|md|txt)\b(?!/)")
PATH_LETTERS = f"{string.ascii_letters}{string.digits}_./@-"
LONGEST = 200
MEMORY = re.compile(r"(?<![\w./-])(?:\.claude/agents?-memory)/([\w.@ -]*[\w])")
REQUIREMENTS = re.compile(r"[\"“'`*]([A-Z][\w &/-]{1,60} Requirements)\b")
MOUNT = "/project/"


class BodyPaths(Struct, frozen=True):
    """Files and directories that a body names, relative to the repository."""

    prd: str | None = None
    progress: str | None = None
    task_list: str | None = None
    summary: str | None = None
    memory_directory: str | None = None
    team_protocol: str | None = None
    module_guides: tuple[str, ...] = ()
    requirements: str | None = None
    requirements_section: str | None = None


def repository_path(text: str) -> str | None:
    """Return a path in prose relative to the repository; `None` when it is none or lies outside."""
    path = text.strip().strip("`\"'<>*").rstrip(".,;").strip("`\"'")
    if not path or path.startswith(("[", "~", "$")) or " " in path or "\0" in path:
        return None
    if path.startswith(MOUNT) or path == MOUNT.rstrip("/"):
        path = path[len(MOUNT) :]
    elif path.startswith("/"):
        return None
    parts = [part for part in path.split("/") if part not in ("", ".")]
    return None if ".." in parts else "/".join(parts)


def named_paths(text: str) -> BodyPaths:
    """Find the files that a body names; of several for one purpose the first with a directory counts."""
    paths = found_paths(text)
    memory = MEMORY.search(text) if "-memory/" in text else None
    section = REQUIREMENTS.search(text) if " Requirements" in text else None
    return BodyPaths(
        prd=best([path for path in paths if leaf(path).endswith("prd.json")]),
        progress=best([path for path in paths if leaf(path).endswith(("progress.txt", "progress.md"))]),
        task_list=best([path for path in paths if is_task_list(path)]),
        summary=best([path for path in paths if leaf(path).endswith("-summary.md")]),
        memory_directory=memory.group(0).rstrip("/. ") if memory else None,
        team_protocol=best([path for path in paths if is_protocol(path)]),
        module_guides=tuple(path for path in paths if leaf(path) == "CLAUDE.md"),
        requirements=best([path for path in paths if leaf(path) == "requirements.md"]),
        requirements_section=section.group(1) if section else None,
    )


def found_paths(text: str) -> list[str]:
    """Return the paths of a text in order, each once: what stands before `.md`, `.json` or `.txt`."""
    found: dict[str, None] = {}
    for ending in ENDING.finditer(text):
        head = text[max(0, ending.start() - LONGEST) : ending.start()]
        before = head.rstrip(PATH_LETTERS)
        path = repository_path(head[len(before) :] + ending.group())
        if path and not before.endswith(":") and head[len(before) :]:
            found[path] = None
    return list(found)


def best(paths: list[str]) -> str | None:
    """Return the first path that names a directory, else the first."""
    return next((path for path in paths if "/" in path), paths[0] if paths else None)


def leaf(path: str) -> str:
    """Return the last part of a path."""
    return path.rpartition("/")[2]


def is_task_list(path: str) -> bool:
    """Tell whether a path is one of a task list."""
    return path.startswith(".claude/tasks/") or leaf(path) == "tasks.md" or path.endswith("-tasks.md")


def is_protocol(path: str) -> bool:
    """Tell whether a path is one of a text that the whole team loads."""
    return leaf(path) == "team-protocol.md" or path.startswith(".claude/agents-shared/")
