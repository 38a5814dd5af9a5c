"""The symbols of a whole tree: of the checkout as it is on disk, or of a commit. Only what is new is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from typing import Protocol, TypeAlias

from msgspec import Struct

from agentboard_agents.project import Project
from agentboard_agents.repository import Repository
from agentboard_agents.repository.history import read_blobs, tree_files
from agentboard_agents.symbols.cache import Cache, Row
from agentboard_agents.symbols.checkout import Checkout
from agentboard_agents.symbols.ctags import Ctags, program
from agentboard_agents.symbols.reading import LARGEST, read_symbols
from agentboard_agents.symbols.symbol import Symbol, language_of

__all__ = ["Index", "index_checkout", "index_commit"]

MOST_FILES = 20_000
READING = "1"
"""Changes whenever a file is read otherwise than before, so that nothing older counts."""

BATCH = 64
Content: TypeAlias = tuple[str, str]
"""A path, and the id of what is in it."""


class Index(Struct, frozen=True):
    """What is defined where; `paths` has every file, `left_out` counts source files past the cap."""

    files: Mapping[str, tuple[Symbol, ...]]
    paths: tuple[str, ...] = ()
    left_out: int = 0

    def symbols(self) -> Iterator[Symbol]:
        """Yield every symbol, by file and line."""
        for found in self.files.values():
            yield from found


class Source(Protocol):
    """Where contents come from."""

    def contents(self, some: Sequence[Content]) -> dict[str, bytes]:
        """Return the contents with these ids."""
        ...


class Objects:
    """The contents of commits."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def contents(self, some: Sequence[Content]) -> dict[str, bytes]:
        """Read contents from git."""
        return read_blobs(self._repository.git, list(dict.fromkeys(blob for _, blob in some)))


def index_commit(repository: Repository, revision: str) -> Index:
    """Index a commit; nothing is written out.

    Raises:
        GitFault: when there is no such commit.
    """
    listed = tree_files(repository.git, repository.resolve(revision))
    source = [(file.path, file.blob) for file in listed if file.size <= LARGEST and language_of(file.path)]
    with closing(Cache(repository.state)) as cache:
        return _index(cache, Objects(repository), [file.path for file in listed], source)


def index_checkout(project: Project) -> Index:
    """Index the project's files as they are on disk, those that git would ignore aside."""
    with closing(Cache(project.state)) as cache:
        checkout = Checkout(project, cache)
        return _index(cache, checkout, checkout.paths, checkout.sources(MOST_FILES + 1))


def _index(cache: Cache, source: Source, paths: Iterable[str], wanted: Sequence[Content]) -> Index:
    some = wanted[:MOST_FILES]
    kept = cache.known({_key(*one) for one in some})
    fresh = [one for one in some if _key(*one) not in kept]
    read = _read(cache, source, fresh)
    files: dict[str, tuple[Symbol, ...]] = {}
    for path, blob in some:
        rows = kept.get(_key(path, blob)) or read.get(_key(path, blob), [])
        files[path] = tuple(_symbol(path, row) for row in rows)
    return Index(files, tuple(paths), len(wanted) - len(some))


def _read(cache: Cache, source: Source, fresh: Sequence[Content]) -> dict[str, list[Row]]:
    """Read what is new, and keep it batch by batch: who is interrupted goes on from there."""
    found: dict[str, list[Row]] = {}
    with ExitStack() as ending:
        installed = program() if fresh else None
        ctags = ending.enter_context(Ctags(installed)) if installed else None
        for start in range(0, len(fresh), BATCH):
            some = fresh[start : start + BATCH]
            contents = source.contents(some)
            read = {
                _key(path, blob): [_row(one) for one in read_symbols(path, contents[blob], ctags)]
                for path, blob in some
                if blob in contents
            }
            cache.keep(read)
            found.update(read)
    return found


def _key(path: str, blob: str) -> str:
    return f"{blob} {language_of(path)} {READING}{'c' if program() else ''}"


def _row(symbol: Symbol) -> Row:
    return symbol.name, symbol.kind, symbol.line, symbol.signature, symbol.scope, symbol.language


def _symbol(path: str, row: Row) -> Symbol:
    name, kind, line, signature, scope, language = row
    return Symbol(name, kind, path, line, signature, scope, language)
