"""Answers that a person gave for good: "always for this project", bound to exactly what was shown."""

from __future__ import annotations

import hashlib
import os

import msgspec
from msgspec import Struct

from agentboard_agents.permission_rules import Act
from agentboard_agents.project import Project
from agentboard_tasks.files import FileFault, Root

__all__ = ["Remembered", "digest_of", "load_answers"]

FILE = "permissions.json"
CAP = 4 * 1024 * 1024
MOST = 10_000


class Kept(Struct, frozen=True):
    """The file: digest of an act to the act in words, for people who read it."""

    root: str = ""
    always: dict[str, str] = {}


class Remembered:
    """The acts that may always be done in one project; the file is read again when it has changed."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._stamp: tuple[int, int] | None = None
        self._digests: frozenset[str] = frozenset()

    def has(self, act: Act) -> bool:
        """Tell whether exactly this act was said yes to for good."""
        stamp = self._now()
        if stamp != self._stamp:
            self._stamp, self._digests = stamp, frozenset(load_answers(self._project).always)
        return digest_of(act) in self._digests

    def add(self, act: Act) -> None:
        """Remember a yes for good, outside of the repository.

        Raises:
            FileFault: when it cannot be written.
        """
        known = load_answers(self._project)
        always = {**known.always, digest_of(act): f"{act.tool}: {act.subject}"[:2_000]}
        data = msgspec.json.encode(Kept(self._project.root, dict(list(always.items())[-MOST:])))
        Root(self._project.make_state()).write(FILE, msgspec.json.format(data), mode=0o600)

    def _now(self) -> tuple[int, int] | None:
        try:
            found = os.stat(os.path.join(self._project.state, FILE), follow_symlinks=False)
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns


def load_answers(project: Project) -> Kept:
    """Return what was answered for good; nothing where the file is missing, damaged, or of another path."""
    try:
        found = msgspec.json.decode(Root(project.state).read(FILE, cap=CAP).data, type=Kept)
    except (FileFault, msgspec.DecodeError, UnicodeDecodeError):
        return Kept()  # what is not known asks again
    return found if found.root == project.root else Kept()


def digest_of(act: Act) -> str:
    """Return the digest of a tool and exactly what it would do."""
    exact = f"{act.tool}\0{act.subject}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(exact).hexdigest()
