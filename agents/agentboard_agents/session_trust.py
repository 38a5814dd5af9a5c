"""What of a repository's own commands a run may use: its configured gates, once a person trusts them."""

from __future__ import annotations

from agentboard_agents.gates import Gate
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.trust import load_trust
from agentboard_agents.trust_wants import trusted_gates

__all__ = ["configured_gates", "untrusted_gates"]


def configured_gates(equipment: Equipment) -> tuple[Gate, ...]:
    """Return the configured gates that are trusted as they stand; they run in the sandbox like all others."""
    trusted = trusted_gates(equipment.survey.config, load_trust(equipment.project))
    return tuple(Gate(name, ("bash", "-c", command), kind="configured") for name, command in trusted)


def untrusted_gates(equipment: Equipment) -> tuple[str, ...]:
    """Return the names of the configured gates that wait for a yes."""
    trusted = set(trusted_gates(equipment.survey.config, load_trust(equipment.project)))
    return tuple(
        gate.name for gate in equipment.survey.config.gates if (gate.name, gate.command) not in trusted
    )
