"""Which runtime a run uses, opened once for all runs of a worker."""

from __future__ import annotations

import importlib
import os

from agentboard_agents.config import Config
from agentboard_agents.runtimes.opened import Runtimes
from agentboard_agents.runtimes.port import NO_KEY, OnText, Runtime, Turn, TurnFailed, TurnRequest
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.turns_port import KEY_NEEDED, has_key
from agentboard_tasks.files import FileFault, Missing, Root

__all__ = ["Keyless", "open_runtime", "preload"]


class Keyless:
    """The API in a worker that has no key: every call fails, until a worker that has one takes over."""

    name = "anthropic"

    async def turn(self, request: TurnRequest, on_text: OnText) -> Turn:  # noqa: ARG002
        """Refuse."""
        raise TurnFailed(NO_KEY, KEY_NEEDED, retryable=False)

    async def models(self) -> list[str]:
        """Refuse."""
        raise TurnFailed(NO_KEY, KEY_NEEDED, retryable=False)

    async def close(self) -> None:
        """Nothing is open."""


def open_runtime(equipment: Equipment, opened: Runtimes) -> Runtime:
    """Return the runtime that a run was dispatched with.

    Raises:
        TurnFailed: when it is unknown.
    """
    name = equipment.spec.runtime
    config = equipment.survey.config
    if name == "anthropic" and config.provider in {"bedrock", "vertex"}:
        return cloud(config, opened)
    if name == "anthropic":
        return anthropic(equipment.survey.config.base_url, opened) if has_key() else Keyless()
    if name == "rehearsal":
        return opened.get(name, lambda: rehearsal(equipment.root))
    raise TurnFailed("credentials", f"there is no runtime {name!r}: anthropic or rehearsal", retryable=False)


def anthropic(base_url: str | None, opened: Runtimes) -> Runtime:
    """Return the API at the address that counts now."""
    from agentboard_agents.runtimes.anthropic import from_environment

    address = os.environ.get("ANTHROPIC_BASE_URL") or base_url or ""
    return opened.get(f"anthropic {address}", lambda: from_environment(base_url))


def cloud(config: Config, opened: Runtimes) -> Runtime:
    """Return the cloud that the user's own configuration names."""
    from agentboard_agents.runtimes.providers import from_provider

    provider, region, project = config.provider or "", config.region, config.cloud_project
    return opened.get(f"{provider} {region} {project}", lambda: from_provider(provider, region, project))


def preload() -> None:
    """Import what the first run needs, if there is a key for it; takes about a second, in a thread."""
    if has_key():
        for name in ("agentboard_agents.runtimes.anthropic", "agentboard_agents.work"):
            importlib.import_module(name)


def rehearsal(root: Root) -> Runtime:
    """Open the scripted runtime with the scripts of a project."""
    from agentboard_agents.runtimes import script
    from agentboard_agents.runtimes.rehearsal import RehearsalRuntime, script_file

    def read(stem: str) -> script.Script | None:
        file = script_file(stem)
        try:
            return script.parse(root.read(file, cap=script.MAX_SCRIPT).data, file)
        except Missing:
            return None
        except FileFault as fault:
            raise script.ScriptRefused(str(fault)) from fault

    return RehearsalRuntime(read)
