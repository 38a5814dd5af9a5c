"""What Claude Code keeps in the user's home about teams and sessions at work in this project, read only.

A team is of this project if a member's working directory is in it, a session if its transcript is among the
project's; a team that says nowhere where it works counts as well.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from msgspec import Struct, structs

from agentboard_tasks.files import FileFault, Root, Stamp
from agentboard_tasks.formats import claudecode
from agentboard_tasks.formats.claudecode import Letter, Usage
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.model import Problem, Severity, Task, TaskList

__all__ = ["HOME", "Inbox", "Team", "read_teams", "transcripts", "usage_of"]

HOME = ".claude"
CAP = 256 * 1024
MOST_TEAMS = 200
MOST_FILES = 1_000
MOST_TRANSCRIPTS = 100
LONGEST_TRANSCRIPT = 32 * 1024 * 1024
SESSION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Inbox(Struct, frozen=True):
    """The letters to one agent of a team, oldest first."""

    file: str
    team: str
    agent: str
    letters: tuple[Letter, ...]


class Team(Struct, frozen=True):
    """A team or session: its tasks (the `file` of the list is a directory), inboxes, and the newest stamp."""

    tasks: TaskList
    inboxes: tuple[Inbox, ...]
    stamp: Stamp
    problems: tuple[Problem, ...] = ()


class _Place(Struct):
    """`~/.claude`, as it is reached and as it is shown, while a team is read."""

    root: Root
    shown: str
    problems: list[Problem]

    def files(self, directory: str, suffix: str = ".json") -> Iterator[tuple[str, Stamp]]:
        """Yield the files of a directory, those with numbers as names in their order."""
        found: list[tuple[str, Stamp]] = []
        with suppress(FileFault):
            entries = self.root.entries(directory)[:MOST_FILES]
            found = [(one.name, one.stamp) for one in entries if one.kind == "file"]
        for name, stamp in sorted(found, key=lambda pair: (len(pair[0]), pair[0])):
            if name.endswith(suffix) and not name.startswith("."):
                yield f"{directory}/{name}", stamp

    def path(self, rel: str) -> str:
        """Return a path as it is shown."""
        return f"{self.shown}/{rel}"


def read_teams(home: str, project: str) -> dict[str, Team]:
    """Return the teams and sessions of a project by their names.

    Args:
        home: the user's home directory.
        project: the root of the repository, absolute.
    """
    shown = os.path.join(home, HOME)
    place = _Place(Root(shown), shown, [])
    names = [name for name in _names(place.root, ("tasks", "teams")) if _is_here(place, name, project)]
    read = {name: _team(place, name) for name in names[:MOST_TEAMS]}
    return {name: team for name, team in read.items() if team is not None}


def _names(root: Root, directories: Iterable[str]) -> list[str]:
    names: dict[str, None] = {}
    for directory in directories:
        with suppress(FileFault):
            names |= {one.name: None for one in root.entries(directory) if one.kind == "directory"}
    return list(names)


def _is_here(place: _Place, team: str, project: str) -> bool:
    """Tell whether a team or session works in the project, or says nowhere where it works."""
    if SESSION.fullmatch(team):
        with suppress(FileFault):
            return place.root.stamp(f"projects/{_slug(project)}/{team}.jsonl") is not None
        return False
    directories = _working_directories(place, team)
    return not directories or any(_within(path, project) for path in directories)


def _within(path: str, project: str) -> bool:
    real = os.path.realpath(path)
    return real == project or real.startswith(f"{project}{os.sep}")


def _working_directories(place: _Place, team: str) -> tuple[str, ...]:
    with suppress(FileFault, FormatError):
        rel = f"teams/{team}/config.json"
        return claudecode.parse_team(place.root.read(rel, cap=CAP).data, place.path(rel))
    return ()


def _slug(project: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "-", project)


def _team(place: _Place, team: str) -> Team | None:
    place.problems = []
    stamps: list[Stamp] = []
    tasks: list[Task] = []
    for rel, stamp in place.files(f"tasks/{team}"):
        stamps.append(stamp)
        tasks += _tasks(place, rel, team)
    inboxes: list[Inbox] = []
    for rel, stamp in place.files(f"teams/{team}/inboxes"):
        stamps.append(stamp)
        inboxes += _inboxes(place, rel, team)
    if not stamps:
        return None
    listed = TaskList(place.path(f"tasks/{team}"), team, None, tuple(tasks), sections=False)
    newest = max(stamps, key=lambda stamp: stamp.mtime_ns)
    return Team(listed, tuple(inboxes), newest, tuple(place.problems))


def _tasks(place: _Place, rel: str, team: str) -> Iterator[Task]:
    try:
        task = claudecode.parse_task(place.root.read(rel, cap=CAP).data, place.path(rel))
        yield structs.replace(task, id=f"{team.lstrip('-') or 'team'}:{task.key}", section=team)
    except (FileFault, FormatError) as fault:
        place.problems.append(_problem(fault, place.path(rel)))


def _inboxes(place: _Place, rel: str, team: str) -> Iterator[Inbox]:
    agent = rel.rpartition("/")[2].removesuffix(".json")
    try:
        letters = claudecode.parse_inbox(place.root.read(rel, cap=CAP).data, place.path(rel))
        yield Inbox(place.path(rel), team, agent, letters)
    except (FileFault, FormatError) as fault:
        place.problems.append(_problem(fault, place.path(rel)))


def _problem(fault: FileFault | FormatError, file: str) -> Problem:
    if isinstance(fault, FormatError):
        return structs.replace(fault.problem, severity=Severity.WARNING)
    return Problem(Severity.WARNING, file, 1, f"cannot be read: {fault.reason}", hint=fault.hint)


def transcripts(home: str, project: str) -> Mapping[str, Stamp]:
    """Return the transcripts of sessions in a project, the newest first, with their stamps."""
    shown = os.path.join(home, HOME)
    place = _Place(Root(shown), shown, [])
    found = dict(place.files(f"projects/{_slug(project)}", ".jsonl"))
    newest = sorted(found.items(), key=lambda pair: -pair[1].mtime_ns)
    return dict(newest[:MOST_TRANSCRIPTS])


def usage_of(home: str, found: Mapping[str, Stamp]) -> Usage:
    """Return the tokens of some transcripts together; one that cannot be read counts as nothing."""
    return claudecode.parse_usage(_lines(Root(os.path.join(home, HOME)), found))


def _lines(root: Root, files: Iterable[str]) -> Iterator[bytes]:
    for rel in files:
        with suppress(FileFault):
            yield from root.read_from(rel, 0, LONGEST_TRANSCRIPT).splitlines()
