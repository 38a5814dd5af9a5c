"""What is there now, compared with what was there: the truth behind every hint of a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from agentboard_tasks.files import Entry, FileFault, Root, Stamp

__all__ = ["TREE", "Reconciler"]

TREE = "/**"
"""The end of a path that stands for a directory with all its directories."""

DEPTH = 8
LIMIT = 20_000
Mark = tuple[int, int, int, int]
"""Inode, size, both times; a directory has the size -1 and no times: it counts by being there."""


class Reconciler:
    """Remembers a mark for every entry of the watched places.

    Paths are relative to the root. A place is a directory (its own entries count), a directory that ends in
    `/**` (all that is beneath it counts), or a file, and need not exist.
    """

    def __init__(self, root: Root) -> None:
        self.root = root
        self.marks: dict[str, Mark] = {}
        self.directories: tuple[str, ...] = ()
        self._listed: frozenset[str] = frozenset()
        self._files: frozenset[str] = frozenset()
        self._ways: frozenset[str] = frozenset()

    def scan(self, places: Sequence[str]) -> frozenset[str]:
        """Look at everything; return what came, went or changed since the last scan."""
        try:
            with self.root.held():
                return self._scan(places)
        except FileFault:  # the root is gone
            return self._scan(places)

    def _scan(self, places: Sequence[str]) -> frozenset[str]:
        now: dict[str, Mark] = {}
        directories: dict[str, None] = {}
        files: set[str] = set()
        for place in sorted(places, key=_depth):  # a directory before what is in it
            path = place.removesuffix(TREE).strip("/")
            if self._is_seen(path, now, directories):
                files.add(path)
            elif not self._list(path, now, directories, DEPTH if place.endswith(TREE) else 0):
                files.add(path)
                self._mark(path, now)
        changed = differing(self.marks, now)
        self.marks = now
        self._listed, self._files = frozenset(directories), frozenset(files)
        self._ways = frozenset(way for path in files for way in above(path))
        nearest = {self._nearest(path.rpartition("/")[0], now, directories) for path in files}
        self.directories = tuple(dict.fromkeys((*directories, *sorted(nearest))))
        return changed

    @staticmethod
    def _is_seen(path: str, now: dict[str, Mark], directories: dict[str, None]) -> bool:
        """Tell whether the listings above a path have said that it is a file, or that nothing is there."""
        if not path or len(now) >= LIMIT:
            return False
        listed = (way for way in (path, *above(path)) if way.rpartition("/")[0] in directories)
        return any(not is_directory(now.get(way)) for way in listed)

    def look(self, paths: Iterable[str]) -> tuple[frozenset[str], bool]:
        """Look at these paths alone; return what changed, and whether only a scan can tell the rest."""
        changed: set[str] = set()
        for path in paths:
            if path in self._ways:
                return frozenset(changed), True
            if path not in self._files and path.rpartition("/")[0] not in self._listed:
                continue
            before = self.marks.get(path)
            now: dict[str, Mark] = {}
            self._mark(path, now)
            after = now.get(path)
            if is_directory(before) or is_directory(after):
                return frozenset(changed), True
            if before != after:
                self._remember(path, after)
                changed.add(path)
        return frozenset(changed), False

    def _remember(self, path: str, mark: Mark | None) -> None:
        """Keep the mark of one path."""
        if mark is None:
            self.marks.pop(path, None)
        else:
            self.marks[path] = mark

    def _list(self, path: str, now: dict[str, Mark], directories: dict[str, None], depth: int) -> bool:
        """Mark the entries of a directory, and of those in it down to `depth`; False if it is none."""
        try:
            entries = self.root.entries(path)
        except FileFault:
            return False
        directories.setdefault(path)
        for entry in entries[: max(0, LIMIT - len(now))]:
            inner = f"{path}/{entry.name}" if path else entry.name
            now[inner] = mark_of(entry)
            if depth and entry.kind == "directory":
                self._list(inner, now, directories, depth - 1)
        return True

    def _mark(self, path: str, now: dict[str, Mark]) -> None:
        """Mark one path, if something is there."""
        try:
            stamp = self.root.stamp(path)
        except FileFault:
            return
        if stamp is not None:
            now[path] = mark_of_stamp(stamp)

    def _nearest(self, path: str, now: dict[str, Mark], directories: dict[str, None]) -> str:
        """Return the nearest directory that exists: a path or one above it."""
        while path and path not in directories:
            if not self._is_seen(path, now, directories) and self._leads_on(path):
                break
            path = path.rpartition("/")[0]
        return path

    def _leads_on(self, path: str) -> bool:
        """Tell whether a directory is there."""
        try:
            stamp = self.root.stamp(path)
        except FileFault:
            return False
        return stamp is not None and is_directory(mark_of_stamp(stamp))


def _depth(place: str) -> int:
    path = place.removesuffix(TREE).strip("/")
    return path.count("/") + bool(path)


def above(path: str) -> Iterator[str]:
    """Yield the directories that a path leads through."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def mark_of(entry: Entry) -> Mark:
    """Return the mark of a directory entry."""
    return mark_of_stamp(entry.stamp)


def mark_of_stamp(stamp: Stamp) -> Mark:
    """Return the mark that belongs to a stamp."""
    if stamp.mode & 0o170000 == 0o040000:
        return stamp.inode, -1, 0, 0
    return stamp.inode, stamp.size, stamp.mtime_ns, stamp.ctime_ns


def is_directory(mark: Mark | None) -> bool:
    """Tell whether a mark is a directory's."""
    return mark is not None and mark[1] == -1


def differing(before: dict[str, Mark], after: dict[str, Mark]) -> frozenset[str]:
    """Return the paths whose marks are not the same in both."""
    return frozenset(path for path, _ in before.items() ^ after.items())
