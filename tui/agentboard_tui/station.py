"""What every screen knows of the app: the board, what is selected, the filter, and how to act."""

from __future__ import annotations

from typing import cast

from textual.app import App
from textual.reactive import var
from textual.widget import Widget

from agentboard_agents.board import EMPTY_BOARD, BoardState
from agentboard_tui.bridge import Bridge
from agentboard_tui.glyphs import Glyphs, choose
from agentboard_tui.situation import Situation

__all__ = ["Station", "station_of"]


class Station(App[int]):
    """The app as its screens see it: one reactive goes down to them."""

    board: var[BoardState] = var(EMPTY_BOARD, always_update=False)
    selected: var[str | None] = var(None)
    words: var[str] = var("")

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge = bridge
        self.glyphs: Glyphs = choose()

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
