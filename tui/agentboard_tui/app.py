"""The Textual app: owns the board's state, its timers, and what the keys do."""

from __future__ import annotations

import gc
import logging
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.actions import SkipAction
from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Event as ScreenEvent
from textual.events import Key
from textual.filter import LineFilter
from textual.screen import Screen
from textual.timer import Timer

from agentboard_agents.events import Event
from agentboard_agents.project import Project
from agentboard_agents.team import Team
from agentboard_tasks.files import FileFault
from agentboard_tui import first_picture, themes
from agentboard_tui.actions import ACTIONS, BY_ID
from agentboard_tui.acts import ACTS
from agentboard_tui.alert import Alert
from agentboard_tui.bridge import Bridge
from agentboard_tui.fault_log import FaultLog
from agentboard_tui.files_watch import FilesWatch, first_team
from agentboard_tui.glyphs import ASCII
from agentboard_tui.keyboard import Keyboard, apart
from agentboard_tui.lending import lend_key
from agentboard_tui.messages import FilesLoaded, LookedBack, Noticed, Replied
from agentboard_tui.screens.board import BoardScreen
from agentboard_tui.screens.deck import Deck
from agentboard_tui.screens.dialog import Dialog
from agentboard_tui.situation import Situation
from agentboard_tui.station import Station, in_thread
from agentboard_tui.typeahead import Typeahead
from agentboard_tui.wall import Chain, Colorless, Plain, Wall

if TYPE_CHECKING:
    from rich.console import RenderableType

    from agentboard_agents.survey import Survey

__all__ = ["AgentBoard", "open_board"]

DUMB = (
    "agentboard: this terminal (TERM=dumb) cannot show the board; "
    "`agentboard status` prints the same, or set TERM\n"
)

SETTLED = 1.0
"""Seconds after which the first picture is no longer waited for."""

STALE_BOARD = 60.0
"""Seconds after which the board is made anew though nothing happened: what waits is raised again in time."""

POLL = 0.05
"""Seconds between looks at the store while anything goes on, and so between repaints: at most 20 a second."""

GIVE_WAY = 0.0005
"""Seconds after which a thread that reads files lets the screen go first: a tenth of what Python takes."""

IDLE_POLL = 1.0
"""Seconds between looks at the store while no worker lives; ages grow as often."""


