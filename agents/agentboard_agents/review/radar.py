"""Which pairs may clash, and which clash is the worst. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

import msgspec
from msgspec import Struct

from agentboard_agents.review.parties import TREE, Party

__all__ = ["Overlap", "Place", "conflict_form", "item_id", "pairs", "ranked", "sentence"]

MOST_PLACES = 3


class Place(Struct, frozen=True):
    """Where two sides differ: a file, and the line of it in the merge of both (0: the whole file)."""

    file: str
    line: int = 0


class Overlap(Struct, frozen=True):
    """Two sides that change the same lines of `files`."""

    one: Party
    other: Party
    files: tuple[str, ...]
    places: tuple[Place, ...] = ()


def pairs(parties: Sequence[Party]) -> list[tuple[Party, Party]]:
    """Return the pairs that git may not be able to merge; of all others it is certain that it can.

    They changed a path in common, or one beneath another; or one put a file into a directory that the other
    may have moved elsewhere. A file that was moved is among the changed paths under both its names.
    """
    reach = {party.commit: _reach(party.paths) for party in parties}
    left = {party.commit: _above(party.removed) if party.added else frozenset[str]() for party in parties}
    entered = {party.commit: _above(party.added) for party in parties}

    def meet(one: Party, other: Party) -> bool:
        return not (
            one.paths.isdisjoint(reach[other.commit])
            and other.paths.isdisjoint(reach[one.commit])
            and left[one.commit].isdisjoint(entered[other.commit])
            and left[other.commit].isdisjoint(entered[one.commit])
        )

    return [
        (one, other)
        for one, other in combinations(parties, 2)
        if one.commit != other.commit and meet(one, other)
    ]


def ranked(found: Iterable[Overlap]) -> list[Overlap]:
    """Return the overlaps, the working tree's first, then those with the most files and places."""
    return sorted(
        found,
        key=lambda one: (
            TREE not in {one.one.name, one.other.name},
            -len(one.files),
            -len(one.places),
            one.one.name,
            one.other.name,
        ),
    )


def sentence(overlap: Overlap) -> str:
    """Return one line that says who changes what."""
    who = " and ".join(party.name for party in (overlap.one, overlap.other))
    return f"{who} change the same lines of {_files(overlap)}"


def item_id(overlap: Overlap) -> str:
    """Return the id of the inbox item about a pair, the same whichever comes first."""
    return "-".join(["conflict", *sorted(party.run or "tree" for party in (overlap.one, overlap.other))])


def conflict_form(overlap: Overlap) -> dict[str, Any]:
    """Return an overlap as scripts read it."""
    sides = [
        {"name": party.name, "run": party.run, "agent": party.agent} for party in (overlap.one, overlap.other)
    ]
    places = [msgspec.to_builtins(place) for place in overlap.places]
    where = _where(overlap.places)
    return {
        "one": sides[0],
        "other": sides[1],
        "files": list(overlap.files),
        "places": places,
        "where": where,
    }


def _reach(paths: frozenset[str]) -> frozenset[str]:
    """Return the paths with every directory above them: a file may stand where another has a directory."""
    return paths | _above(paths)


def _above(paths: frozenset[str]) -> frozenset[str]:
    return frozenset(path[:at] for path in paths for at, letter in enumerate(path) if letter == "/")


def _files(overlap: Overlap) -> str:
    shown = _where(overlap.places) or ", ".join(overlap.files[:MOST_PLACES])
    more = len(overlap.files) - MOST_PLACES
    return shown + (f" and {more} more files" if more > 0 else "")


def _where(places: Sequence[Place]) -> str:
    named = [f"{place.file}:{place.line}" if place.line else place.file for place in places[:MOST_PLACES]]
    return ", ".join(named)
