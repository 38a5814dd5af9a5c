"""Where agent files are, nearest first, and the reading of each of them once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct, structs

from agentboard_agents.definition import AgentDefinition, is_agent, parse
from agentboard_tasks.files import Entry, FileFault, Image, Missing, Root, Stamp
from agentboard_tasks.model import Problem, Severity
from agentboard_tasks.workspace_survey import link_problems

__all__ = ["Found", "Place", "places", "read_places"]

CAP = 320 * 1024
DEPTH = 20
LIMIT = 10_000


class Place(Struct, frozen=True):
    """A directory of definitions beneath a root; outside the project `prefix` makes its paths absolute."""

    root: Root
    directory: str
    recursive: bool = True
    prefix: str = ""
    plain: bool = False  # an ordinary directory: only files that look like agents are


class Found(Struct, frozen=True):
    """A definition with the stamp of the bytes it was read from."""

    stamp: Stamp
    definition: AgentDefinition
    is_agent: bool


def places(root: Root, home: str | None, extra: Sequence[str], working_directory: str) -> Iterator[Place]:
    """Yield every place of definitions, nearest first."""
    parts = [part for part in working_directory.split("/") if part]
    for length in range(len(parts), -1, -1):
        yield Place(root, "/".join([*parts[:length], ".claude/agents"]))
    yield Place(root, ".opencode/agent")
    yield Place(root, ".opencode/agents")
    yield Place(root, "agents", recursive=False, plain=True)
    for directory in extra:
        yield from configured(root, directory)
    if home and os.path.isdir(home) and os.path.realpath(home) != os.path.realpath(root.path):
        own = os.path.join(home, ".claude/agents")  # a link of the user's own is followed
        linked = os.path.realpath(own) != os.path.join(os.path.realpath(home), ".claude/agents")
        yield Place(Root(own), "", prefix=own) if linked else Place(Root(home), ".claude/agents", prefix=home)


def configured(root: Root, directory: str) -> Iterator[Place]:
    """Yield a directory from configuration: beneath the project, or absolute."""
    path = os.path.expanduser(directory)
    if not os.path.isabs(path):
        yield Place(root, path.strip("/"))
    elif os.path.isdir(path):
        yield Place(Root(path), "", prefix=path)


def read_places(
    root: Root, home: str | None, extra: Sequence[str], working_directory: str, before: Mapping[str, Found]
) -> tuple[dict[str, Found], list[Problem]]:
    """Read all places, nearest first; a file whose stamp is that of `before` is not read again."""
    read: dict[str, Found] = {}
    problems: list[Problem] = []
    for place in places(root, home, extra, working_directory):
        files = list(markdown_files(place, place.directory, problems))
        if not files:
            continue
        with place.root.reading() as image_of:
            for path, stamp in files:
                name = os.path.join(place.prefix, path) if place.prefix else path
                earlier = before.get(name)
                if earlier is not None and earlier.stamp == stamp:
                    read.setdefault(name, earlier)
                elif name not in read and len(read) < LIMIT:
                    read_one(place, path, name, image_of, read, problems)
    return read, problems


def read_one(
    place: Place,
    path: str,
    name: str,
    image_of: Callable[[str, int], Image],
    read: dict[str, Found],
    problems: list[Problem],
) -> None:
    """Read one file into `read`, or say in `problems` why it cannot be."""
    try:
        image = image_of(path, CAP)
    except FileFault as fault:
        problems.append(fault_problem(fault, name))
        return
    definition = parse(image.data, name)
    wanted = is_agent(definition) and (not place.plain or speaks_to_agent(definition))
    read[name] = Found(image.stamp, definition, wanted)


def speaks_to_agent(definition: AgentDefinition) -> bool:
    """Tell whether a file of an ordinary directory has an agent's front matter, or says who the agent is."""
    keys = {key.casefold() for key in definition.fields}
    said = bool(keys & {"name", "description", "tools", "model", "role"})
    return said or definition.role is not None or "You are " in definition.body[:2_000]


def markdown_files(
    place: Place, directory: str, problems: list[Problem], depth: int = 0
) -> Iterator[tuple[str, Stamp]]:
    """Yield the markdown files of a directory by name, then those of its own directories."""
    below: list[str] = []
    for entry in listing(place, directory, problems):
        path = f"{directory}/{entry.name}" if directory else entry.name
        if entry.kind == "directory" and place.recursive and depth < DEPTH:
            below.append(path)
        elif entry.kind == "file" and entry.name.endswith(".md") and not entry.name.startswith("."):
            yield path, entry.stamp
        elif entry.kind == "file" and not place.plain and misses_suffix(entry.name):
            problems.append(suffix_problem(os.path.join(place.prefix, path)))
        elif entry.kind == "link" and not entry.name.startswith("."):
            problems.append(link_problem(os.path.join(place.prefix, path)))
        elif entry.kind == "other" and entry.name.endswith(".md"):
            problems.append(no_file_problem(os.path.join(place.prefix, path)))
    for path in below:
        yield from markdown_files(place, path, problems, depth + 1)


def listing(place: Place, directory: str, problems: list[Problem]) -> list[Entry]:
    """Return the entries of a directory; none where it is missing."""
    try:
        return sorted(place.root.entries(directory), key=lambda entry: entry.name)
    except Missing:
        severity = Severity.INFO if place.plain else Severity.WARNING
        if directory:
            found = link_problems(place.root, directory, severity)
            problems += [structs.replace(one, file=os.path.join(place.prefix, one.file)) for one in found]
        return []
    except FileFault as fault:
        problems.append(fault_problem(fault, os.path.join(place.prefix, directory)))
        return []


def fault_problem(fault: FileFault, file: str) -> Problem:
    """Turn a file that cannot be read into a problem."""
    return Problem(Severity.ERROR, file, 1, f"cannot be read: {fault.reason}", hint=fault.hint)


def misses_suffix(name: str) -> bool:
    """Tell whether a file is markdown by a suffix that no reader of definitions takes, such as `.MD`."""
    stem, suffix = os.path.splitext(name)
    markdown = suffix.casefold() in (".md", ".markdown") and suffix != ".md"
    return markdown and not stem.startswith(".") and stem.casefold() != "readme"


def suffix_problem(file: str) -> Problem:
    """Say that a definition is not read because of its name."""
    message = "its name does not end with `.md`: nobody reads an agent from it, Claude Code neither"
    return Problem(Severity.WARNING, file, 1, message, hint=f"rename it to {os.path.splitext(file)[0]}.md")


def no_file_problem(file: str) -> Problem:
    """Say that a definition is a pipe, a socket or a device."""
    message = "this is no regular file; nothing of it is read"
    return Problem(Severity.WARNING, file, 1, message, hint="replace it by a plain file")


def link_problem(file: str) -> Problem:
    """Say that a definition is a link."""
    message = "this is a link; agentboard does not follow links"
    return Problem(
        Severity.WARNING, file, 1, message, hint="copy the file here, or name its directory in configuration"
    )
