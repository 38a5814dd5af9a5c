"""Screen 5: runs as bars over time, with what each has spent."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult

from agentboard_agents.board import BoardState
from agentboard_agents.projection import Run
from agentboard_agents.run import FINAL
from agentboard_tui.age import clock, epoch
from agentboard_tui.figures import money, tokens
from agentboard_tui.screens.deck import Deck
from agentboard_tui.situation import Situation
from agentboard_tui.widgets.lines import Title
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.spans import Span, fit, say, spread

__all__ = ["RunBars", "TimelineScreen", "bar"]

MOST_RUNS = 500
SPENT = 14
ENDED = frozenset({*FINAL, "review"})
NOTHING = ("", "  No run yet. d on the board gives an agent a task.")


def bar(start: float, end: float, begin: float, now: float, width: int) -> tuple[int, int]:
    """Return place and length of a bar from `start` to `end`; `width` cells go from `begin` to `now`."""
    span = max(1.0, now - begin)
    left = min(width - 1, max(0, int((start - begin) / span * width)))
    right = min(width, max(left + 1, round((end - begin) / span * width)))
    return left, right - left


class RunBars(RowList[Run]):
    """A run on each line."""

    now = 0.0
    begin = 0.0

    def identity(self, row: Run) -> object:
        """A run is the same by its id."""
        return row.id

    def draw(self, row: Run, width: int) -> list[Span]:
        """Return state, agent, bar and spend."""
        style = f"s-{row.state}"
        head = [say(" "), Span(self.glyphs.run(str(row.state)), style), say(f" {row.agent}", "p-name")]
        name = min(28, max(12, width // 4))
        left = fit(head, name)
        cost = money(row.cost_usd) if row.cost_usd is not None else ""
        spent = tokens(row.tokens.input + row.tokens.output)
        right = fit([say(f" {cost} {spent} ", "p-dim")], SPENT) if width >= 50 else []
        room = max(1, width - name - (SPENT + 1 if right else 0))
        start = epoch(row.queued) or self.begin
        end = (epoch(row.since) or self.now) if row.state in ENDED else self.now
        at, length = bar(start, end, self.begin, self.now, room)
        fill = self.glyphs.mark("horizontal_on" if row.state not in ENDED else "horizontal")
        title = say(f" {row.title}" if at + length < room // 2 else "", "p-dim")
        line = [say(" " * at), say(fill * length, style), title]
        return spread([*left, *fit(line, room)], right, width)


class TimelineScreen(Deck):
    """What ran when."""

    NAME = "timeline"

    def body(self) -> ComposeResult:
        """The scale, and the runs."""
        yield Title(glyphs=self.station.glyphs, id="scale")
        yield RunBars(glyphs=self.station.glyphs, id="runs")

    def on_mount(self) -> None:
        """Start on the newest."""
        super().on_mount()
        self.focus_first()

    def focus_first(self) -> None:
        """Give the keys to the runs."""
        self.set_focus(self.query_one(RunBars))

    def show(self, board: BoardState) -> None:
        """Show the runs of a board, newest first."""
        bars = self.query_one(RunBars)
        runs = board.runs[:MOST_RUNS]
        bars.now = board.now
        bars.begin = min((epoch(run.queued) or board.now for run in runs), default=board.now)
        bars.show_rows(runs, NOTHING)
        bars.refresh()
        first = clock(min((run.queued for run in runs), default=None))
        spent = sum(run.cost_usd or 0.0 for run in runs)
        left = [say(" TIMELINE", "p-heading"), say(f"  from {first}" if runs else "", "p-dim")]
        right = f"now · {money(spent)}" if spent else "now"
        self.query_one("#scale", Title).show(left, [say(f"{right} ", "p-dim")])

    def tick(self, now: float) -> None:
        """Let the bars of open runs grow."""
        bars = self.query_one(RunBars)
        if any(run.state not in ENDED for run in bars.rows):
            bars.now = now
            bars.refresh()

    def situation(self) -> Situation:
        """The keys act on the run's agent."""
        run = self.query_one(RunBars).current
        found = super().situation()
        pane = self.station.board.pane(run.stem) if run else None
        return replace(found, pane=pane or found.pane, copyable=run is not None)

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """Moving."""
        bars = self.query_one(RunBars)
        return {"up": lambda: bars.step("up"), "down": lambda: bars.step("down")}

    @on(RowList.Moved)
    def moved(self) -> None:
        """Other keys make sense on another run."""
        self.update_footer()

    @on(RowList.Opened)
    def opened(self) -> None:
        """A second click opens the agent."""
        self.station.perform("open_agent")
