"""What the user and the project configure, typed; whatever is wrong is a problem, never an error."""

from __future__ import annotations

from msgspec import Struct

from agentboard_tasks.model import Problem

__all__ = ["AgentConfig", "Config", "ConfiguredGate"]


class AgentConfig(Struct, frozen=True):
    """What a configuration says about one agent; `None` leaves it to the definition."""

    protocol: str | None = None
    model: str | None = None
    network: bool = False


class ConfiguredGate(Struct, frozen=True):
    """A command that the project wants as a quality gate; it needs trust."""

    name: str
    command: str


class Config(Struct, frozen=True):
    """The user's and the project's configuration together."""

    models: dict[str, str] = {}
    theme: str | None = None
    idle_seconds: float = 300.0
    turns: int | None = None
    budget_usd: float | None = None
    base_url: str | None = None
    agent_directories: tuple[str, ...] = ()
    artifact_directories: tuple[str, ...] = ()
    agents: dict[str, AgentConfig] = {}
    gates: tuple[ConfiguredGate, ...] = ()
    problems: tuple[Problem, ...] = ()

    def agent(self, stem: str, name: str | None = None) -> AgentConfig:
        """Return what is configured for an agent, by its file stem or its name."""
        return self.agents.get(stem) or self.agents.get(name or "") or AgentConfig()
