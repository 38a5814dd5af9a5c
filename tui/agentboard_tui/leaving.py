"""Leaving the board: alone, or with everything stopped before."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from agentboard_tui import orders
from agentboard_tui.figures import plural
from agentboard_tui.messages import Replied
from agentboard_tui.station import Station, in_thread

if TYPE_CHECKING:
    from agentboard_agents.board_panes import Pane

__all__ = ["leave", "parting_words", "stop", "suspend"]

NAMED = 6
"""Agents that are named before the rest is counted."""


def leave(app: Station) -> None:
    """Leave; runs are the worker's and go on."""
    app.leaving.set()
    app.exit(0)


def suspend(app: Station) -> None:
    """Give the terminal to the shell until `fg`."""
    app.action_suspend_process()


def stop(app: Station) -> None:
    """After a yes: pause every run at its safe point, end the worker, leave."""
    from agentboard_tui.screens.prompts import ConfirmDialog

    panes = [pane for pane in app.board.panes if pane.open and pane.state != "review"]
    working = [pane for pane in panes if pane.state != "paused"]

    def confirmed(yes: bool | None) -> None:
        if yes:
            app.say("stopping: each run pauses at its safe point…")
            in_thread(app, partial(_stop, app, panes), "orders")

    names = ", ".join(pane.name for pane in working[:NAMED]) + (" …" if len(working) > NAMED else "")
    first = f"{plural(len(working), 'run')} at work: {names}" if working else "No run is at work."
    lines = [
        first,
        "Each pauses at its next safe point and keeps its work; then the worker ends.",
        "agentboard resume RUN, or p on the board, lets one go on.",
    ]
    app.bring(ConfirmDialog("Stop everything and leave?", lines, "stop all and leave"), confirmed)


def _stop(app: Station, panes: list[Pane]) -> None:
    reply = orders.send(app.counter, "pause_all", None, "all are paused") if panes else orders.Reply("")
    if reply.ok and reply.settled:
        reply = orders.retire(app.counter)
    if reply.ok and reply.settled:
        app.parting = parting_words(panes)
        app.call_from_thread(leave, app)
    else:
        words = reply.text if not reply.ok else "not everything has paused yet: Q asks again, q leaves now"
        app.post_message(Replied(words, ok=False))


def parting_words(panes: list[Pane]) -> tuple[str, ...]:
    """Return what is printed when the screen is gone: what is paused, and how each goes on."""
    if not panes:
        return ("agentboard: the worker has ended.",)
    lines = [f"  agentboard resume {pane.run}    {pane.name}: {pane.title}"[:200] for pane in panes]
    return (f"agentboard: {plural(len(panes), 'run')} paused, the worker has ended. To go on:", *lines)
