"""Where gates run: on the work, and on the base commit, once per tree, in an export of it, remembered."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tempfile

import msgspec

from agentboard_agents.gates.detect import detect_in
from agentboard_agents.gates.flaky import is_worth_another, settled
from agentboard_agents.gates.gate import Gate, Reading
from agentboard_agents.gates.listing import Listing, commit_listing
from agentboard_agents.gates.running import moved, run_gate
from agentboard_agents.repository import Repository
from agentboard_agents.sandbox import Box, Sandbox
from agentboard_tasks.files import FileFault, Root

__all__ = ["Baseline"]


READING = "2"
"""Changes whenever a reading means something else than before, so that nothing older counts."""


class Baseline:
    """The base commit's readings, run in an export of its tree and kept by tree and gate; and the work's.

    At most `at_once` commands run at a time.
    """

    def __init__(
        self,
        repository: Repository,
        base: str,
        box: Box,
        sandbox: Sandbox,
        cache_dir: str,
        limit: float,
        at_once: int,
    ) -> None:
        self.repository = repository
        self.sandbox = sandbox
        self.box = box
        self.limit = limit
        self._base = base
        self._cache = cache_dir
        self._tree = ""
        self._export: str | None = None
        self._exporting = asyncio.Lock()
        self._room = asyncio.Semaphore(at_once)

    async def gates(self, working_directory: str | None = None) -> tuple[Gate, ...]:
        """Return the gates that the base had, in the directories where it had them."""
        self._tree, listing = await asyncio.to_thread(self._looked_at)
        return await asyncio.to_thread(detect_in, listing, self.repository.root, working_directory)

    async def run(self, gate: Gate) -> Reading:
        """Return what the gate shows on the work."""
        return await self._run(gate, self.box)

    async def settled(self, gate: Gate, work: Reading, new: frozenset[str]) -> Reading:
        """Run the gate on the work again, if what is new could be chance; tests that pass then are flaky."""
        if not is_worth_another(gate, work, new):
            return work
        return settled(gate, work, await self._run(gate, self.box))

    async def reading(self, gate: Gate) -> Reading:
        """Return what the gate shows on the base, once `gates` has looked at it.

        Only runs that could run are remembered.

        A test that fails there by chance alone would be forgiven for ever, so failures are run twice.
        """
        told = f"{READING} {self._tree} ".encode() + msgspec.json.encode(gate)
        name = f"{hashlib.sha256(told).hexdigest()[:32]}.json"
        known = self._known(name)
        if known is not None:
            return known
        box = moved(self.box, await self._exported())
        found = await self._run(gate, box)
        if is_worth_another(gate, found, found.failing):
            found = settled(gate, found, await self._run(gate, box))
        if not found.fault and not found.unloadable:
            kept = msgspec.json.encode(msgspec.structs.replace(found, output=""))
            Root.create(self._cache).write(name, kept)
        return found

    def _looked_at(self) -> tuple[str, Listing]:
        return self.repository.tree(self._base), commit_listing(self.repository, self._base)

    def close(self) -> None:
        """Remove the export."""
        if self._export is not None:
            shutil.rmtree(self._export, ignore_errors=True)  # agentboard's own copy; nobody's work is in it

    async def _run(self, gate: Gate, box: Box) -> Reading:
        async with self._room:
            return await run_gate(self.sandbox, box, gate, self.repository.root, self.limit)

    def _known(self, name: str) -> Reading | None:
        try:
            return msgspec.json.decode(Root(self._cache).read(name).data, type=Reading)
        except (FileFault, msgspec.DecodeError):
            return None  # not there, or damaged: the gate is run again

    async def _exported(self) -> str:
        async with self._exporting:
            if self._export is None:
                self._export = await asyncio.to_thread(self._make_export)
        return os.path.join(self._export, "tree")

    def _make_export(self) -> str:
        place = tempfile.mkdtemp(prefix="base-", dir=Root.create(self._cache).path)
        self.repository.export(self._base, os.path.join(place, "tree"))
        return place
