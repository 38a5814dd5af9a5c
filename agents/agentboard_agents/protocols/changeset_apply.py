"""Applying a change set to the work tree: all of its files, or none, whatever fails and whoever dies.

Everything new is written beside the tree first, and what it replaces is moved there; from then on there are
only renames, which need no room on the disk, so that taking a set back works where applying it did not.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

import msgspec
from msgspec import Struct

from agentboard_agents.owned_paths import Area, whose
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.formats.changeset import Change, ChangeSet

__all__ = ["Bench", "aimed", "applied", "dependency_files", "forgotten", "misfits"]

DEPENDENCY_FILES = frozenset(
    {
        "Cargo.lock", "Cargo.toml", "Pipfile", "Pipfile.lock", "go.mod", "go.sum", "package-lock.json",
        "package.json", "pnpm-lock.yaml", "poetry.lock", "pyproject.toml", "requirements-dev.txt",
        "requirements.in", "requirements.txt", "setup.cfg", "setup.py", "uv.lock", "yarn.lock",
        "Gemfile", "Gemfile.lock", "build.gradle", "build.gradle.kts", "composer.json", "composer.lock",
        "constraints.txt", "environment.yml", "pdm.lock", "pom.xml",
    }
)  # fmt: skip
REQUIREMENTS = re.compile(r"requirements[\w.-]*\.(?:txt|in)")
PLACE = "changes"
PLAIN = 0o644
LARGEST_NOTE = 16 * 1024 * 1024


class Bench(Struct, frozen=True):
    """Where a set is applied: `root` holds the work tree at `tree`, and beside it the set named `name`."""

    root: Root
    tree: str
    name: str

    def there(self, path: str) -> str:
        """Return the place of a file of the work tree."""
        return f"{self.tree}/{path}"

    def beside(self, kind: str, number: int) -> str:
        """Return the place of a file of the set: `new`, or `old` for what it replaces."""
        return f"{PLACE}/{self.name}/{kind}/{number}"

    @property
    def note(self) -> str:
        """The place of the note that says what is being changed."""
        return f"{PLACE}/{self.name}.json"


class Aim(Struct, frozen=True):
    """One file of a set that is being applied: whether it is written or goes, and its permissions before."""

    path: str
    writes: bool
    mode: int | None = None  # there was none


class Note(Struct, frozen=True):
    """What a set is about to change, and the directories that it makes."""

    aims: tuple[Aim, ...]
    directories: tuple[str, ...]


def dependency_files(changes: ChangeSet) -> list[str]:
    """Return the files of a set that say what the project depends on."""
    return [change.path for change in changes.files if is_dependency(change.path)]


def is_dependency(path: str) -> bool:
    """Tell whether a file says what its project depends on."""
    *_, above_it, name = ["", *path.split("/")]
    in_directory = above_it == "requirements" and name.endswith((".txt", ".in"))
    return name in DEPENDENCY_FILES or in_directory or REQUIREMENTS.fullmatch(name) is not None


def applied(bench: Bench, changes: ChangeSet) -> list[str]:
    """Apply a set whose paths are good; return every reason why it was not, and leave no trace then.

    Called again after the worker died in it, it first takes back what was half done, by the note that was
    written beforehand.
    """
    noted = read_note(bench)
    if noted is not None and (stuck := taken_back(bench, noted)):
        return stuck
    aims, reasons = aimed(bench, changes)
    if reasons:
        return reasons
    note = Note(aims, new_directories(bench, aims))
    try:
        prepare(bench, changes, note)
        for number, aim in sorted(enumerate(aims), key=lambda one: one[1].writes):  # what goes makes room
            exchange(bench, number, aim)
    except FileFault as fault:
        named = fault.path.removeprefix(f"{bench.tree}/")
        return [f"{named}: {fault.reason}; nothing was changed", *taken_back(bench, note)]
    return []


def aimed(bench: Bench, changes: ChangeSet) -> tuple[tuple[Aim, ...], list[str]]:
    """Return what a set would do to the files that are there, and every reason why it cannot."""
    reasons: list[str] = []
    deleted = {change.path for change in changes.files if change.action == "delete"}
    return tuple(aim_of(bench, change, deleted, reasons) for change in changes.files), reasons


def forgotten(bench: Bench) -> None:
    """Remove what was kept beside the tree: the set is applied for good."""
    note = read_note(bench)
    if note is not None:
        clear(bench, note)


def misfits(
    changes: ChangeSet, shared: Sequence[str], fence: Sequence[str] | None, areas: tuple[Area, ...] = ()
) -> list[str]:
    """Return why files of a set are not its agent's to change. Pure."""
    found: list[str] = []
    for change in changes.files:
        if within(change.path, shared):
            found.append(f"{change.path}: it is shared with the team, edit it with the tools")
        elif area := whose(change.path, areas):
            found.append(f"{change.path}: it is {area} code, which you leave alone")
        elif fence is not None and not within(change.path, fence):
            found.append(f"{change.path}: it is outside of what you may change ({', '.join(fence)})")
    return found


