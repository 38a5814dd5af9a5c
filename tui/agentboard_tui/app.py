"""The Textual app: owns the board's state, its timers, and what the keys do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from agentboard_agents.events import Event
from agentboard_agents.project import Project
from agentboard_agents.team import Team
from agentboard_tasks.files import FileFault
from agentboard_tui import themes
from agentboard_tui.actions import ACTIONS, BY_ID
from agentboard_tui.acts import ACTS
from agentboard_tui.bridge import Bridge
from agentboard_tui.files_watch import FilesWatch, first_team
from agentboard_tui.messages import FilesLoaded, Replied
from agentboard_tui.screens.board import BoardScreen
from agentboard_tui.screens.deck import Deck
from agentboard_tui.situation import Situation
from agentboard_tui.station import Station
from agentboard_tui.wall import Wall

if TYPE_CHECKING:
    from agentboard_agents.survey import Survey

__all__ = ["AgentBoard", "open_board"]

POLL = 0.05
"""Seconds between looks at the store, and so between repaints: at most 20 a second."""

BELL_GAP = 5.0
"""Seconds between two bells."""


class AgentBoard(Station):
    """Mission control for one repository."""

    TITLE = "agentboard"
    CSS_PATH = "look/app.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(",".join(action.keys), f"act('{action.id}')", action.label, show=False)
            for action in ACTIONS
            if "tab" not in action.keys[0]
        ),
        Binding("ctrl+c,ctrl+q", "act('leave')", show=False, priority=True),
    ]

    def __init__(self, bridge: Bridge, *, demo: bool = False) -> None:
        super().__init__(bridge)
        self.demo = demo
        for theme in (themes.DARK, themes.LIGHT):
            self.register_theme(theme)
        self.set_reactive(AgentBoard.theme, themes.DARK.name)
        self.stylesheet.set_variables(self.get_css_variables())
        self.crash: BaseException | None = None
        self._wall = Wall()
        self._files = FilesWatch(bridge.project, self._loaded, self._load_failed)
        self._seen_needs: frozenset[str] = frozenset()
        self._rang = 0.0
        self._focused = True

    # starting and ending

    def on_mount(self) -> None:
        """Show the team from its files, then read the rest."""
        self.board = self.bridge.board()
        self.push_screen(BoardScreen())
        self.set_interval(POLL, self._poll)
        self.set_interval(1.0, self._tick)
        self.call_after_refresh(self._read_files)

    def _read_files(self) -> None:
        """Read and watch in a thread, from the first picture on: before it, the thread would only delay it."""
        self.run_worker(self._files.start, thread=True, exit_on_error=True, group="files")

    def on_unmount(self) -> None:
        """Stop watching and let go of the store; runs are the worker's and go on."""
        self._files.stop()
        self.bridge.close()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Put the wall in front of whatever else filters lines."""
        return [self._wall, *super().get_line_filters()]

    def _fatal_error(self) -> None:
        """End without printing values of variables: keys and texts of agents may be among them."""
        import sys

        self.crash = sys.exc_info()[1] or self._exception
        self._close_messages_no_wait()

    # what is new

    def _poll(self) -> None:
        if self.bridge.poll():
            self._show(self.bridge.take_events())

    def _show(self, events: Sequence[Event] = ()) -> None:
        self.board = self.bridge.board()
        screen = self.screen
        if events and isinstance(screen, Deck) and screen.ready:
            screen.add_events(events)
        self._call()

    def _tick(self) -> None:
        if isinstance(self.screen, Deck) and self.screen.ready:
            self.screen.tick(time.time())

    def _call(self) -> None:
        """Ring once when something new needs somebody who looks elsewhere."""
        needs = frozenset(need.item for need in self.board.needs if need.item)
        new, self._seen_needs = needs - self._seen_needs, needs
        if new and not self._focused and time.monotonic() - self._rang > BELL_GAP:
            self._rang = time.monotonic()
            self.bell()

    def on_app_focus(self) -> None:
        """The terminal has the user's eyes."""
        self._focused = True

    def on_app_blur(self) -> None:
        """The user looks elsewhere."""
        self._focused = False

    def _loaded(self, survey: Survey) -> None:
        self.post_message(FilesLoaded(survey))

    def _load_failed(self, fault: str) -> None:
        self.post_message(FilesLoaded(None, fault))

    def on_files_loaded(self, message: FilesLoaded) -> None:
        """Take what the files say now."""
        if message.survey is None:
            self.bridge.notices["files"] = message.fault
        else:
            self.bridge.notices.pop("files", None)
            self.bridge.files_loaded(message.survey)
        if self._files.mode.startswith("polling"):
            self.bridge.notices["watch"] = f"watching files by {self._files.mode}"
        self._show()

    def on_replied(self, message: Replied) -> None:
        """Say what came of an order."""
        if message.select is not None:
            self.selected = message.select
        self.say(message.text, ok=message.ok)
        self._show()

    def say(self, text: str, *, ok: bool = True) -> None:
        """Show one line for a while; never markup."""
        from agentboard_tasks.text import SafeText

        words = SafeText.of(text, 400)
        self.notify(words, severity="information" if ok else "error", timeout=3 if ok else 8, markup=False)

    # acting

    def situation(self) -> Situation:
        """Return what the keys would act on now."""
        screen = self.screen
        return screen.situation() if isinstance(screen, Deck) and screen.ready else Situation(screen="dialog")

    def perform(self, action_id: str) -> None:
        """Do an action; the screen in front does what is its own."""
        screen = self.screen
        if isinstance(screen, Deck) and not screen.ready:
            return
        own = screen.own_actions() if isinstance(screen, Deck) else {}
        action = BY_ID.get(action_id)
        reason = action.unavailable(self.situation()) if action else None
        if reason:
            self.say(reason, ok=False)
        elif action_id in own:
            own[action_id]()
        elif action_id in ACTS:
            ACTS[action_id](self)

    def action_act(self, action_id: str) -> None:
        """Do what a key is bound to."""
        self.perform(action_id)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002  Textual's signature
        """Offer none of Textual's own commands: the registry has all of ours."""
        return ()


def open_board(project: Project, *, demo: bool = False) -> int:
    """Open the board on a repository and return the exit code when it is closed."""
    from agentboard_tui.terminal import guarded

    bridge = Bridge(project)
    try:
        bridge.team = first_team(project)
    except FileFault as fault:
        bridge.team = Team()
        bridge.notices["files"] = f"agents cannot be read: {fault}"
    return guarded(project, AgentBoard(bridge, demo=demo))
