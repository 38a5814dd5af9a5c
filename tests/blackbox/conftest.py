"""A home of one's own for each test, and the end of every worker that it started."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.shell import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    place = Home(tmp_path)
    yield place
    for lock in place.state.glob("agentboard/*/worker.lock"):
        text = (lock.read_text().split() or [""])[0]
        if text.isdigit() and is_worker(int(text)):
            os.kill(int(text), signal.SIGKILL)


def is_worker(pid: int) -> bool:
    try:
        return b"agentboard" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
