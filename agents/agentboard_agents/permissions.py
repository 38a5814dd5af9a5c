"""What an agent may do unasked: commands run unasked only inside a working sandbox."""

from __future__ import annotations

from agentboard_agents.sandbox.box import Sandbox
from agentboard_agents.turns_port import Workplace

__all__ = ["OPTIONS", "Permissions", "approved"]

OPTIONS = ("approve", "deny")
YES = frozenset({"approve", "approved", "allow", "allowed", "yes", "y", "ok"})
MOST_SHOWN = 4_000


class Permissions:
    """The permissions of one run; an approval binds to the exact command that was shown."""

    def __init__(self, place: Workplace, sandbox: Sandbox) -> None:
        self._place = place
        self._sandbox = sandbox
        self._approved: set[str] = set()

    async def permit(self, name: str, given: dict[str, object]) -> str | None:
        """Return `None` when the tool may be used, else why not; a person may be asked."""
        command = given.get("command")
        if name != "Bash" or not self._sandbox.asks or not isinstance(command, str):
            return None
        text = f"May I run this command outside of a sandbox? ({self._sandbox.reason})"
        answer = await self._place.ask("permission", f"{text}\n{command[:MOST_SHOWN]}", OPTIONS, what=command)
        if not approved(answer):
            return f"a person did not allow this command ({answer}); find another way, or ask why"
        self._approved.add(command)
        return None

    async def granted(self, tool: str, exact: str) -> bool:
        """Tell whether exactly this was approved; it asks nobody."""
        return tool == "Bash" and exact in self._approved


def approved(answer: str) -> bool:
    """Tell whether an answer is a yes."""
    return answer.partition(":")[0].strip().lower() in YES
