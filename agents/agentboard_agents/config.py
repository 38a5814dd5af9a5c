"""What the user and the project configure, typed; whatever is wrong is a problem, never an error.

The user's file is `$XDG_CONFIG_HOME/agentboard/config.yaml`, the project's `.agentboard.yaml`. A project is
not trusted: it cannot say where the model is or what the key is, nor open the sandbox to the network, and its
gates wait for a yes.
"""

from __future__ import annotations

import os

from msgspec import Struct

from agentboard_agents.body_paths import repository_path
from agentboard_agents.config_budgets import Spending, read_spending
from agentboard_agents.config_fields import Fields
from agentboard_agents.config_setup import SetUp, read_setup
from agentboard_agents.definition import PROTOCOLS
from agentboard_agents.escalation import Rules, read_rules
from agentboard_agents.project import Project, config_home
from agentboard_tasks.files import FileFault, Missing, Root
from agentboard_tasks.formats.yamlvalues import DuplicateKey, Value, YamlRefused
from agentboard_tasks.model import Problem, Severity

__all__ = [
    "PROJECT_FILE",
    "USER_FILE",
    "AgentConfig",
    "Config",
    "ConfiguredGate",
    "config_of",
    "fields_of",
    "load_config",
]

USER_FILE = "config.yaml"
PROJECT_FILE = ".agentboard.yaml"
CAP = 64 * 1024
USER_KEYS = ("models", "theme", "worker_idle_seconds", "limits", "base_url", "agent_directories", "agents")
PROVIDER_KEYS = ("provider", "region", "cloud_project")
PROVIDERS = ("anthropic", "bedrock", "vertex")
SPENDING_KEYS = ("budgets", "prices")
PROJECT_KEYS = (
    *("agents", "artifacts", "agent_directories", "gates", "setup", "limits", "budgets", "standards"),
    "escalation",
)
SECRETS = ("base_url", "api_key", "anthropic_api_key", "anthropic_base_url", "auth_token", "key", "token")
AGENT_KEYS = ("protocol", "model", "network")
NETWORK_HINT = "put it under `agents:` in your own configuration, ~/.config/agentboard/config.yaml"
LENGTHS = ("line_length", "function_length")
ASKED = ("type_hints", "docstrings", "fail")
LIMIT_KEYS = ("turns", "budget_usd", "iterations", "runs", "minutes")


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
    """The user's and the project's configuration together. `idle_seconds` is when a worker goes by itself."""

    models: dict[str, str] = {}
    theme: str | None = None
    idle_seconds: float = 300.0
    turns: int | None = None
    iterations: int | None = None
    budget_usd: float | None = None
    base_url: str | None = None
    agent_directories: tuple[str, ...] = ()
    artifact_directories: tuple[str, ...] = ()
    agents: dict[str, AgentConfig] = {}
    gates: tuple[ConfiguredGate, ...] = ()
    setup: SetUp = SetUp()
    standards: dict[str, int | bool] = {}  # what of the quality standards is set, by name
    spending: Spending = Spending()
    escalation: Rules = Rules()
    provider: str | None = None  # a cloud instead of the API itself: bedrock, vertex
    region: str | None = None
    cloud_project: str | None = None
    problems: tuple[Problem, ...] = ()

    def agent(self, stem: str, name: str | None = None) -> AgentConfig:
        """Return what is configured for an agent, by its file stem or its name."""
        return merged(self.agents.get(stem, AgentConfig()), self.agents.get(name or "", AgentConfig()))


def load_config(project: Project) -> Config:
    """Read both files; one that is missing says nothing, one that is broken says why in `problems`."""
    problems: list[Problem] = []
    user = read_fields(config_home(), USER_FILE, problems, shown=os.path.join(config_home(), USER_FILE))
    own = read_fields(project.root, PROJECT_FILE, problems, shown=PROJECT_FILE)
    return config_of(user, own, problems)


def config_of(user: Fields, own: Fields, problems: list[Problem]) -> Config:
    """Return what the user's and the project's members say together."""
    user.known((*USER_KEYS, *PROVIDER_KEYS, *SPENDING_KEYS, "escalation"))
    refuse_secrets(own)
    own.known((*PROJECT_KEYS, *SECRETS), hint=f"known are {', '.join(PROJECT_KEYS)}")
    limits, own_limits = user.mapping("limits"), own.mapping("limits")
    for fields in (limits, own_limits):
        fields.known(LIMIT_KEYS)
    return Config(
        models=texts(user.mapping("models")),
        theme=user.string("theme"),
        idle_seconds=given(user.number("worker_idle_seconds", 1.0), Config().idle_seconds),
        turns=whole(least(limits.number("turns", 1.0), own_limits.number("turns", 1.0))),
        iterations=whole(least(limits.number("iterations", 1.0), own_limits.number("iterations", 1.0))),
        budget_usd=least(limits.number("budget_usd"), own_limits.number("budget_usd")),
        base_url=user.string("base_url"),
        provider=user.string("provider", PROVIDERS),
        region=user.string("region"),
        cloud_project=user.string("cloud_project"),
        agent_directories=(*inside(own, "agent_directories"), *user.strings("agent_directories")),
        artifact_directories=tuple(path for path in inside(own, "artifacts") if path),
        agents=all_agents(user.mapping("agents"), own.mapping("agents")),
        gates=gates(own),
        setup=read_setup(own),
        standards=read_standards(own.mapping("standards")),
        spending=read_spending(user, own),
        escalation=read_rules(user, own),
        problems=tuple(problems),
    )


