"""The packages of a repository of several: each is checked by its own tools where the work touches it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import structs

from agentboard_agents.gates.gate import Gate
from agentboard_agents.gates.place import Place

__all__ = ["apart", "concerned", "packages", "spread", "within"]

MOST = 500
MOST_RUN = 8
"""Packages whose tests are run for work that touches none of them."""

DEEPEST = 4
"""Directories from where the gates are looked for down to a package."""

SAMPLES = frozenset(
    {"fixtures", "testdata", "test", "tests", "__tests__", "examples", "example", "templates"}
)
"""Directories whose packages are material, and none of the project's own."""


def spread(place: Place, kind: Callable[[Place], list[Gate]], manifests: Sequence[str]) -> list[Gate]:
    """Return the gates of one kind: those of the place itself, else those of the packages beneath it."""
    own = kind(place)
    return own or within(place, kind, packages(place, manifests))[:MOST]


def packages(place: Place, manifests: Sequence[str]) -> list[str]:
    """Return the directories beneath a place that hold one of these files, outermost first."""
    found = (name for name in place.listing.holding(manifests) if is_package(name, place.directory))
    return sorted(found, key=lambda name: (name.count("/"), name))


def is_package(name: str, above: str) -> bool:
    """Tell whether a directory beneath another one can be a package of the project."""
    prefix = f"{above}/" if above else ""
    if name == above or not name.startswith(prefix):
        return False
    parts = name.removeprefix(prefix).split("/")
    return len(parts) <= DEEPEST and not any(part in SAMPLES or part.startswith(".") for part in parts)


def within(place: Place, kind: Callable[[Place], list[Gate]], directories: Iterable[str]) -> list[Gate]:
    """Return the gates of packages; one inside of another that has some is a part of it."""
    gates: list[Gate] = []
    for directory in directories:
        if any(directory.startswith(f"{gate.directory}/") for gate in gates):
            continue
        found = kind(structs.replace(place, directory=directory))
        gates += [structs.replace(one, name=f"{one.name} ({directory})", inner=True) for one in found]
    return gates


def apart(gate: Gate, others: Sequence[Gate]) -> Gate:
    """Return the gate without the directories beneath its own in which others run the same kind of tests."""
    above = f"{gate.directory}/" if gate.directory else ""
    beneath = [
        other.directory.removeprefix(above)
        for other in others
        if other.directory != gate.directory
        and other.directory.startswith(above)
        and other.family[0] == gate.family[0]
    ]
    if gate.reader != "pytest" or not beneath:
        return gate
    return structs.replace(gate, argv=(*gate.argv, *(f"--ignore={name}" for name in beneath)))


def concerned(gates: Sequence[Gate], touched: Callable[[], Iterable[str]]) -> list[Gate]:
    """Return the gates that a change concerns: of the packages those that it touches.

    Where it touches none of those that have tests, and there are no other tests, all of them show that
    nothing broke.
    """
    if not any(gate.inner for gate in gates):
        return list(gates)
    paths = list(touched())
    chosen = [gate for gate in gates if not gate.inner or touches(paths, gate.directory)]
    if any(gate.kind == "tests" for gate in chosen):
        return chosen
    others = [gate for gate in gates if gate not in chosen and gate.kind == "tests"][:MOST_RUN]
    return [gate for gate in gates if gate in chosen or gate in others]


def touches(paths: Iterable[str], directory: str) -> bool:
    """Tell whether one of the paths is beneath a directory."""
    return any(path.startswith(f"{directory}/") for path in paths)
