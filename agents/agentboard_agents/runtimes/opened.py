"""The runtimes that a worker has open: one for all runs that want the same, connections included."""

from __future__ import annotations

import threading
from collections.abc import Callable

from agentboard_agents.runtimes.port import Runtime

__all__ = ["Runtimes"]


class Runtimes:
    """Runtimes by what makes them differ; safe to use from several threads."""

    def __init__(self) -> None:
        self._open: dict[str, Runtime] = {}
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], Runtime]) -> Runtime:
        """Return the runtime under `key`, made when it is asked for first."""
        with self._lock:
            if key not in self._open:
                self._open[key] = make()
            return self._open[key]

    async def close(self) -> None:
        """Close all of them."""
        with self._lock:
            opened = list(self._open.values())
            self._open.clear()
        for runtime in opened:
            await runtime.close()