class AgentBoard(Station):
    """Mission control for one repository."""

    TITLE = "agentboard"
    CSS_PATH = ["look/app.tcss", "look/board.tcss"]  # noqa: RUF012  Textual's type
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key, f"key('{key}', '{action.id}')", action.label, show=False, priority=True)
            for action in ACTIONS
            for key in action.keys
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
        self._wall, self._plain, self._colorless = Wall(), Plain(), Colorless()
        self._chain = Chain(())
        self._files = FilesWatch(bridge.project, self._loaded, self._load_failed)
        self._alert = Alert(self._write)
        self._faults = FaultLog(bridge.project, lambda told: self.post_message(Noticed("fault", told)))
        self._themed = self._files_read = False
        self._quick: Timer | None = None
        self._typeahead = Typeahead(self._too_early)

    # starting and ending

    def get_driver_class(self) -> type[Driver]:
        """Read the terminal with the board's own keyboard, unless the user has named a driver."""
        usual = super().get_driver_class()
        return Keyboard if usual is LinuxDriver else usual

    def get_default_screen(self) -> Screen[None]:
        """Start with the board, and with the team from its files in it."""
        self.set_reactive(AgentBoard.board, self.bridge.board())
        return BoardScreen(self.size.width)

    def on_mount(self) -> None:
        """Show the board as it is known now; all else would only delay the first picture."""
        logging.getLogger().addHandler(self._faults)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Keep the board true, and read the files in a thread."""
        self._quick = self.set_interval(POLL, self._poll)
        self.set_interval(IDLE_POLL, self._beat)
        in_thread(self, self._files.start, "files")
        self.set_timer(SETTLED, self._look_at_machine)
        lend_key(self.bridge.project)

    def _go_on(self) -> None:
        """Do what can wait until the files have been read for the first time; it would only delay them."""
        gc.freeze()
        gc.enable()
        in_thread(self, self._look_back, "past")

    def _look_back(self) -> None:
        """Read what happened since the board was left, in a thread."""
        from agentboard_tui.away import missed

        found = missed(self.bridge.project)
        if found is not None:
            self.post_message(LookedBack(found))

    def _look_at_machine(self) -> None:
        in_thread(self, self._try_sandbox, "sandbox")

    def _try_sandbox(self) -> None:
        """Try in a thread what commands would run in here."""
        from agentboard_agents.sandbox import choose, warning

        if told := warning(choose()):
            self.post_message(Noticed("sandbox", told))

    def on_noticed(self, message: Noticed) -> None:
        """Say on every screen what is weaker here."""
        self.bridge.notices[message.about] = message.text
        self._show()

    def on_looked_back(self, message: LookedBack) -> None:
        """Say in a line what was missed; the timeline has it all."""
        from agentboard_tui.away import summary

        self.recap = message.recap
        self.say(summary(message.recap))

    def exit(
        self, result: int | None = None, return_code: int = 0, message: RenderableType | None = None
    ) -> None:
        """Leave, and keep the picture that the next board begins with."""
        if self.is_running and isinstance(self.screen, BoardScreen):
            lines = self.screen.drawn(self.console)
            first_picture.keep(self.bridge.project.state, lines, self.size.width)
        super().exit(result, return_code, message)

    def on_unmount(self) -> None:
        """Stop watching and let go of the store; runs are the worker's and go on."""
        self.leaving.set()
        self._alert.seen()
        self._files.stop()
        self.bridge.close()
        logging.getLogger().removeHandler(self._faults)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Put the wall in front of whatever else filters lines; without colour none of any kind is left."""
        own = [self._wall, self._plain] if self.glyphs is ASCII else [self._wall]
        every = [*own, *([self._colorless] if self.no_color else super().get_line_filters())]
        if self._chain.filters != tuple(every):
            self._chain = Chain(every)
        return [self._chain]

    def _fatal_error(self) -> None:
        """End without printing values of variables: keys and texts of agents may be among them."""
        self.crash = sys.exc_info()[1] or self._exception
        self._close_messages_no_wait()

    # what is new

    async def _poll(self) -> None:
        if not self.is_running:  # the board closes, and its widgets go one by one
            return
        if self.bridge.poll():
            self._show(self.bridge.take_events())
        if self._quick is not None:
            (self._quick.resume if self.bridge.lively else self._quick.pause)()
        await self._typeahead.press(super().on_event)

    async def _beat(self) -> None:
        """Look at the store also while nothing goes on, and at the clock."""
        await self._poll()
        if self.is_running:
            self._tick()

    def _show(self, events: Sequence[Event] = ()) -> None:
        self.board = self.bridge.board()
        for screen in self.screen_stack if events else ():
            if isinstance(screen, Deck) and screen.ready:
                screen.add_events(events)
        self._call()

    def _tick(self) -> None:
        if self.board.now and time.time() - self.board.now > STALE_BOARD:
            self._show()
        if isinstance(self.screen, Deck) and self.screen.ready:
            self.screen.tick(time.time())

    def _call(self) -> None:
        """Call for the user when something new needs one who looks elsewhere."""
        needs = self.board.needs
        known = {f"{need.item} {need.raised}": need.text for need in needs if need.item}
        self._alert.needs(known, len(needs))

    def on_app_focus(self) -> None:
        """The terminal has the user's eyes."""
        self._alert.seen()

    def on_app_blur(self) -> None:
        """The user looks elsewhere."""
        self._alert.away = True

    def _write(self, sequence: str) -> None:
        """Write to the terminal past the screen; nothing where there is no terminal."""
        driver = self._driver
        if driver is not None and not self.is_headless:
            driver.write(sequence)
            driver.flush()

    def _loaded(self, survey: Survey) -> None:
        self.post_message(FilesLoaded(survey))

    def _load_failed(self, fault: str) -> None:
        self.post_message(FilesLoaded(None, fault))

    async def on_files_loaded(self, message: FilesLoaded) -> None:
        """Take what the files say now."""
        if message.survey is None:
            self.bridge.notices["files"] = message.fault
        else:
            self.bridge.notices.pop("files", None)
            self.bridge.files_loaded(message.survey)
            self._take_theme(message.survey.config.theme)
        if self._files.mode.startswith("polling"):
            self.bridge.notices["watch"] = f"watching files by {self._files.mode}"
        self._show()
        if not self._files_read:
            self._files_read = True
            self.call_after_refresh(self._go_on)
        await self._typeahead.press(super().on_event)

    def _take_theme(self, name: str | None) -> None:
        """Take the configured theme, once: `t` has the last word."""
        if self._themed:
            return
        self._themed = True
        if name in self.available_themes:
            self.theme = name
        elif name:
            self.say(f"no theme {name!r}; there are {', '.join(themes.NAMES)}", ok=False)

    def on_replied(self, message: Replied) -> None:
        """Say what came of an order."""
        if message.select is not None:
            self.selected = message.select
        for run in () if message.ok else message.runs:
            self.bridge.refused(run)
        self.say(message.text, ok=message.ok)
        self._show()

    def say(self, text: str, *, ok: bool = True) -> None:
        """Show one line for a while; never markup."""
        from agentboard_tasks.text import SafeText

        words = SafeText.of(text, 400)
        self.clear_notifications()
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
        self.bridge.wake()
        if self._quick is not None:
            self._quick.resume()
        own = screen.own_actions() if isinstance(screen, Deck) else {}
        action = BY_ID.get(action_id)
        reason = action.unavailable(self.situation()) if action else None
        if reason:
            self.say(reason, ok=False)
        elif action_id in own:
            own[action_id]()
        elif action_id in ACTS:
            ACTS[action_id](self)

    async def on_event(self, event: ScreenEvent) -> None:
        """Keep keys that come too early: a person presses them on the picture of the last board."""
        if not isinstance(event, Key) or event.is_forwarded:
            await super().on_event(event)
            return
        for key in (event,) if self._typing else apart(event):
            if not self._typeahead.keeps(key):
                await super().on_event(key)

    def _too_early(self, key: Key) -> bool:
        decks = [screen for screen in self.screen_stack if isinstance(screen, Deck)]
        if not decks or not decks[-1].ready:
            return True
        reading = self.bridge.survey is None and "files" not in self.bridge.notices
        return reading and key.key in BY_ID["dispatch"].keys and self._takes(key.key)

    def action_act(self, action_id: str) -> None:
        """Do an action whatever has the focus."""
        self.perform(action_id)

    async def action_key(self, key: str, action_id: str) -> None:
        """Do what a key is bound to before the next key is looked at: it may be for the screen that opens."""
        if key == "escape" and isinstance(self.screen, Dialog):
            self.screen.action_close()
        elif self._takes(key):
            self.perform(action_id)
            await self.settled()
        else:
            raise SkipAction

    def _takes(self, key: str) -> bool:
        """Whether a key is an action now: dialogs have their own, and letters in a field are letters."""
        if not isinstance(self.screen, Deck):
            return False
        if not self._typing:
            return True
        focused = self.focused
        return key in {"ctrl+p", "ctrl+z"} or (
            key == "escape" and focused is not None and focused.id == "filter"
        )

    @property
    def _typing(self) -> bool:
        """Whether letters go into a field."""
        focused = self.focused
        return focused is not None and focused.check_consume_key("a", "a")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002  Textual's signature
        """Offer none of Textual's own commands: the registry has all of ours."""
        return ()


def open_board(project: Project, *, demo: bool = False) -> int:
    """Open the board on a repository and return the exit code when it is closed."""
    from agentboard_tui.terminal import guarded

    if os.environ.get("TERM") in {"dumb", ""}:
        first_picture.take_away()
        sys.stderr.write(DUMB)
        return 2
    bridge = Bridge(project)
    try:
        bridge.team = first_team(project)
    except FileFault as fault:
        bridge.team = Team()
        bridge.notices["files"] = f"agents cannot be read: {fault}"
    app = AgentBoard(bridge, demo=demo)
    sys.setswitchinterval(GIVE_WAY)
    first_picture.hand_over()
    return guarded(project, app)
