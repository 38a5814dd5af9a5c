"""The terminal outlives the board: signals, crashes and hang-ups leave it as it was."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import termios
import threading
import traceback
from collections.abc import Generator
from types import FrameType
from typing import TYPE_CHECKING, Any

from agentboard_agents.project import Project
from agentboard_tasks.text import SafeText

if TYPE_CHECKING:
    from agentboard_tui.app import AgentBoard

__all__ = ["RESET", "guarded", "reset_terminal"]

RESET = (
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # mouse
    b"\x1b[?2004l\x1b[?1004l\x1b[?2048l\x1b[<u"  # paste, focus and size reports, key protocol
    b"\x1b[?1049l\x1b[0m\x1b[?25h\x1b[?7h"  # the screen before, plain style, cursor, wrapping
)
"""What turns off every mode that the board turns on."""

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGINT)
GRACE = 2.0
"""Seconds that a signalled board has to leave by itself."""


def reset_terminal(settings: list[Any] | None = None) -> None:
    """Turn off the board's modes and restore the line discipline; never blocks, never fails."""
    for descriptor in (1, 2):
        with contextlib.suppress(OSError):
            if os.isatty(descriptor):
                os.set_blocking(descriptor, False)
                os.write(descriptor, RESET)
                os.set_blocking(descriptor, True)
                break
    with contextlib.suppress(OSError, termios.error):
        if settings is not None:
            termios.tcsetattr(0, termios.TCSANOW, settings)


def _settings() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except (OSError, termios.error):
        return None


@contextlib.contextmanager
def _signals(app: AgentBoard, settings: list[Any] | None) -> Generator[list[int]]:
    """Leave in order on a signal; by force when the terminal has stopped the loop."""
    caught: list[int] = []

    def by_force(number: int) -> None:
        reset_terminal(settings)
        os._exit(128 + number)

    def leave(number: int, _frame: FrameType | None) -> None:
        if not caught:
            timer = threading.Timer(GRACE, by_force, (number,))
            timer.daemon = True
            timer.start()
        caught.append(number)
        app.call_later(app.exit, 128 + number)

    before = {number: signal.signal(number, leave) for number in SIGNALS}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _drawn_on_the_terminal() -> Generator[None]:
    """Let Textual, which draws on stderr, draw on the terminal also where stderr goes to a file."""
    if os.isatty(2):
        yield
        return
    kept = os.dup(2)
    os.dup2(1, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def guarded(project: Project, app: AgentBoard) -> int:
    """Run the app and return its exit code; the terminal is restored whatever happens."""
    settings = _settings()
    fault: BaseException | None = None
    code: int | None = None
    with _signals(app, settings) as caught, _drawn_on_the_terminal():
        try:
            code = app.run()
        except Exception as error:  # noqa: BLE001  whatever breaks the screens must not break the terminal
            fault = error
        fault = fault or app.crash
    if caught:
        reset_terminal(settings)
        _let_go()
        return 128 + caught[0]
    if fault is not None:
        reset_terminal(settings)
        print(_report(project, fault), file=sys.stderr)  # noqa: T201  the screen is gone, this is what is left
        return 1
    for line in app.parting:
        print(SafeText.of(line), file=sys.stderr)  # noqa: T201  the screen is gone, this is what is left
    return code or 0


def _let_go() -> None:
    """Let what Python flushes at its end go nowhere: the terminal may be gone, and the exit code is ours."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        for descriptor in (1, 2):
            os.dup2(nowhere, descriptor)
        os.close(nowhere)


def _report(project: Project, fault: BaseException) -> str:
    """Write what happened (without values of variables) to the log and return one line about it."""
    from agentboard_tui.fault_log import write

    told = write(project, "".join(traceback.format_exception(type(fault), fault, fault.__traceback__)))
    return f"agentboard: the board broke ({type(fault).__name__}); agents go on; {told}"
