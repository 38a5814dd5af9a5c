"""What the screens with a header, an inbox line and a footer have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.screen import Screen

from agentboard_agents.board import BoardState
from agentboard_agents.events import Event
from agentboard_tui.actions import offered
from agentboard_tui.situation import Situation
from agentboard_tui.station import Station, station_of
from agentboard_tui.widgets.lines import Footer, HeaderLine, InboxLine, Notices

if TYPE_CHECKING:
    from textual.widgets import Input

__all__ = ["Deck"]


class Deck(Screen[None]):
    """A full screen: header and notices on top, what needs you and the keys at the bottom."""

    NAME: ClassVar[str] = "board"
    AUTO_FOCUS = None
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  Textual's type
        (0, "-narrow"),
        (60, "-medium"),
        (120, "-wide"),
    ]
    DEFAULT_CSS = """
    Deck { layout: vertical; }
    Deck #filter { display: none; height: 1; border: none; padding: 0 1; background: $boost; }
    Deck #filter.-shown { display: block; }
    """

    _composed = False
    _words_field: Input | None = None

    @classmethod
    def breakpoint(cls, width: int) -> str:
        """Return the class of a width: a screen that starts with it is not styled twice."""
        return [name for least, name in cls.HORIZONTAL_BREAKPOINTS or () if width >= least][-1]

    @property
    def station(self) -> Station:
        """The app."""
        return station_of(self)

    @property
    def ready(self) -> bool:
        """Whether its widgets are there: a key or an event may come before them, or when they are gone."""
        return self._composed and self.is_attached and self.station.is_running

    def compose(self) -> ComposeResult:
        """Lay out the frame round the screen's own body, as this width wants it from the first picture on."""
        self.add_class(self.breakpoint(self.station.size.width))
        glyphs = self.station.glyphs
        yield HeaderLine(glyphs=glyphs, id="header")
        yield Notices(id="notices")
        yield from self.body()
        yield InboxLine(glyphs=glyphs, id="inbox-line")
        yield Footer(glyphs=glyphs, id="footer")

    def body(self) -> ComposeResult:
        """Return the widgets between header and inbox line."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Follow the app's board, selection and filter."""
        self._composed = True
        for name in ("board", "selected", "words"):
            self.watch(self.station, name, self.update_all)

    def on_screen_resume(self) -> None:
        """Show what changed while another screen was in front."""
        self.update_all()

    def update_all(self) -> None:
        """Show the app's board everywhere on this screen."""
        if not self.ready:
            return
        board = self.station.board
        self.query_one(HeaderLine).show(board.header)
        self.query_one(Notices).show(board.notices)
        self.query_one(InboxLine).show(board)
        self._show_words()
        self.show(board)
        self.update_footer()

    def _show_words(self) -> None:
        """Keep the words in sight that hide things, also those that were entered on another screen."""
        words = self.station.words
        field = self._field() if words else self._words_field
        if field is not None and field.disabled:
            field.set_class(bool(words), "-shown")
            field.value = words

    def update_footer(self) -> None:
        """Offer the keys that make sense now."""
        self.query_one(Footer).show(offered(self.situation()))

    def show(self, board: BoardState) -> None:
        """Show a board in the screen's own widgets."""
        raise NotImplementedError

    def tick(self, now: float) -> None:
        """Let ages grow, once a second."""

    def add_events(self, events: Sequence[Event]) -> None:
        """Take what has just been recorded, on screens that show a transcript."""

    def situation(self) -> Situation:
        """Return what the keys would act on: the selected agent, and what it or anybody asks."""
        app = self.station
        board = app.board
        pane = board.pane(app.selected) or (board.panes[0] if len(board.panes) == 1 else None)
        asked = pane.ask.item if pane and pane.ask else None
        answerable = [need for need in board.needs if need.item and need.kind != "review"]
        own = next((need for need in answerable if need.item == asked), None)
        agent = app.bridge.team.find(pane.name) if pane else None
        return Situation(
            screen=self.NAME,
            pane=pane,
            need=own or (answerable[0] if answerable and asked is None else None),
            agents=len(board.panes),
            open_runs=sum(1 for shown in board.panes if shown.open and shown.state != "review"),
            frozen_runs=sum(1 for shown in board.panes if shown.state in {"paused", "pausing"}),
            store=app.bridge.store is not None,
            file=agent.file if agent else None,
            copyable=pane is not None,
            filtered=bool(app.words),
        )

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """Return the actions that this screen does itself."""
        return {}

    # the filter

    def _field(self) -> Input:
        """Return the field for words; it is made when it is first wanted, the board starts sooner without."""
        from textual.widgets import Input as Field

        if self._words_field is None:
            hint = "filter: words, then enter; esc shows everything"
            self._words_field = Field(placeholder=hint, id="filter", disabled=True)
            self.station.open_up(self.mount(self._words_field, before="#inbox-line"))
        return self._words_field

    def open_filter(self) -> None:
        """Let the user type words."""
        field = self._field()
        field.disabled = False
        field.add_class("-shown")
        field.value = self.searched
        self.set_focus(field)

    @property
    def searched(self) -> str:
        """The words that the field starts with."""
        return self.station.words

    def close_filter(self, *, clear: bool) -> bool:
        """Put the field away; return whether there was anything to put away."""
        field = self._words_field
        was = (field is not None and field.has_class("-shown")) or (clear and bool(self.station.words))
        if field is not None:
            field.disabled = True
        if clear:
            self.station.words = ""
        if field is not None:
            field.set_class(bool(self.station.words), "-shown")
        if was:
            self.focus_first()
        return was

    def focus_first(self) -> None:
        """Give the keys to the main widget."""

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while words are typed."""
        if event.input.id == "filter" and not event.input.disabled:
            self.words_typed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep the words."""
        if event.input.id == "filter":
            self.words_entered()

    def words_typed(self, words: str) -> None:
        """Show what contains the words."""
        self.station.words = words

    def words_entered(self) -> None:
        """Go back to the list; the words stay in sight while they hide anything."""
        self.close_filter(clear=False)
