"""One look of the conflict radar: real merges in memory of the pairs that may clash, each content once."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Generator, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import TypeAlias

from agentboard_agents.project import Project
from agentboard_agents.projection import Run
from agentboard_agents.repository import GitFault
from agentboard_agents.repository.head import read_head
from agentboard_agents.repository.merging import Merge, Sides, merge_many, sides_many
from agentboard_agents.review.parties import TREE, Party, Scratch, party_of_run, party_of_tree
from agentboard_agents.review.radar import Overlap, Place, pairs, ranked
from agentboard_agents.survey import survey

__all__ = ["Sweeper", "sweep"]

KEPT = 5_000
LOOKS = 200
"""Looks after which what they wrote is cleared: each leaves a few small files, and the merges it made."""
AT_ONCE = 2
"""Work trees that are looked at, and shares of the merges that are made, at the same time."""
WORTH_TWO = 8
"""Merges for which it pays to start a second git."""
TREE_AGE = 10.0
"""Seconds for which what was seen of the user's work tree counts, while its HEAD stays."""
Clash: TypeAlias = tuple[tuple[str, ...], tuple[Place, ...]]
MOST_FILES = 3


class Sweeper:
    """The radar of one project; what it merged before it knows."""

    def __init__(self, project: Project, exclude: Sequence[str], *, owner: bool = False) -> None:
        """Begin; the one `owner` among the processes also clears what looks have written, now and then."""
        self._owner, self._looks = owner, 0
        self._git = Scratch(project)
        self._exclude = tuple(exclude)
        self._known: OrderedDict[tuple[str, str], Clash] = OrderedDict()
        self._parties: dict[str, Party | None] = {}
        self._tree_seen: object = None
        self._tree_at = 0.0
        self.merged = 0  # merges made so far

    def look(self, runs: Iterable[Run], changed: frozenset[str] | None = None) -> list[Overlap]:
        """Return the overlaps of live runs and the working tree, the worst first.

        Args:
            runs: those that are not over.
            changed: ids of the runs whose work tree may have changed since the last look; `None`: all.
        """
        live = [run for run in runs if run.branch and run.base]

        def party(run: Run) -> Party | None:
            return self._party(run, changed)

        self._git.settings()  # made under the same lock, which is not taken twice
        with self._git.alone(), self._beginning_anew_after_a_fault(), ThreadPoolExecutor(AT_ONCE) as threads:
            tree = threads.submit(self._tree, live, again=changed is None)
            parties = list(threads.map(party, live))
            return self._overlaps([party for party in (tree.result(), *parties) if party], threads)

    def tree_is_due(self) -> bool:
        """Tell whether somebody may have changed the user's work tree unseen, while runs are at work."""
        return bool(self._parties) and time.monotonic() - self._tree_at > TREE_AGE

    @contextmanager
    def _beginning_anew_after_a_fault(self) -> Generator[None]:
        """Clear what was written after many looks, and after one that failed: it may be damaged."""
        if self._owner and self._looks % LOOKS == 0:
            self._git.clear()
            self._parties.clear()
            self._tree_seen = None
        self._looks += 1
        try:
            yield
        except GitFault:
            self._looks = 0
            raise

    def _party(self, run: Run, changed: frozenset[str] | None) -> Party | None:
        if changed is None or run.id in changed or run.id not in self._parties:
            self._parties[run.id] = party_of_run(self._git, run, self._exclude)
        return self._parties[run.id]

    def _tree(self, live: Sequence[Run], *, again: bool) -> Party | None:
        """Look at the user's work tree; between two looks of the worker only now and then."""
        bases = [run.base for run in live if run.base]
        seen = (self._git.places, read_head(self._git.places), tuple(bases))
        if again or seen != self._tree_seen or time.monotonic() - self._tree_at > TREE_AGE:
            self._parties[TREE] = party_of_tree(self._git, self._exclude, bases)
            self._tree_seen, self._tree_at = seen, time.monotonic()
        return self._parties.get(TREE)

    def _overlaps(self, parties: Sequence[Party], threads: Executor) -> list[Overlap]:
        due = pairs(parties)
        fresh = [pair for pair in due if _key(*pair) not in self._known]
        self._known.update(zip((_key(*pair) for pair in fresh), self._clashes(fresh, threads), strict=True))
        self.merged += len(fresh)
        found = [Overlap(one, other, *self._known[_key(one, other)]) for one, other in due]
        while len(self._known) > max(KEPT, 2 * len(due)):
            self._known.popitem(last=False)
        return ranked(overlap for overlap in found if overlap.files)

    def _clashes(self, due: Sequence[tuple[Party, Party]], threads: Executor) -> list[Clash]:
        """Merge pairs; return the files of each that do not fit, with the places in the first of them."""
        asked = [(one.commit, other.commit) for one, other in due]
        share = len(asked) if len(asked) < WORTH_TWO else -(-len(asked) // AT_ONCE)
        shares = [asked[at : at + share] for at in range(0, len(asked), share or 1)]
        merges = list(chain.from_iterable(threads.map(partial(merge_many, self._git), shares)))
        shown = [(made.tree, one.path) for made in merges for one in made.conflicts[:MOST_FILES]]
        found = dict(zip(shown, sides_many(self._git, shown), strict=True))
        return [_clash(made, found) for made in merges]


def _clash(made: Merge, found: Mapping[tuple[str, str], tuple[Sides, ...]]) -> Clash:
    shown = made.conflicts[:MOST_FILES]
    places = tuple(place for one in shown for place in _places(one.path, found[made.tree, one.path]))
    return tuple(one.path for one in made.conflicts), places


def sweep(project: Project, runs: Iterable[Run]) -> list[Overlap]:
    """Look once, at everything."""
    live = [run for run in runs if run.branch and run.base]
    return Sweeper(project, shared_paths(project)).look(live) if live else []


def shared_paths(project: Project) -> tuple[str, ...]:
    """Return the team's live files, which every side sees alike."""
    found = survey(project)
    shared = found.layout.coordination(found.workspace.coordinated)
    return (*shared.directories, *shared.files)


def _places(file: str, found: tuple[Sides, ...]) -> list[Place]:
    return [Place(file, side.line) for side in found] or [Place(file)]


def _key(one: Party, other: Party) -> tuple[str, str]:
    return one.commit, other.commit
