"""The git side of a run: its work tree, its commits, what it changed. Each act is a durable step."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import Struct

from agentboard_agents.redaction import redact
from agentboard_agents.session_equipment import Equipment, branch_name, start_of
from agentboard_agents.turns_port import Workplace
from agentboard_tasks.files import Root

__all__ = ["Branch", "Handiwork"]

ACTS = {"A": "created", "D": "deleted"}
AUTHOR = "{name} (agentboard)"


class Branch(Struct, frozen=True):
    """Where a run's work is: its branch, the commit that it started from, its work tree.

    `onto` is the branch that was checked out then, which the work is meant for.
    """

    branch: str
    base: str
    worktree: str
    onto: str | None = None


class Handiwork:
    """The branch of one run."""

    def __init__(self, place: Workplace, equipment: Equipment) -> None:
        self._place = place
        self._equipment = equipment
        self.branch = Branch("", "", equipment.worktree)
        self._tip: str | None = None

    async def begin(self) -> Branch:
        """Make the work tree on its branch, still without files; it is there already after a crash."""
        at = await self._place.step("worktree", lambda: asyncio.to_thread(self._begin))
        self.branch = Branch(**at)
        if self._place.round.number:
            self._tip = await self._place.step("tip", lambda: asyncio.to_thread(self.tip))
        return self.branch

    def _begin(self) -> dict[str, str | None]:
        equipment, turn = self._equipment, self._place.round
        if turn.branch:
            branch = equipment.repository.resume_worktree(equipment.worktree, turn.branch)
            return {"branch": branch, "base": turn.base, "worktree": equipment.worktree}
        base, onto = start_of(equipment)
        branch = equipment.repository.register_worktree(equipment.worktree, branch_name(equipment), base)
        return {"branch": branch, "base": base, "worktree": equipment.worktree, "onto": onto}

    async def fill(self) -> None:
        """Write the files into the work tree, which takes its time in a large repository."""
        await self._place.step("files", lambda: asyncio.to_thread(self._fill))

    def _fill(self) -> None:
        at = self.branch
        self._equipment.repository.add_worktree(at.worktree, at.branch, at.base)

    async def commit(self, message: str) -> str | None:
        """Commit what the agent changed, the team's live files aside; `None` when nothing did.

        A commit that a worker made just before it died is found by the branch's tip.
        """
        before = self.at
        made: str | None = await self._place.step("commit", lambda: self._commit(message, before))
        self._tip = made or before
        return made

    async def _commit(self, message: str, before: str) -> str | None:
        equipment, branch = self._equipment, self.branch
        made = await asyncio.to_thread(
            equipment.repository.commit_worktree,
            branch.worktree,
            branch.branch,
            redact(message),
            exclude=equipment.shared_paths,
            author=AUTHOR.format(name=equipment.definition.name),
        )
        tip = self.tip()
        if tip == before:
            return None
        files = await asyncio.to_thread(equipment.repository.changed_files, before, tip)
        control, said = self._place.control, message.splitlines()[0]
        control.emit_once(f"commit {tip}", "commit_created", commit=tip, message=said, files=list(files))
        for left in made.left_out if made else ():
            told = f"{left.path} was not committed: {left.reason}"
            control.emit_once(
                f"left out {tip} {left.path}", "problem_found", severity="warning", message=told
            )
        return tip

    async def set_aside(self) -> str | None:
        """Archive what is not committed, and make the work tree as the branch has it; return the archive."""
        equipment, at = self._equipment, self.branch

        async def act() -> Any:
            return await asyncio.to_thread(
                equipment.repository.set_aside, at.worktree, at.branch, equipment.shared_paths
            )

        kept: str | None = await self._place.step("set aside", act)
        return kept

    def tip(self) -> str:
        """Return the newest commit of the branch."""
        return self._equipment.repository.tip(self.branch.branch) or self.branch.base

    @property
    def at(self) -> str:
        """The commit that the run's work has reached."""
        return self._tip or self.branch.base

    async def changed(self, since: str | None = None) -> list[str]:
        """Return the paths that the branch changed since a commit, else since its base."""

        async def look() -> Any:
            changed_files = self._equipment.repository.changed_files
            return list(await asyncio.to_thread(changed_files, since or self.branch.base, self.tip()))

        found: list[str] = await self._place.step("changed files", look)
        return found

    async def acts(self) -> dict[str, str]:
        """Return the paths that the branch changed, each with what was done: created, modified or deleted."""

        async def look() -> Any:
            changes = self._equipment.repository.changes
            found = await asyncio.to_thread(changes, self.branch.base, self.tip())
            return {one.path: ACTS.get(one.status, "modified") for one in found}

        found: dict[str, str] = await self._place.step("what was done", look)
        return found

    async def diff(self) -> str:
        """Return the difference that the branch makes."""

        async def look() -> Any:
            return await asyncio.to_thread(self._equipment.repository.diff, self.branch.base, self.tip())

        found: str = await self._place.step("diff", look)
        return found

    async def history(self, count: int) -> str:
        """Return the newest commits of the branch, one line each, with what their messages say."""

        async def look() -> Any:
            log = await asyncio.to_thread(self._equipment.repository.recent_log, self.tip(), count)
            return "\n".join(f"{entry.commit[:9]} {entry.time} {entry.subject}" for entry in log)

        found: str = await self._place.step("history", look)
        return found

    @property
    def files(self) -> Root:
        """The files of the work tree."""
        return Root.create(self.branch.worktree)