def within(path: str, places: Iterable[str]) -> bool:
    """Tell whether a path is one of these places, or beneath one."""
    return any(path == place or path.startswith(f"{place.rstrip('/')}/") for place in places)


def aim_of(bench: Bench, change: Change, deleted: AbstractSet[str], reasons: list[str]) -> Aim:
    """Return what a change does to the file that is there, noting why it cannot."""
    writes = change.action != "delete"
    try:
        reasons.extend(blocked(bench, change.path, deleted))
        found = bench.root.stamp(bench.there(change.path))
    except FileFault as fault:
        reasons.append(f"{change.path}: {fault.reason}")
        return Aim(change.path, writes)
    if found is None:
        if change.action != "create":
            reasons.append(f"{change.path}: {change.action} of a file that does not exist")
        return Aim(change.path, writes)
    if not stat.S_ISREG(found.mode):
        reasons.append(f"{change.path}: it is no plain file")
    elif change.action == "create":
        reasons.append(f"{change.path}: create of a file that exists")
    return Aim(change.path, writes, stat.S_IMODE(found.mode))


def blocked(bench: Bench, path: str, deleted: AbstractSet[str]) -> list[str]:
    """Return why nothing can be put beneath the directories of a path, if one of them is none."""
    for place in above(path):
        found = None if place in deleted else bench.root.stamp(bench.there(place))
        if found is None:
            return []
        if not stat.S_ISDIR(found.mode):
            return [f"{path}: {place} is no directory"]
    return []


def above(path: str) -> list[str]:
    """Return the directories that a path is in, outermost first."""
    names = path.split("/")[:-1]
    return ["/".join(names[:count]) for count in range(1, len(names) + 1)]


def new_directories(bench: Bench, aims: Iterable[Aim]) -> tuple[str, ...]:
    """Return the directories that a set makes."""
    wanted = dict.fromkeys(place for aim in aims if aim.writes for place in above(aim.path))
    return tuple(place for place in wanted if not is_directory(bench, place))


def is_directory(bench: Bench, place: str) -> bool:
    """Tell whether a directory is there."""
    try:
        found = bench.root.stamp(bench.there(place))
    except FileFault:
        return False
    return found is not None and stat.S_ISDIR(found.mode)


def prepare(bench: Bench, changes: ChangeSet, note: Note) -> None:
    """Write down what comes, and everything that is new."""
    bench.root.write(bench.note, msgspec.json.encode(note), mode=0o600)
    for kind in ("new", "old"):
        bench.root.make_directory(f"{PLACE}/{bench.name}/{kind}", 0o700)
    for number, (change, aim) in enumerate(zip(changes.files, note.aims, strict=True)):
        if aim.writes:
            data = change.content.encode()
            bench.root.write(bench.beside("new", number), data, mode=aim.mode or PLAIN)


def exchange(bench: Bench, number: int, aim: Aim) -> None:
    """Move what is there beside the tree, and what is new into it."""
    root, there = bench.root, bench.there(aim.path)
    if aim.mode is not None:
        root.rename(there, bench.beside("old", number))
    if aim.writes:
        if "/" in aim.path:
            root.make_directory(there.rpartition("/")[0])
        root.rename(bench.beside("new", number), there)


def taken_back(bench: Bench, note: Note) -> list[str]:
    """Make everything what it was before the set; return what could not be."""
    reasons: list[str] = []
    numbered = sorted(enumerate(note.aims), key=lambda one: not one[1].writes)
    for number, aim in numbered:
        try:
            take_back(bench, number, aim)
        except FileFault as fault:
            reasons.append(f"{aim.path}: could not be put back: {fault.reason}")
    if not reasons:
        clear(bench, note)
    return reasons


def take_back(bench: Bench, number: int, aim: Aim) -> None:
    """Make one file what it was; one that was not changed yet is left alone."""
    root, there = bench.root, bench.there(aim.path)
    came = aim.writes and aim.mode is None and root.stamp(bench.beside("new", number)) is None
    if came and root.stamp(there) is not None:
        root.remove(there)
    if aim.mode is not None and root.stamp(bench.beside("old", number)) is not None:
        root.rename(bench.beside("old", number), there)


def clear(bench: Bench, note: Note) -> None:
    """Take away what is beside the tree, the note last; and directories that were made and are empty."""
    root = bench.root
    kept = [bench.beside(kind, number) for number in range(len(note.aims)) for kind in ("new", "old")]
    made = sorted(map(bench.there, note.directories), key=len, reverse=True)
    places = (f"{PLACE}/{bench.name}/new", f"{PLACE}/{bench.name}/old", f"{PLACE}/{bench.name}")
    for place in (*kept, *made, *places, bench.note):
        try:
            if root.stamp(place) is not None:
                root.remove(place)
        except FileFault:
            continue  # a directory that is in use


def read_note(bench: Bench) -> Note | None:
    """Return what was noted, if anything is being applied."""
    try:
        return msgspec.json.decode(bench.root.read(bench.note, LARGEST_NOTE).data, type=Note)
    except (FileFault, msgspec.DecodeError):
        return None  # a note that is not whole was written before anything was changed
