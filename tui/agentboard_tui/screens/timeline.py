"""Screen 5: runs as bars over time, what was spent when, a moment to look back to, and what you missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace
from textual import on, work
from textual.app import ComposeResult
from textual.message import Message

from agentboard_agents.board import BoardState
from agentboard_agents.course import KINDS, Course, follow
from agentboard_agents.events import Event
from agentboard_agents.store import Store, StoreFault
from agentboard_tui.age import clock, epoch
from agentboard_tui.figures import money
from agentboard_tui.past import Past, courses, rfc3339_of
from agentboard_tui.recap_lines import lines
from agentboard_tui.screens.deck import Deck
from agentboard_tui.situation import Situation
from agentboard_tui.station import outdated
from agentboard_tui.widgets.bars import RunBars, bar, name_width, plot, room_of
from agentboard_tui.widgets.lines import Title
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.sheet import Sheet, texts
from agentboard_tui.widgets.spans import Span, fit, say

__all__ = ["TimelineScreen"]

MOST_RUNS = 500
MOST_COURSES = 100
"""The newest runs are drawn stretch by stretch, older ones as one bar."""

STEPS = 60
"""Steps of left and right from the first run to now."""

NOTHING = ("", "  No run yet. d on the board gives an agent a task.")


class TimelineScreen(Deck):
    """What ran when."""

    NAME = "timeline"
    DEFAULT_CSS = """
    TimelineScreen #recap { height: auto; max-height: 40%; }
    TimelineScreen #recap-title { margin-top: 1; }
    """

    class Read(Message):
        """How runs went, read from the store."""

        def __init__(self, past: Past) -> None:
            super().__init__()
            self.past = past

    def __init__(self) -> None:
        super().__init__()
        self._past: Past | None = None
        self._early: list[Event] = []
        self._moment: int | None = None  # steps before now

    def body(self) -> ComposeResult:
        """The scale, the runs, the plots, and what happened since the last look."""
        glyphs = self.station.glyphs
        yield Title(glyphs=glyphs, id="scale")
        yield RunBars(glyphs=glyphs, id="runs")
        yield Title(glyphs=glyphs, id="tokens")
        yield Title(glyphs=glyphs, id="money")
        yield Title(glyphs=glyphs, id="recap-title")
        yield Sheet(id="recap")

    def on_mount(self) -> None:
        """Start on the newest, and read how runs went."""
        super().on_mount()
        self.watch(self.station, "recap", self._show_recap)
        self.focus_first()
        self._look_back()

    def focus_first(self) -> None:
        """Give the keys to the runs."""
        self.set_focus(self.query_one(RunBars))

    @work(thread=True, exclusive=True, group="past")
    def _look_back(self) -> None:
        project, runs = self.station.bridge.project, self.station.board.runs[:MOST_COURSES]
        try:
            store = Store.open(project, create=False)
        except StoreFault:
            return  # the board says so itself
        try:
            past = courses(store, runs)
        except StoreFault:
            return
        finally:
            store.close()
        if not outdated():
            self.post_message(self.Read(past))

    @on(Read)
    def read(self, message: Read) -> None:
        """Draw how runs went."""
        self._past = message.past
        self.add_events([event for event in self._early if event.seq > message.past.seq])
        self._early = []
        self._draw()

    def add_events(self, events: Sequence[Event]) -> None:
        """Go on with the courses of the runs that events are about."""
        new = [event for event in events if event.kind in KINDS]
        if self._past is None:
            self._early += new
            return
        known = dict(self._past.courses)
        for event in new:
            known[event.run] = follow(known.get(event.run, Course()), event.time, (event,))
        self._past = replace(self._past, courses=known)
        if new:
            self._draw()

    # showing

    def show(self, board: BoardState) -> None:
        """Show the runs of a board, newest first."""
        bars, runs = self.query_one(RunBars), board.runs[:MOST_RUNS]
        bars.now = board.now
        bars.begin = min((epoch(run.queued) or board.now for run in runs), default=board.now)
        bars.show_rows(runs, NOTHING)
        self._draw()

    def _draw(self) -> None:
        bars = self.query_one(RunBars)
        bars.courses = self._past.courses if self._past else {}
        bars.moment = None if self._moment is None else self._time(self._moment)
        bars.refresh()
        self._scale(bars)
        self._plots(bars)

    def _time(self, steps: int) -> float:
        bars = self.query_one(RunBars)
        return bars.now - (bars.now - bars.begin) * steps / STEPS

    def _scale(self, bars: RunBars) -> None:
        first = clock(min((run.queued for run in bars.rows), default=None))
        spent = sum(run.cost_usd or 0.0 for run in bars.rows)
        left = [say(" TIMELINE", "p-heading"), say(f"  from {first}" if bars.rows else "", "p-dim")]
        when = "now" if bars.moment is None else f"as it was at {clock(rfc3339_of(bars.moment))}"
        right = [say(when, "p-dim" if bars.moment is None else "p-key")]
        right += [say(f" · {money(spent)}", "p-dim")] if spent and bars.moment is None else []
        self.query_one("#scale", Title).show(left, [*right, say(" ")])

    def _plots(self, bars: RunBars) -> None:
        turns = [turn for course in bars.courses.values() for turn in course.spent]
        used = [(turn.time, float(turn.tokens)) for turn in turns]
        paid = [(turn.time, turn.cost_usd) for turn in turns]
        for name, words, values in (("tokens", "tokens", used), ("money", "spend", paid)):
            title = self.query_one(f"#{name}", Title)
            title.display = any(value for _, value in values)
            if title.display:
                title.show(list(self._plot(bars, words, values)))

    def _plot(self, bars: RunBars, words: str, values: Sequence[tuple[str, float]]) -> Iterator[Span]:
        width = self.size.width
        room = room_of(width)
        sums = [0.0] * room
        for time, value in values:
            at = epoch(time) or bars.begin
            sums[bar(at, at, bars.begin, bars.now, room)[0]] += value
        yield from fit([say(f"   {words}", "p-dim")], name_width(width))
        yield say(plot(sums, self.station.glyphs), "p-tool")

    def _show_recap(self) -> None:
        found = self.station.recap
        for name in ("#recap-title", "#recap"):
            self.query_one(name).display = found is not None
        if found is not None:
            head, *rest = lines(found, self.station.board.now)
            title = [say(" SINCE YOU LAST LOOKED", "p-heading"), say(f"  {head}", "p-dim")]
            self.query_one("#recap-title", Title).show(title)
            self.query_one("#recap", Sheet).show(texts("\n".join(rest).strip("\n")))

    def tick(self, now: float) -> None:
        """Let the bars of open runs grow."""
        bars = self.query_one(RunBars)
        if self._moment is None and any(not run.final and run.state != "review" for run in bars.rows):
            bars.now = now
            bars.refresh()

    # acting

    def situation(self) -> Situation:
        """The keys act on the run's agent."""
        run = self.query_one(RunBars).current
        found = super().situation()
        pane = self.station.board.pane(run.stem) if run else None
        return replace(found, pane=pane or found.pane, copyable=run is not None)

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """Up and down among the runs, left and right in time."""
        bars, recap = self.query_one(RunBars), self.query_one("#recap", Sheet)
        return {
            "up": lambda: bars.step("up"),
            "down": lambda: bars.step("down"),
            "left": partial(self._go_back, 1),
            "right": partial(self._go_back, -1),
            "next_panel": partial(recap.page, 1),
            "previous_panel": partial(recap.page, -1),
        }

    def _go_back(self, steps: int) -> None:
        """Look at a moment before (or after) the one that shows; after the last one it is now again."""
        wanted = max(0, min(STEPS, (self._moment or 0) + steps))
        self._moment = wanted or None
        self._draw()

    @on(RowList.Moved)
    def moved(self) -> None:
        """Other keys make sense on another run."""
        self.update_footer()

    @on(RowList.Opened)
    def opened(self) -> None:
        """A second click opens the agent."""
        self.station.perform("open_agent")
