"""What every screen knows of the app: the board, what is selected, the filter, and how to act."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar, cast

from textual.app import App
from textual.dom import DOMNode
from textual.reactive import var
from textual.screen import Screen
from textual.widget import AwaitMount, Widget
from textual.worker import Worker, get_current_worker  # pyright: ignore[reportUnknownVariableType]

from agentboard_agents.board import EMPTY_BOARD, BoardState
from agentboard_agents.projection_people import Message
from agentboard_agents.recap import Recap
from agentboard_tui.bridge import Bridge
from agentboard_tui.glyphs import Glyphs, choose
from agentboard_tui.orders import Counter, leave_receipts
from agentboard_tui.situation import Situation

__all__ = ["Station", "in_thread", "outdated", "station_of"]

log = logging.getLogger(__name__)


Result = TypeVar("Result")


class Station(App[int]):
    """The app as its screens see it: one reactive goes down to them."""

    board: var[BoardState] = var(EMPTY_BOARD, always_update=False)
    selected: var[str | None] = var(None)
    words: var[str] = var("")
    recap: var[Recap | None] = var(None)

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge = bridge
        self.glyphs: Glyphs = choose()
        self.leaving = threading.Event()
        self.counter = Counter(bridge.project, self.leaving)
        self._opening: AwaitMount | None = None
        self._read: set[str] = set()  # messages that were shown
        self.parting: tuple[str, ...] = ()  # printed when the screen is gone

    def bring(self, screen: Screen[Result], callback: Callable[[Result | None], None] | None = None) -> None:
        """Put a screen in front; keys that come now are for it."""
        self._opening = self.push_screen(screen, callback)

    def open_up(self, opening: AwaitMount) -> None:
        """Keys that come now are for what is being mounted."""
        self._opening = opening

    async def settled(self) -> None:
        """Wait until the screen that was brought last has its widgets."""
        opening, self._opening = self._opening, None
        if opening is not None:
            await opening

    def take_as_read(self, messages: Iterable[Message]) -> None:
        """Record in a thread that a person was shown messages: receipts for one who leads."""
        shown = [one for one in messages if one.state == "delivered" and one.id not in self._read]
        if shown:
            self._read.update(one.id for one in shown)
            work = partial(leave_receipts, self.bridge.project, shown)
            in_thread(self, work, "receipts")

    def situation(self) -> Situation:
        """Return what the keys would act on now."""
        raise NotImplementedError

    def say(self, text: str, *, ok: bool = True) -> None:
        """Show one line for a while."""
        raise NotImplementedError

    def perform(self, action_id: str) -> None:
        """Do an action, or say in one line why it makes no sense now."""
        raise NotImplementedError


def station_of(widget: Widget) -> Station:
    """Return the app that a widget is part of."""
    return cast("Station", widget.app)  # pyright: ignore[reportUnknownMemberType]  Textual's own type argument


def outdated() -> bool:
    """Say, in a thread of the app, whether nobody waits for its result any more."""
    worker = cast("Worker[None]", get_current_worker())  # pyright: ignore[reportUnknownVariableType]
    return worker.is_cancelled


def in_thread(node: DOMNode, work: Callable[[], object], group: str, *, exclusive: bool = False) -> None:
    """Do what takes time in a thread; a fault in it does not end the board: it is in the log, and is said.

    Args:
        node: whose work it is: it is no longer waited for when that is gone.
        work: what to do; `outdated` tells it that nobody wants it any more.
        group: what kind of work it is.
        exclusive: whether it takes the place of what is under way of that kind.
    """

    def done() -> None:
        try:
            work()
        except Exception:
            log.exception("%s: this did not work", group)

    node.run_worker(done, thread=True, group=group, exclusive=exclusive)
