"""Going from screen to screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.screen import Screen

    from agentboard_tui.station import Station

__all__ = ["back", "filter_it", "go", "open_agent", "review", "step"]


def open_agent(app: Station) -> None:
    """Open the selected agent's transcript."""
    from agentboard_tui.screens.agent import AgentScreen

    pane = app.situation().pane
    if pane is not None:
        app.selected = pane.stem
        app.bring(AgentScreen(pane.stem))


def review(app: Station) -> None:
    """Look at what the selected agent's run changed."""
    from agentboard_tui.screens.review import ReviewScreen

    pane = app.situation().pane
    if pane is not None and pane.run is not None:
        app.selected = pane.stem
        app.bring(ReviewScreen(pane.run))


def _inbox() -> Screen[None]:
    from agentboard_tui.screens.inbox import InboxScreen

    return InboxScreen()


def _tasks() -> Screen[None]:
    from agentboard_tui.screens.tasks import TasksScreen

    return TasksScreen()


def _artifacts() -> Screen[None]:
    from agentboard_tui.screens.artifacts import ArtifactsScreen

    return ArtifactsScreen()


def _timeline() -> Screen[None]:
    from agentboard_tui.screens.timeline import TimelineScreen

    return TimelineScreen()


def _team() -> Screen[None]:
    from agentboard_tui.screens.team import TeamScreen

    return TeamScreen()


SCREENS: dict[str, Callable[[], Screen[None]]] = {
    "inbox": _inbox,
    "tasks": _tasks,
    "artifacts": _artifacts,
    "timeline": _timeline,
    "team": _team,
}
"""Full screens above the board; each is imported when it is first wanted."""


def go(name: str) -> Callable[[Station], None]:
    """Return an act that shows one of the full screens."""

    def act(app: Station) -> None:
        while len(app.screen_stack) > 1:
            app.pop_screen()
        if name in SCREENS:
            app.bring(SCREENS[name]())

    return act


def step(by: int) -> Callable[[Station], None]:
    """Return an act that selects the agent before or after, on any screen."""

    def act(app: Station) -> None:
        stems = [pane.stem for pane in app.board.panes]
        here = stems.index(app.selected) if app.selected in stems else -1 if by > 0 else 0
        if stems:
            app.selected = stems[(here + by) % len(stems)]

    return act


def filter_it(app: Station) -> None:
    """Take words to filter by."""
    from agentboard_tui.screens.deck import Deck

    if isinstance(app.screen, Deck):
        app.screen.open_filter()


def back(app: Station) -> None:
    """Clear the filter, else go back to the screen below."""
    from agentboard_tui.screens.deck import Deck

    if isinstance(app.screen, Deck) and app.screen.close_filter(clear=True):
        return
    if len(app.screen_stack) > 1:
        app.pop_screen()
