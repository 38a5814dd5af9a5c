"""What a person has said yes to of a repository's own wishes: kept outside of it, by path and content."""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterable, Sequence
from typing import Any, cast

import msgspec
from msgspec import Struct

from agentboard_agents.project import Project
from agentboard_tasks.files import FileFault, Root

__all__ = ["Trust", "Want", "as_list", "load_trust", "trust_file", "want"]

FILE = "trust.json"
CAP = 1024 * 1024
MOST = 5_000
SCRIPT_CAP = 4 * 1024 * 1024


class Want(Struct, frozen=True):
    """One thing that a repository wants to run or allow: `detail` is exactly what, `file` says so."""

    kind: str
    name: str
    detail: str
    file: str
    digest: str


class Trusted(Struct, frozen=True):
    """The file: for each yes what it was about."""

    root: str = ""
    yes: dict[str, str] = {}


class Trust(Struct, frozen=True):
    """The yeses of one project. One that it does not have is asked for again, however little has changed."""

    project: Project
    yes: frozenset[str] = frozenset()

    def has(self, wanted: Want) -> bool:
        """Tell whether exactly this was said yes to."""
        return wanted.digest in self.yes

    def remember(self, wanted: Iterable[Want]) -> Trust:
        """Say yes to things, for good, and return the trust that has them.

        Raises:
            FileFault: when it cannot be written.
        """
        known = read(self.project)
        said = {one.digest: f"{one.kind} {one.name}"[:200] for one in wanted}
        yes = dict(list({**known.yes, **said}.items())[-MOST:])
        data = msgspec.json.format(msgspec.json.encode(Trusted(self.project.root, yes)))
        Root(self.project.make_state()).write(FILE, data, mode=0o600)
        return Trust(self.project, frozenset(yes))


def load_trust(project: Project) -> Trust:
    """Return what was said yes to; nothing where the file is missing, damaged, or of another path."""
    return Trust(project, frozenset(read(project).yes))


def trust_file(project: Project) -> str:
    """Return where the yeses of a project are kept."""
    return os.path.join(project.state, FILE)


def read(project: Project) -> Trusted:
    """Read the file."""
    try:
        data = Root(project.state).read(FILE, cap=CAP).data
        found = msgspec.json.decode(data, type=Trusted)
    except (FileFault, msgspec.DecodeError, UnicodeDecodeError):
        return Trusted()  # no yes is known: everything asks again
    return found if found.root == project.root else Trusted()


def want(project: Project, kind: str, name: str, value: Any, file: str) -> Want:
    """Return a wish with the digest of its content, and of the scripts of the repository that it names."""
    detail = value if isinstance(value, str) else msgspec.json.encode(value, order="sorted").decode()
    scripts = [f"{path}={digest_of(project.root, path)}" for path in scripts_in(project.root, value)]
    whole = msgspec.json.encode([kind, name, detail, file, *scripts])
    return Want(kind, name, detail, file, hashlib.sha256(whole).hexdigest())


def scripts_in(root: str, value: Any) -> list[str]:
    """Return the files of the repository that a command names."""
    found = [word for text in texts_in(value) for word in words_of(text)]
    inside = [os.path.normpath(word.removeprefix(f"{root}/")) for word in found if len(word) < 4_000]
    paths = [path for path in inside if not path.startswith(("/", "..")) and "\0" not in path]
    return [path for path in dict.fromkeys(paths) if os.path.isfile(os.path.join(root, path))]


def words_of(text: str) -> list[str]:
    """Return the words of a command, also where its quotes do not close."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def texts_in(value: Any) -> list[str]:
    """Return every text in a JSON value."""
    if isinstance(value, str):
        return [value]
    parts = list(cast("dict[str, Any]", value).values()) if isinstance(value, dict) else value
    return [text for part in as_list(parts) for text in texts_in(part)]


def as_list(value: object) -> list[Any]:
    """Return a list as it is, and nothing for anything else."""
    return list(cast("Sequence[Any]", value)) if isinstance(value, list) else []


def digest_of(root: str, path: str) -> str:
    """Return the digest of a file's content; of its path when it cannot be read, so that it has one."""
    try:
        data = Root(root).read(path, cap=SCRIPT_CAP).data
    except FileFault as fault:
        data = f"unread: {fault.reason}".encode()
    return hashlib.sha256(data).hexdigest()
