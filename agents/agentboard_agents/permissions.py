"""Asking a person before a tool acts: when the rules ask, or when a command would leave the sandbox."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable

import msgspec

from agentboard_agents.permission_answers import Remembered
from agentboard_agents.permission_policy import Decision, LivePolicy, Policy, act_of
from agentboard_agents.permission_rules import AGENTS, SHELL, Act
from agentboard_agents.sandbox.box import Sandbox
from agentboard_agents.session_equipment import Equipment
from agentboard_agents.turns_port import Workplace
from agentboard_tasks.files import FileFault
from agentboard_tasks.text import SafeText

__all__ = ["EACH_TIME", "FOR_PROJECT", "FOR_RUN", "OPTIONS", "Permissions", "approved", "hidden_characters"]

FOR_RUN = "always for this run"
FOR_PROJECT = "always for this project"
OPTIONS = ("approve", FOR_RUN, FOR_PROJECT, "deny")
EACH_TIME = ("approve", "deny")
SPELLINGS = {
    "for this run": FOR_RUN,
    "always": FOR_RUN,
    "for this project": FOR_PROJECT,
    "once": "approve",
}
"""What people write for an option; `always` alone is taken for the narrower one."""

YES = frozenset({"approve", "approved", "allow", "allowed", "yes", "y", "ok", FOR_RUN, FOR_PROJECT})
MOST_SHOWN = 4_000


class Permissions:
    """The permissions of one run; an answer binds to exactly what was shown.

    Calls are counted in the workflow's own order and each asks under a name made of that number and of all
    that the tool was given, so that a replayed run finds its own answers, and never another one's.
    """

    def __init__(self, place: Workplace, equipment: Equipment) -> None:
        self._place = place
        self._equipment = equipment
        self._rules = LivePolicy(equipment.project, equipment.definition)
        self._remembered = Remembered(equipment.project)
        self._count = 0
        self._approved: set[str] = set()
        self._always: set[Act] = set()

    @property
    def sandbox(self) -> Sandbox:
        """Where commands run."""
        return self._equipment.sandbox

    def withholds(self, tool: str) -> bool:
        """Tell whether the rules deny every use of a tool."""
        return self._rules.now().withholds(tool)

    def hides(self) -> Callable[[str], bool]:
        """Return what tells of a file whether searches leave it out, as the rules are now."""
        return self._rules.now().hides

    async def permit(self, name: str, given: dict[str, object]) -> str | None:
        """Return `None` when the tool may be used, else why not; a person may be asked."""
        self._count += 1
        policy = self._rules.now()
        act, decision = await asyncio.to_thread(self._judge, policy, name, given)
        if decision.verdict == "deny":
            return f"{decision.reason}; find another way, or ask why"
        leaves = name == SHELL and self.sandbox.asks
        if decision.verdict != "ask" and not leaves:
            return None
        if decision.verdict == "allow" and self.sandbox.name != "none":
            return self._granted(act)
        if act in self._always or (not self._each_time(act) and self._remembered.has(act)):
            return self._granted(act)
        if policy.mode == "dontAsk":
            return "it would have to be asked for, and this agent asks nobody (permissionMode: dontAsk)"
        why = decision.reason if decision.verdict == "ask" else self._weakness()
        return await self._ask(act, given, why)

    def _judge(self, policy: Policy, name: str, given: dict[str, object]) -> tuple[Act, Decision]:
        """Say what a call is about, and what the rules say; a command is read by another process."""
        act = act_of(name, given, self._working_directory, self._roots)
        other = self._equipment.survey.team.find(act.subject) if name in AGENTS else None
        if other is not None:
            act = msgspec.structs.replace(act, aliases=(other.name, other.stem))
        return act, policy.decide(act)

    async def granted(self, tool: str, exact: str) -> bool:
        """Tell whether exactly this was approved; it asks nobody."""
        return tool == SHELL and exact in self._approved

    async def _ask(self, act: Act, given: dict[str, object], why: str) -> str | None:
        exact = act.subject if act.tool == SHELL else f"{act.tool} {msgspec.json.encode(given).decode()}"
        digest = hashlib.sha256(exact.encode("utf-8", "surrogatepass")).hexdigest()[:10]
        item = f"{self._place.run}-p{self._place.turns}-{self._count}-{digest}"
        options = EACH_TIME if self._each_time(act) else OPTIONS
        text = question(act, exact, why, self._reach())
        answer = await self._place.control.ask(item, "permission", text, options, "human", (), exact)
        if not approved(answer):
            return f"a person did not allow this ({answer}); find another way, or ask why"
        await self._keep(act, choice_of(answer))
        return self._granted(act)

    async def _keep(self, act: Act, choice: str) -> None:
        """Remember an answer for as long as it was given for."""
        if self._each_time(act):
            return
        if choice in {FOR_RUN, FOR_PROJECT}:
            self._always.add(act)
        if choice == FOR_PROJECT:
            try:
                await asyncio.to_thread(self._remembered.add, act)
            except FileFault as fault:
                message = f"the answer counts for this run only, it could not be kept: {fault}"
                self._place.control.emit("problem_found", severity="warning", message=message)

    def _granted(self, act: Act) -> str | None:
        """Note that an act was permitted, and return that nothing stands against it."""
        if act.tool == SHELL:
            self._approved.add(act.subject)
        return None

    def _each_time(self, act: Act) -> bool:
        """Whether nothing but a fresh yes counts: there is no sandbox at all."""
        return act.tool == SHELL and self.sandbox.name == "none"

    def _weakness(self) -> str:
        """Return why a command asks that no rule asks about."""
        here = (
            "there is no sandbox"
            if self.sandbox.name == "none"
            else "this sandbox is too weak to run unasked"
        )
        return f"{here} ({self.sandbox.reason})"

    def _reach(self) -> str:
        """Return what the sandbox would let it do."""
        box = self._equipment.box()
        if self.sandbox.name == "none":
            return "There is no sandbox here: it could do whatever you can do."
        network = "the network is open to it" if box.network else "it has no network"
        shared = " and the directories that the team shares" if box.binds else ""
        return (
            f"In the sandbox ({self.sandbox.name}) it can write the run's own work tree{shared}; {network}."
        )

    @property
    def _working_directory(self) -> str:
        return self._equipment.definition.working_directory or ""

    @property
    def _roots(self) -> tuple[str, ...]:
        return (self._equipment.worktree, self._equipment.project.root, "/project")


def question(act: Act, exact: str, why: str, reach: str) -> str:
    """Return what a person reads: the act, what hides in it, why it is asked, and how far it can reach."""
    more = len(exact) - MOST_SHOWN
    lines = [f"May I do this? {why}", exact[:MOST_SHOWN]]
    lines += [f"… and {more} more characters, all of which the answer is about"] if more > 0 else []
    hidden = hidden_characters(exact)
    lines += [f"Careful, it holds characters that are not shown: {', '.join(hidden)}"] if hidden else []
    if act.tool != SHELL:
        lines.append(f'"Always" is about {act.tool} {act.subject}'.rstrip())
    return "\n".join([*lines, reach])


def hidden_characters(text: str) -> tuple[str, ...]:
    """Return the invisible characters of a text, by the names that SafeText shows them under."""
    odd = dict.fromkeys(letter for letter in text if not (letter.isascii() and letter.isprintable()))
    named = {letter: str(SafeText.of(letter)) for letter in odd if letter not in "\n\t"}
    return tuple(name for letter, name in named.items() if name != letter)[:20]


def choice_of(answer: str) -> str:
    """Return the choice in an answer, without the reason after it."""
    choice = answer.partition(":")[0].strip().lower()
    return SPELLINGS.get(choice, choice)


def approved(answer: str) -> bool:
    """Tell whether an answer is a yes."""
    return choice_of(answer) in YES
