"""What goes wrong behind the screens: written to the project's `ui.log`, and said on them."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from agentboard_agents.project import Project
from agentboard_tasks.files import FileFault, Root

__all__ = ["FaultLog", "write"]

FILE = "ui.log"
OLDER = "ui.log.1"
CAP = 1024 * 1024
"""Bytes from which on the log begins anew; the one before is kept."""


class FaultLog(logging.Handler):
    """Takes warnings and errors of every logger, in any thread; `say` hears of errors."""

    def __init__(self, project: Project, say: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        self._project = project
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record without secrets; where that is impossible, say at least what it is about."""
        where = write(self._project, self.format(record))
        if record.levelno >= logging.ERROR:
            self._say(f"{clean(record.getMessage())}; {where}")


def clean(text: str) -> str:
    """Return a text without secrets."""
    from agentboard_agents.redaction import learn, redact

    learn()
    return redact(text)


def write(project: Project, text: str) -> str:
    """Add a text to the log and return words that say where it is."""
    line = f"{clean(text)}\n".encode("utf-8", "backslashreplace")
    try:
        root = Root(project.make_state())
        if root.append(FILE, line, durable=False).size > CAP:
            root.rename(FILE, OLDER)
    except (FileFault, OSError) as fault:
        return f"the log could not be written: {fault}"
    return f"details: {os.path.join(project.state, FILE)}"
