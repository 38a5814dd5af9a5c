"""Where an agent's path leads: into its worktree, to the team's live files, or nowhere."""

from __future__ import annotations

import os
import posixpath

from msgspec import Struct

from agentboard_agents.tools import outputs
from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.spec import ToolRefused
from agentboard_tasks.files import Refused, Root

__all__ = ["Place", "is_shared", "reason_of", "resolve", "shown", "working_path", "writable"]

LONGEST = 4_000
ALIAS = "/project"
"""How definitions name the repository, wherever it is."""


class Place(Struct, frozen=True):
    """A path beneath a root; `shared` ones are the team's live copy, `shown` is how the agent names it."""

    root: Root
    rel: str
    shared: bool
    shown: str


def resolve(context: ToolContext, path: str) -> Place:
    """Return where `path` leads; nothing is looked up, links are refused when the place is used.

    Raises:
        ToolRefused: for a path outside the repository, and for git's own files.
    """
    if path.rstrip("/") == outputs.PLACE or outputs.is_output(path):
        return _kept_output(context, path)
    rel = _relative(context, path)
    _refuse_git(path, rel)
    shared = is_shared(context, rel)
    root = context.project if shared else context.worktree
    return Place(root, rel, shared, shown(context, rel))


def _kept_output(context: ToolContext, path: str) -> Place:
    """Return the place of one output that was too long to show."""
    name = path[len(outputs.PLACE) :].strip("/")
    if context.outputs is None or not name or "/" in name or name in {".", ".."} or "\0" in name:
        raise ToolRefused(f"{path}: name one of the files that an answer mentioned")
    return Place(context.outputs, name, False, path)


def writable(context: ToolContext, path: str) -> Place:
    """Return where `path` leads, for a tool that changes it.

    Raises:
        ToolRefused: also outside of the directories that the agent is held to.
    """
    if outputs.is_output(path):
        raise ToolRefused(f"{path}: outputs that were kept can only be read")
    place = resolve(context, path)
    if place.rel == "":
        raise ToolRefused(f"{path} is the repository itself, not a file")
    if not place.shared and (area := context.kept_out(place.rel)):
        raise ToolRefused(
            f"{path} is {area} code, which your definition tells you to leave alone; ask its owner"
        )
    if context.fence is None or place.shared or any(_within(place.rel, fence) for fence in context.fence):
        return place
    allowed = ", ".join(f"{ALIAS}/{fence}" for fence in context.fence)
    raise ToolRefused(
        f"{path} is outside of what you may change ({allowed}); ask your lead if it must change"
    )


def is_shared(context: ToolContext, rel: str) -> bool:
    """Whether a path of the repository is one live copy for the whole team."""
    return rel != "" and (rel in context.coordination.directories or context.coordination.holds(rel))


def shown(context: ToolContext, rel: str) -> str:
    """Return how the agent names a path of the repository: relative to its working directory."""
    return posixpath.relpath(rel or ".", context.working_directory or ".")


def _relative(context: ToolContext, path: str) -> str:
    """Return `path` relative to the repository, free of dots; `..` is resolved by name."""
    if not path or "\0" in path or len(path) > LONGEST:
        raise ToolRefused("a path must not be empty, longer than 4,000 characters or hold a NUL")
    if path.startswith("~"):
        raise ToolRefused(f"{path}: there is no home directory here; use paths of the repository")
    absolute = path if path.startswith("/") else posixpath.join("/", context.working_directory, path)
    inside = _beneath_a_root(context, posixpath.normpath(absolute)) if path.startswith("/") else None
    if path.startswith("/") and inside is None:
        raise ToolRefused(
            f"{path} is outside of the repository ({context.worktree.path}); "
            "only its files can be used, by a relative path or beneath /project"
        )
    if inside is not None:
        return inside
    depth = _climb(posixpath.join(context.working_directory, path))
    if depth:
        raise ToolRefused(f"{path} leads out of the repository")
    return posixpath.normpath(absolute).lstrip("/")


def _climb(path: str) -> bool:
    return posixpath.normpath(path).split("/")[0] == ".."


def _beneath_a_root(context: ToolContext, path: str) -> str | None:
    """Return an absolute path relative to the first of the repository's names that it is beneath."""
    for root in (context.worktree.path, context.box.worktree, context.project.path, ALIAS):
        if _within(path, root):
            return path[len(root) :].strip("/")
    return None


def _within(path: str, directory: str) -> bool:
    return directory in {"", "."} or path == directory or path.startswith(directory.rstrip("/") + "/")


def _refuse_git(path: str, rel: str) -> None:
    if any(part.casefold().rstrip(". ") == ".git" for part in rel.split("/")):
        raise ToolRefused(f"{path}: git's own files are agentboard's; use `git log` or `git diff` with Bash")


def reason_of(fault: Exception, place: Place) -> str:
    """Return why a place could not be used, in the agent's own terms."""
    if isinstance(fault, Refused):
        return f"{place.shown}: {fault.reason}; links are not followed"
    return f"{place.shown}: {getattr(fault, 'reason', fault)}"


def working_path(context: ToolContext) -> str:
    """Return the host path of the agent's working directory."""
    return os.path.join(context.worktree.path, context.working_directory).rstrip("/")
