"""The checks as the base had them, where the work has changed what they run: it cannot pass by that. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from agentboard_agents.gates.gate import Gate

__all__ = ["as_before"]

BEFORE = "as on the base"


def as_before(had: Sequence[Gate], gates: Sequence[Gate]) -> list[Gate]:
    """Return what is to be run besides `gates`: checks of the base that they have not, or no longer so."""
    families = {gate.family for gate in gates}
    known = {(gate.name, gate.directory, gate.script) for gate in gates}
    lost: list[Gate] = []
    for gate in had:
        if (gate.name, gate.directory, gate.script) in known:
            continue
        if gate.script:
            lost.append(scripted(gate))
        elif gate.kind == "tests":
            lost += [] if gate.family in families else [gate]
        elif all((gate.name, gate.directory) != (one.name, one.directory) for one in gates):
            lost.append(structs.replace(gate, name=f"{gate.name} ({BEFORE})", advisory=True))
    return lost


def scripted(gate: Gate) -> Gate:
    """Return a gate that runs the script which the base had under its name."""
    words = " ".join([gate.script, *added(gate.argv)])
    name = gate.name.removesuffix(")")
    name = f"{name}, {BEFORE})" if name != gate.name else f"{name} ({BEFORE})"
    return structs.replace(gate, name=name, argv=("npm", "exec", "--silent", "-c", words))


def added(argv: Sequence[str]) -> Sequence[str]:
    """Return what is added to a script so that its results can be read."""
    return argv[argv.index("--") + 1 :] if "--" in argv else ()
