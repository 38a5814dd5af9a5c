"""Looking for processes by a marker in their command line."""

from __future__ import annotations

import asyncio
import os
import time


def running(marker: str) -> list[int]:
    """Return the processes whose arguments hold the marker as one of them."""
    found: list[int] = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    arguments = file.read().split(b"\0")
            except OSError:
                continue
            if marker.encode() in arguments:
                found.append(int(name))
    return found


async def until(marker: str, *, present: bool, seconds: float = 3.0) -> bool:
    """Wait until a process with the marker is there, or none is; return whether that came true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if bool(running(marker)) is present:
            return True
        await asyncio.sleep(0.01)
    return False
