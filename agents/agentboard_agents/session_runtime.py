"""Which runtime a run uses, opened."""

from __future__ import annotations

from agentboard_agents.runtimes.port import Runtime, TurnFailed
from agentboard_agents.session_equipment import Equipment
from agentboard_tasks.files import FileFault, Missing, Root

__all__ = ["open_runtime"]


def open_runtime(equipment: Equipment) -> Runtime:
    """Open the runtime that a run was dispatched with.

    Raises:
        TurnFailed: when it is unknown, or has no key.
    """
    name = equipment.spec.runtime
    if name == "anthropic":
        from agentboard_agents.runtimes.anthropic import from_environment

        return from_environment(equipment.survey.config.base_url)
    if name == "rehearsal":
        return rehearsal(equipment.root)
    raise TurnFailed("credentials", f"there is no runtime {name!r}: anthropic or rehearsal", retryable=False)


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
