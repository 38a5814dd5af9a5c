"""Where gates are looked for, and whether what they need is installed there."""

from __future__ import annotations

from msgspec import Struct

from agentboard_agents.gates import interpreter
from agentboard_agents.gates.listing import Listing

__all__ = ["Place", "missing"]


class Place(Struct, frozen=True):
    """Where detection looks: the files, the directory in question, the project whose tools are used."""

    listing: Listing
    directory: str
    project: str


def missing(place: Place, program: str) -> str:
    """Return the program if it is not installed here."""
    return "" if interpreter.program(place.project, place.directory, program) else program
