"""What of a repository's own commands a run may use: its configured gates, once a person trusts them."""

from __future__ import annotations

from agentboard_agents.gates import Gate
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.trust import load_trust
from agentboard_agents.trust_wants import trusted_gates

__all__ = ["configured_gates"]

WAITING = "it is configured by the repository and waits for your yes: agentboard trust"


def configured_gates(equipment: Equipment) -> tuple[Gate, ...]:
    """Return the configured gates; those that are not trusted as they stand wait for a yes."""
    config = equipment.survey.config
    trusted = set(trusted_gates(config, load_trust(equipment.project)))
    return tuple(
        Gate(
            gate.name,
            ("bash", "-c", gate.command),
            kind="configured",
            waiting="" if (gate.name, gate.command) in trusted else WAITING,
        )
        for gate in config.gates
    )