def read_yaml(text: str) -> tuple[dict[str, Value], list[DuplicateKey]]:
    """Read a mapping; the YAML library is imported only where there is something for it to read."""
    from agentboard_tasks.formats.yamltext import read_mapping

    return read_mapping(text)


def read_fields(directory: str, name: str, problems: list[Problem], *, shown: str) -> Fields:
    """Read the mapping of one file."""
    try:
        return fields_of(Root(directory).read(name, cap=CAP).data, shown, problems)
    except Missing:
        pass
    except FileFault as fault:
        problems.append(Problem(Severity.ERROR, shown, 1, f"cannot be read: {fault.reason}", hint=fault.hint))
    return Fields(shown, "", {}, problems)


def fields_of(data: bytes, shown: str, problems: list[Problem]) -> Fields:
    """Return the mapping that bytes hold; one without members, and a problem, where they hold none."""
    nothing = Fields(shown, "", {}, problems)
    try:
        text = data.decode("utf-8-sig")
        values, twice = read_yaml(text)
    except UnicodeDecodeError:
        problems.append(
            Problem(
                Severity.ERROR, shown, 1, "it is not UTF-8; nothing in it counts", hint="save it as UTF-8"
            )
        )
        return nothing
    except YamlRefused as refused:
        message = f"no valid YAML: {refused.reason}; nothing in it counts"
        hint = "correct it there; quote values with `: ` or `#` in them"
        problems.append(Problem(Severity.ERROR, shown, refused.line + 1, message, refused.column + 1, hint))
        return nothing
    for key, line in twice:
        message = f"the key `{key}` is given twice; the last one counts"
        problems.append(Problem(Severity.WARNING, shown, line + 1, message, hint="remove the other"))
    return Fields(shown, text, values, problems)


def refuse_secrets(fields: Fields) -> None:
    """Say that a project cannot choose where the model is, or with which key."""
    for key in SECRETS:
        if key in fields.values:
            hint = "put it into the environment, or your own configuration"
            fields.refuse(key, f"`{key}` of a project is ignored: a repository must not choose it", hint)


def all_agents(user: Fields, project: Fields) -> dict[str, AgentConfig]:
    """Return what both files say about each agent; the user's word counts before the project's."""
    mine, theirs = agents(user, trusted=True), agents(project, trusted=False)
    names = dict.fromkeys((*mine, *theirs))
    return {name: merged(mine.get(name, AgentConfig()), theirs.get(name, AgentConfig())) for name in names}


def agents(fields: Fields, *, trusted: bool) -> dict[str, AgentConfig]:
    """Read what one file says about each agent; only a trusted one may open the network."""
    found: dict[str, AgentConfig] = {}
    for name in fields.values:
        own = fields.mapping(name)
        own.known(AGENT_KEYS)
        protocol, network = own.string("protocol", PROTOCOLS), own.flag("network")
        if network and not trusted:
            own.refuse("network", "`network: true` of a project is ignored: it is not trusted", NETWORK_HINT)
        found[name] = AgentConfig(protocol, own.string("model"), network and trusted)
    return found


def merged(first: AgentConfig, second: AgentConfig) -> AgentConfig:
    """Return two settings of one agent as one; the first counts where both say something."""
    protocol, model = first.protocol or second.protocol, first.model or second.model
    return AgentConfig(protocol, model, first.network or second.network)


def gates(fields: Fields) -> tuple[ConfiguredGate, ...]:
    """Read the configured gates: each has a command, and a name or the command's first word."""
    found: list[ConfiguredGate] = []
    for gate in fields.mappings("gates"):
        gate.known(("name", "command"))
        command = gate.string("command")
        if command is None:
            fields.refuse("gates", "a gate needs a `command`")
        else:
            found.append(ConfiguredGate(gate.string("name") or command.split()[0], command))
    return tuple(found)


def read_standards(fields: Fields) -> dict[str, int | bool]:
    """Read what a project asks of new code; a length of 0 is no limit at all."""
    fields.known((*LENGTHS, *ASKED))
    lengths = {key: fields.number(key) for key in LENGTHS if key in fields.values}
    found: dict[str, int | bool] = {
        key: int(value) or 10**9 for key, value in lengths.items() if value is not None
    }
    return found | {key: fields.flag(key) for key in ASKED if key in fields.values}


def inside(fields: Fields, key: str) -> tuple[str, ...]:
    """Return directories of the project; those outside are refused."""
    found: list[str] = []
    for text in fields.strings(key):
        path = repository_path(text)
        if path is None:
            fields.refuse(key, f"`{key}` leads outside the project: {text!r}", "name a directory beneath it")
        else:
            found.append(path)
    return tuple(found)


def texts(fields: Fields) -> dict[str, str]:
    """Return the members that are texts."""
    found = {key: fields.string(key) for key in fields.values}
    return {key: value for key, value in found.items() if value is not None}


def least(one: float | None, other: float | None) -> float | None:
    """Return the lower of two limits: a project may narrow what the user allows, not widen it."""
    return min((limit for limit in (one, other) if limit is not None), default=None)


def whole(limit: float | None) -> int | None:
    """Return a limit as a whole number."""
    return int(limit) if limit is not None else None


def given(value: float | None, otherwise: float) -> float:
    """Return a value, or what counts where none is given."""
    return otherwise if value is None else value
