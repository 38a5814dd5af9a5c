"""Runs as bars over time: stretches in the fill of their state, gates as marks; plots of what was spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from agentboard_agents.course import Course, Stretch
from agentboard_agents.projection import Run
from agentboard_agents.run import FINAL
from agentboard_tui.age import epoch
from agentboard_tui.figures import money, tokens
from agentboard_tui.glyphs import Glyphs
from agentboard_tui.past import rfc3339_of
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.spans import Span, cut, fit, say, spread

__all__ = ["RunBars", "bar", "name_width", "plot"]

SPENT = 14
ENDED = frozenset({*FINAL, "review"})
FILLS = {
    "queued": "fill_pause",
    "paused": "fill_pause",
    "pausing": "fill_pause",
    "waiting": "fill_wait",
    "holding": "fill_hold",
    "checking": "fill_check",
}
"""State to the mark that its stretch is drawn with; the others work."""

LEVELS = 8
Cell = tuple[str, str]
"""A glyph and its style."""

BLANK: Cell = (" ", "p-plain")


def bar(start: float, end: float, begin: float, now: float, width: int) -> tuple[int, int]:
    """Return place and length of a bar from `start` to `end`; `width` cells go from `begin` to `now`."""
    span = max(1.0, now - begin)
    left = min(width - 1, max(0, int((start - begin) / span * width)))
    right = min(width, max(left + 1, round((end - begin) / span * width)))
    return left, right - left


def name_width(width: int) -> int:
    """Return how many cells of a line are for the name of the agent."""
    return min(28, max(12, width // 4))


def room_of(width: int) -> int:
    """Return how many cells of a line are for the bar."""
    return max(1, width - name_width(width) - (SPENT + 1 if width >= 50 else 0))


class RunBars(RowList[Run]):
    """A run on each line."""

    now = 0.0
    begin = 0.0
    moment: float | None = None  # seconds since the epoch; `None` is now
    courses: Mapping[str, Course] = {}

    def identity(self, row: Run) -> object:
        """A run is the same by its id."""
        return row.id

    def draw(self, row: Run, width: int) -> list[Span]:
        """Return state, agent, bar and spend, as they were at the moment."""
        course = self._course(row)
        state = str(course.stretches[-1].state) if course.stretches else ""
        glyph = Span(self.glyphs.run(state), f"s-{state}") if state else say(" ")
        head = [say(" "), glyph, say(f" {row.agent}", "p-name" if state else "p-off")]
        line = self._bar(row, course, room_of(width))
        right = fit([say(f" {self._spent(row, course)} ", "p-dim")], SPENT) if width >= 50 else []
        return spread([*fit(head, name_width(width)), *line], right, width)

    def _course(self, run: Run) -> Course:
        """Return how a run went until the moment; from its last state alone where that is all there is."""
        course = self.courses.get(run.id) or Course((Stretch(run.queued or run.since, run.state),))
        return course if self.moment is None else course.until(rfc3339_of(self.moment))

    def _spent(self, run: Run, course: Course) -> str:
        if self.moment is None:
            cost, used = run.cost_usd, run.tokens.input + run.tokens.output
        else:
            cost, used = (
                sum(turn.cost_usd for turn in course.spent),
                sum(turn.tokens for turn in course.spent),
            )
        return f"{money(cost)} {tokens(used)}" if cost else tokens(used)

    def _bar(self, run: Run, course: Course, room: int) -> list[Span]:
        cells = [BLANK] * room
        for at, length, cell in self._stretches(course, room):
            cells[at : at + length] = [cell] * length
        for gate in course.gates:
            good = gate.state == "passed"
            mark = self.glyphs.mark("gate_ok" if good else "gate_bad")
            cells[self._place(epoch(gate.time) or self.begin, room)] = (mark, "p-ok" if good else "p-fault")
        if self.moment is not None:
            here = self._place(self.moment, room)
            cells[here] = (self.glyphs.mark("vertical"), "p-key") if cells[here] == BLANK else cells[here]
        end = max((at for at, cell in enumerate(cells) if cell != BLANK), default=-1) + 1
        return [*_spans(cells[:end]), *_title(run.title, cells[end:])]

    def _stretches(self, course: Course, room: int) -> Iterator[tuple[int, int, Cell]]:
        ends = [one.since for one in course.stretches[1:]]
        until = self.now if self.moment is None else self.moment
        for at, stretch in enumerate(course.stretches):
            if stretch.state in ENDED:
                continue
            start = epoch(stretch.since) or self.begin
            end = (epoch(ends[at]) or until) if at < len(ends) else until
            fill = self.glyphs.mark(FILLS.get(str(stretch.state), "fill_work"))
            yield *bar(start, end, self.begin, self.now, room), (fill, f"s-{stretch.state}")

    def _place(self, time: float, room: int) -> int:
        return bar(time, time, self.begin, self.now, room)[0]


def _spans(cells: Sequence[Cell]) -> Iterator[Span]:
    """Join cells of one style."""
    for style, group in groupby(cells, key=lambda cell: cell[1]):
        yield say("".join(glyph for glyph, _ in group), style)


def _title(title: str, cells: Sequence[Cell]) -> list[Span]:
    """Return the free cells after a bar: what the run is about, where that is not next to nothing."""
    free = len(cells)
    if free < 12 or any(cell != BLANK for cell in cells):
        return list(_spans(cells))
    return fit([say(" "), Span(cut(say(title).text, free - 1), "p-dim")], free)


def plot(values: Sequence[float], glyphs: Glyphs) -> str:
    """Return values as a line of blocks, the largest full; what is nothing stays blank."""
    most = max(values, default=0.0)
    if most <= 0:
        return " " * len(values)
    levels = [min(LEVELS - 1, int(value / most * LEVELS)) for value in values]
    return "".join(
        glyphs.mark(f"level_{level}") if value > 0 else " "
        for value, level in zip(values, levels, strict=True)
    )
