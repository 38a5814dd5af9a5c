"""From what goes wrong to one line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from agentboard_agents.project import NotARepository
from agentboard_tasks.files import FileFault
from agentboard_tasks.text import SafeText
from agentboard_tui import first_picture
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.output import narrated

__all__ = ["guarded"]


def guarded(work: Callable[[], int]) -> int:
    """Do the work of a command and return its exit code; every error becomes one line on stderr."""
    try:
        return _printed(work)
    except Failure as failure:
        return complain(str(failure), failure.code)
    except _faults() as fault:
        return complain(str(fault), Exit.FAILED)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        let_output_go()
        return Exit.FAILED
    except OSError as fault:
        let_output_go()
        where = f" ({SafeText.of(os.fsdecode(fault.filename))})" if fault.filename else ""
        return complain(f"{fault.strerror or fault}{where}", Exit.FAILED)


def _printed(work: Callable[[], int]) -> int:
    code = work()
    sys.stdout.flush()
    return code


def let_output_go() -> None:
    """Write what waits for stdout, or drop it where that cannot be: Python would try again when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _faults() -> tuple[type[Exception], ...]:
    """Return the families of faults that say in one line what is wrong; looked up when something is."""
    from agentboard_agents.store_fault import StoreFault
    from agentboard_agents.worker_start import WorkerNotStarted

    return NotARepository, FileFault, StoreFault, WorkerNotStarted


def complain(message: str, code: Exit) -> int:
    """Print one line on stderr, safe for a terminal, and return the exit code."""
    first_picture.take_away()
    sys.stderr.write(f"agentboard: {narrated(message)}\n")
    return code
