"""The transcript on the screen: only the lines in sight are drawn; it follows the newest."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from textual import events as ui
from textual.geometry import Region, Size
from textual.strip import Strip

from agentboard_agents.events import Event
from agentboard_tui.glyphs import UNICODE, Glyphs
from agentboard_tui.transcript import Transcript
from agentboard_tui.widgets.painted import Painted
from agentboard_tui.widgets.spans import Span, say
from agentboard_tui.widgets.transcript_lines import block_lines

__all__ = ["TranscriptView"]

MOST = 20_000
"""Lines that stay laid out while the newest are followed; older ones are laid out again when wanted."""

SCREENS = 3
"""Heights of the view that are laid out at a time."""

MOMENT = 0.2
"""Seconds for which a key lays out what is above."""

FARTHER = 10
"""Portions of older events that one search looks through."""

Line = tuple[int, list[Span]]
Older = Callable[[int], Sequence[Event]]
"""What happened before an event's number; nothing when that was the first."""


def nothing(_number: int) -> Sequence[Event]:
    """There is nothing older."""
    return ()


class TranscriptView(Painted, can_focus=True):
    """The blocks of a run, the newest of them laid out in lines, older ones when they come into sight."""

    DEFAULT_CSS = """
    TranscriptView { height: 1fr; overflow-x: hidden; overflow-y: auto; }
    """

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self.transcript = Transcript()
        self.follow = True
        self.cursor = -1  # a block, -1 for none
        self._glyphs = glyphs
        self._first = 0  # the first block that is laid out
        self._lines: list[Line] = []
        self._starts: list[int] = []  # first line of each block that is laid out
        self._broken_at = -1  # the width that the lines are for
        self._empty = ""
        self._older: Older = nothing
        self._oldest = 0  # number of the oldest event that is shown
        self._newest = 0  # of the newest

    def begin(self, events: Sequence[Event], empty: str, older: Older = nothing) -> None:
        """Show another run: its newest events, and how to get at what was before them."""
        self.transcript = Transcript()
        self._empty, self.cursor = empty, -1
        self._older, self._oldest = older, events[0].seq if events else 0
        self._newest = 0
        self._add(events)
        self._lay_anew()
        self.refresh()

    def add(self, events: Iterable[Event]) -> None:
        """Add events and lay out what they changed."""
        first = self._add(events)
        if first < len(self.transcript.blocks):
            self._lay_out(first)

    def _add(self, events: Iterable[Event]) -> int:
        """Add those that are not there yet: what is read at first, the board may bring once more."""
        new = [event for event in events if event.seq > self._newest]
        self._newest = new[-1].seq if new else self._newest
        return self.transcript.add(new)

    # laying out

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def _lay_anew(self) -> None:
        """Lay out the end, as far as it is in sight."""
        self._lines, self._starts, self._first = [], [], len(self.transcript.blocks)
        self._broken_at = self._width
        self._lay_back()
        self._resized()

    def _lay_back(self) -> int:
        """Lay out blocks before those that are; return how many lines that gave."""
        before: list[list[Line]] = []
        wanted = SCREENS * max(1, self.size.height)
        while self._width > 0 and self._first > 0 and wanted > 0:
            self._first -= 1
            before.append(self._laid(self._first))
            wanted -= len(before[-1])
        before.reverse()
        starts = [0, *accumulate(len(lines) for lines in before)]
        added = starts.pop()
        self._lines[:0] = [line for lines in before for line in lines]
        self._starts = [*starts, *(start + added for start in self._starts)]
        return added

    def _lay_out(self, first: int) -> None:
        """Lay out what is new or changed, from a block on."""
        if self._width <= 0:
            self._broken_at = -1
            return
        first = max(first, self._first)
        at = first - self._first
        start = self._starts[at] if at < len(self._starts) else len(self._lines)
        del self._lines[start:], self._starts[at:]
        for block in range(first, len(self.transcript.blocks)):
            self._starts.append(len(self._lines))
            self._lines += self._laid(block)
        if self.follow and len(self._lines) > 2 * MOST:
            self._let_go()
        self._resized()

    def _let_go(self) -> None:
        """Forget the lines of old blocks."""
        gone = bisect_left(self._starts, len(self._lines) - MOST)
        start = self._starts[gone]
        del self._lines[:start], self._starts[:gone]
        self._starts = [place - start for place in self._starts]
        self._first += gone

    def _resized(self) -> None:
        self.virtual_size = Size(self._width, len(self._lines))
        if self.follow:
            self.scroll_end(animate=False, immediate=True, force=True)
        self.refresh()

    def _laid(self, at: int) -> list[Line]:
        """Return the lines of a block."""
        return [(at, line) for line in block_lines(self.transcript.blocks[at], self._width, self._glyphs)]

    def on_resize(self) -> None:
        """Break the lines for another width, and keep in sight what was."""
        top = self.scroll_offset.y
        if self._broken_at == self._width:
            self._resized()
            self._look_back()
        elif self.follow or top >= len(self._lines):
            self._lay_anew()
        else:
            block = self._lines[top][0]
            into, before = top - self._starts[block - self._first], self._size_of(block)
            self._lay_anew()
            self._reach(block)
            here = self._starts[block - self._first] + into * self._size_of(block) // before
            self.scroll_to(y=here, animate=False, immediate=True, force=True)

    def _size_of(self, block: int) -> int:
        """Lines of a block that is laid out."""
        at = block - self._first
        end = self._starts[at + 1] if at + 1 < len(self._starts) else len(self._lines)
        return end - self._starts[at]

    # older ones

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Lay out what is above before it comes into sight."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and new_value < self.size.height:
            self.call_later(self._look_back)

    def _look_back(self) -> None:
        """Have another portion above the lines in sight, which stay where they are."""
        if self.scroll_offset.y >= self.size.height or not (self._first or self._fetch()):
            return
        added = self._lay_back()
        here = self.scroll_offset.y + added
        self.virtual_size = Size(self._width, len(self._lines))
        self.scroll_to(y=here, animate=False, immediate=True, force=True)
        self.refresh()

    def _fetch(self) -> int:
        """Get events from before the oldest that there is; return how many blocks they are."""
        while self._oldest and (events := self._older(self._oldest)):
            self._oldest = events[0].seq
            if size := self.transcript.prepend(events):
                self._lines = [(at + size, line) for at, line in self._lines]
                self._first += size
                self.cursor += size if self.cursor >= 0 else 0
                return size
        return 0

    def _reach(self, block: int) -> None:
        """Lay out back to a block."""
        while block < self._first and self._lay_back():
            self._resized()

    def restyled(self) -> None:
        """Lines keep names of styles, so nothing has to be laid out again."""

    def render_line(self, y: int) -> Strip:
        """Return one visible line."""
        width, at = self.scrollable_content_region.width, y + self.scroll_offset.y
        if not self._lines:
            return self.strip([say(f"  {self._empty}", "p-dim")] if y == 1 else (), width)
        if at >= len(self._lines):
            return self.strip((), width)
        block, line = self._lines[at]
        return self.strip(line, width, cursor=block == self.cursor)

    # moving

    def step(self, direction: str) -> None:
        """Go to the block above or below; moving up stops following."""
        last = len(self.transcript.blocks) - 1
        if last < 0 or direction not in {"up", "down"}:
            return
        here = self._standing(direction)
        self.cursor = max(0, min(last, here + (-1 if direction == "up" else 1)))
        self.follow = self.cursor == last and direction == "down"
        self._show_cursor()

    def _standing(self, direction: str) -> int:
        """Return the block that a step goes from: the cursor's, or one next to what is in sight."""
        first, last = self._in_sight()
        if first <= self.cursor <= last:
            return self.cursor
        if self.follow or not self._lines:
            return len(self.transcript.blocks) - (1 if direction == "down" else 0)
        begins = self._starts[first - self._first] >= self.scroll_offset.y
        if direction == "up":
            return first + 1
        return first - 1 if begins else first

    def _in_sight(self) -> tuple[int, int]:
        """Return the first and the last block in sight; none (0, -1) while nothing is laid out."""
        if not self._lines:
            return 0, -1
        top = min(self.scroll_offset.y, len(self._lines) - 1)
        end = min(top + max(1, self.size.height), len(self._lines))
        return self._lines[top][0], self._lines[end - 1][0]

    def _show_cursor(self) -> None:
        self._reach(self.cursor)
        start = self._starts[self.cursor - self._first]
        height = min(self._size_of(self.cursor), self.size.height)
        self.scroll_to_region(Region(0, start, 1, height), animate=False)
        self.refresh()

    def toggle(self) -> None:
        """Fold or unfold the block under the cursor; the last tool call in sight when the cursor is not."""
        blocks = self.transcript.blocks
        first, last = (0, len(blocks) - 1) if self.follow else self._in_sight()
        at = self.cursor
        if not first <= at <= last:
            at = next((place for place in range(last, first - 1, -1) if blocks[place].foldable), -1)
        if at >= 0 and self.transcript.toggle(at):
            self.cursor, self.follow = at, False
            self._lay_out(at)
            self._show_cursor()

    def find(self, words: str, *, older: bool = False) -> bool:
        """Go to the newest block with these words, or an older one; say whether there is any."""
        wanted = words.casefold()
        last = len(self.transcript.blocks) - 1
        start = self.cursor - 1 if older and self.cursor >= 0 else last
        at = self._with(wanted, start, 0)
        for _ in range(FARTHER if older and wanted else 0):
            if at is not None or not (more := self._fetch()):
                break
            start, last = start + more, last + more
            at = self._with(wanted, more - 1, 0)
        if at is None:
            at = self._with(wanted, last, start + 1)
        if at is None:
            return False
        blocks = self.transcript.blocks
        if blocks[at].foldable and wanted not in blocks[at].text.casefold():
            blocks[at].open = True
            self._lay_out(at)
        self.cursor, self.follow = at, False
        self._show_cursor()
        return True

    def _with(self, wanted: str, newest: int, oldest: int) -> int | None:
        blocks = self.transcript.blocks if wanted else []
        around = range(min(newest, len(blocks) - 1), oldest - 1, -1)
        return next((at for at in around if wanted in blocks[at].whole.casefold()), None)

    def set_follow(self, on: bool) -> None:
        """Keep the newest in sight, or stay here."""
        self.follow = on
        if on:
            self.cursor = -1
            self.scroll_end(animate=False)
        self.refresh()

    def on_mouse_scroll_up(self) -> None:
        """Looking back stops following."""
        self.follow = False

    def key_pageup(self) -> None:
        """Look back by what is visible."""
        self.follow = False
        self.scroll_page_up(animate=False)

    def key_pagedown(self) -> None:
        """Go on by what is visible."""
        self.scroll_page_down(animate=False)

    def key_home(self) -> None:
        """Go to the start of what was read, as far as that takes a moment; what was before it comes then."""
        self.follow = False
        patience = time.monotonic() + MOMENT
        while self._lay_back() and time.monotonic() < patience:
            pass
        self._resized()
        self.scroll_home(animate=False)

    def key_end(self) -> None:
        """Go to the end and follow."""
        self.set_follow(True)

    def on_click(self, event: ui.Click) -> None:
        """Stand on the block under the pointer; it folds or unfolds."""
        at = event.y + self.scroll_offset.y
        if at < len(self._lines):
            self.cursor = self._lines[at][0]
            self.toggle()
