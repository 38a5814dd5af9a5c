"""Moving a branch to another commit, together with the user's work tree where that branch is checked out.

The order is: intent on disk, git's index lock, every check, the branch by compare-and-swap, the files, the
index, with which the lock goes. A process that dies in between leaves its intent; `recover` goes on from it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from agentboard_agents.repository import commits
from agentboard_agents.repository.fault import GitFault
from agentboard_agents.repository.landing_files import in_the_way, move_files, untouched
from agentboard_agents.repository.landing_index import UserIndex, same
from agentboard_agents.repository.landing_places import CannotLand, check_nobody_else, is_checked_out
from agentboard_agents.repository.landing_plan import NOTHING, Change, Plan, plan
from agentboard_agents.repository.names import checked_branch
from agentboard_agents.repository.plumbing import Plumbing
from agentboard_tasks.files import FileFault, Missing, Root

__all__ = ["CannotLand", "Landed", "Landing", "Landings"]

SHOWN = 5


class Landing(Struct, frozen=True):
    """A branch that goes from `old` to `new`; `name` is the run for whose sake, `source` its branch."""

    name: str
    branch: str
    old: str
    new: str
    source: str = ""


class Landed(Struct, frozen=True):
    """What came of it: whether the user's files followed, and those that somebody changed meanwhile."""

    landing: Landing
    files: bool = False
    kept: tuple[str, ...] = ()


class Landings:
    """The landings of one repository, one at a time."""

    def __init__(self, git: Plumbing, root: str) -> None:
        self._git = git
        self._root = Root(root)
        self._state = os.path.join(git.state, "landings")

    def land(self, landing: Landing) -> Landed:
        """Move the branch; the intent stays on disk until `forget`.

        Raises:
            CannotLand: with the reason; then branch, files and index are as before.
        """
        checked_branch(landing.branch)
        check_nobody_else(self._git, landing.branch)
        self._journal(landing)
        try:
            if not is_checked_out(self._git, landing.branch):
                self._move(landing)
                return Landed(landing)
            return self._with_files(landing)
        except (GitFault, FileFault):
            self.forget(landing.name)
            raise

    def pending(self) -> list[str]:
        """Return the names of the landings that were begun and not forgotten."""
        try:
            entries = Root(self._state).entries()
        except Missing:
            return []
        names = [entry.name for entry in entries if entry.name.endswith(".json")]
        return [name.removesuffix(".json") for name in names]

    def recover(self, name: str) -> Landed | None:
        """End what a dead process began; `None` when nothing was begun, or the branch had not moved."""
        landing = self.known(name)
        if landing is None:
            return None
        index = self._index(landing)
        tip = commits.tip_of(self._git, f"refs/heads/{landing.branch}")
        if tip in {None, landing.old} or not commits.is_ancestor(self._git, landing.new, tip or ""):
            index.unlock()
            self.forget(name)
            return None
        if not is_checked_out(self._git, landing.branch):
            index.unlock()
            return Landed(landing)
        index.lock()
        return self._finish(landing, self._plan(landing), index)

    def forget(self, name: str) -> None:
        """Drop the intent: what it was about is recorded, or did not happen."""
        place = Root.create(self._state)
        shutil.rmtree(self._scratch(name), ignore_errors=True)  # our own copies; the next plan makes new ones
        if place.stamp(f"{name}.json") is not None:
            place.remove(f"{name}.json")

    def _with_files(self, landing: Landing) -> Landed:
        index = self._index(landing)
        index.lock()
        try:
            planned = self._plan(landing)
            self._check(planned, index, landing)
            self._move(landing)
        except BaseException:
            index.unlock()
            raise
        return self._finish_or_return(landing, planned, index)

    def _finish_or_return(self, landing: Landing, planned: Plan, index: UserIndex) -> Landed:
        done: list[Change] = []
        try:
            return self._finish(landing, planned, index, done)
        except FileFault as fault:
            self._take_back(landing, planned, index, done)
            what = f"{landing.branch} was not moved: your files could not be written"
            raise CannotLand(what, str(fault)) from fault

    def _finish(
        self, landing: Landing, planned: Plan, index: UserIndex, done: list[Change] | None = None
    ) -> Landed:
        kept = move_files(self._root, planned, [] if done is None else done)
        index.replace(planned.changes)
        return Landed(landing, files=True, kept=kept)

    def _take_back(self, landing: Landing, planned: Plan, index: UserIndex, done: Sequence[Change]) -> None:
        """Undo half a landing, newest first; a disk that takes nothing leaves it to `recover`."""
        back = msgspec.structs.replace(planned, changes=tuple(done)).reversed()
        move_files(self._root, back, [])
        self._move(Landing(landing.name, landing.branch, landing.new, landing.old))
        index.unlock()

    def _check(self, planned: Plan, index: UserIndex, landing: Landing) -> None:
        """See that nothing of the user's is in the way.

        Raises:
            CannotLand: with the files that are.
        """
        looked = index.look()
        paths = {one.path for one in planned.changes}
        staged = [
            one.path for one in planned.changes if not same(looked.entries.get(one.path, NOTHING), one.before)
        ]
        changed = {*(looked.dirty & paths), *untouched(self._root, planned)} - set(staged)
        _refuse(landing, looked.unmerged, ("is", "are"), "in the middle of a merge")
        _refuse(landing, looked.unwatched & paths, ("is", "are"), "not watched by git (sparse checkout)")
        _refuse(landing, staged, ("has", "have"), "staged changes", "commit or stash them, then accept again")
        _refuse(
            landing, changed, ("has", "have"), "changes of yours", "commit or stash them, then accept again"
        )
        blocking = dict.fromkeys(in_the_way(self._root, planned))
        _refuse(
            landing,
            blocking,
            ("is", "are"),
            "in the way and in no commit",
            "move them away, then accept again",
        )

    def _move(self, landing: Landing) -> None:
        tip = commits.tip_of(self._git, f"refs/heads/{landing.branch}")
        if tip != landing.old:
            raise CannotLand(f"{landing.branch} has moved meanwhile", hint="accept again")
        commits.move(
            self._git, f"refs/heads/{landing.branch}", landing.new, landing.old, f"agentboard: {landing.name}"
        )

    def _plan(self, landing: Landing) -> Plan:
        scratch = self._scratch(landing.name)
        shutil.rmtree(scratch, ignore_errors=True)  # what a dead process half wrote there
        return plan(self._git, landing.old, landing.new, landing.source, scratch)

    def _index(self, landing: Landing) -> UserIndex:
        token = b"agentboard " + msgspec.json.encode(landing)
        return UserIndex(self._git, self._root.path, self._scratch(landing.name) + ".index", token)

    def _scratch(self, name: str) -> str:
        return os.path.join(self._state, name)

    def _journal(self, landing: Landing) -> None:
        Root.create(self._state).write(f"{landing.name}.json", msgspec.json.encode(landing))

    def known(self, name: str) -> Landing | None:
        """Return the landing that was begun under a name and not forgotten."""
        try:
            return msgspec.json.decode(Root(self._state).read(f"{name}.json").data, type=Landing)
        except Missing:
            return None


def _refuse(landing: Landing, paths: Iterable[str], verb: tuple[str, str], why: str, hint: str = "") -> None:
    """Refuse because of paths, if there are any; `verb` is for one and for several."""
    named = sorted(paths)
    if not named:
        return
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    raise CannotLand(
        f"{landing.branch} was not moved: {', '.join(named[:SHOWN])}{more} {verb[len(named) > 1]} {why}",
        hint=hint,
    )
