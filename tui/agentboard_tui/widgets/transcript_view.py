"""The transcript on the screen: only the lines in sight are drawn; it follows the newest."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events as ui
from textual.geometry import Region, Size
from textual.strip import Strip

from agentboard_agents.events import Event
from agentboard_tasks.text import SafeText
from agentboard_tui.age import clock
from agentboard_tui.glyphs import UNICODE, Glyphs
from agentboard_tui.transcript import CHANGE, Block, Transcript
from agentboard_tui.widgets.painted import Painted
from agentboard_tui.widgets.spans import Span, cut, say, wrap

__all__ = ["TranscriptView"]

STYLES = {
    "text": "p-plain",
    "thinking": "p-note",
    "changeset": "p-tool",
    "tool": "p-tool",
    "fault": "p-fault",
    "note": "p-note",
    "evidence": "p-ok",
    "ask": "p-ask",
    "you": "p-key",
}
CHANGES = {"+": "p-ok", "-": "p-fault"}
INDENT = 6
"""Cells for the time at the left."""

LINES_OF_TEXT = 4_000
Line = tuple[int, list[Span]]


class TranscriptView(Painted, can_focus=True):
    """The blocks of a run, laid out in lines."""

    DEFAULT_CSS = """
    TranscriptView { height: 1fr; overflow-x: hidden; overflow-y: auto; }
    """

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self.transcript = Transcript()
        self.follow = True
        self.cursor = -1  # a block, -1 for none
        self._glyphs = glyphs
        self._lines: list[Line] = []
        self._starts: list[int] = []  # first line of each block
        self._empty = ""

    def begin(self, events: Iterable[Event], empty: str) -> None:
        """Show another run from its start."""
        self.transcript = Transcript()
        self._empty, self.cursor = empty, -1
        self._lines, self._starts = [], []
        self.add(events)
        self.refresh()

    def add(self, events: Iterable[Event]) -> None:
        """Add events and lay out what they changed."""
        first = self.transcript.add(events)
        if first < len(self.transcript.blocks):
            self._lay_out(first)

    def _lay_out(self, first: int) -> None:
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        start = self._starts[first] if first < len(self._starts) else len(self._lines)
        del self._lines[start:], self._starts[first:]
        for at in range(first, len(self.transcript.blocks)):
            self._starts.append(len(self._lines))
            self._lines += [(at, line) for line in self._laid(self.transcript.blocks[at], width)]
        self.virtual_size = Size(width, len(self._lines))
        if self.follow:
            self.scroll_end(animate=False, immediate=True)
        self.refresh()

    def _laid(self, block: Block, width: int) -> Iterable[list[Span]]:
        style = STYLES.get(block.kind, "p-plain")
        stamp = say(f"{clock(block.time):<{INDENT}}"[:INDENT], "p-dim")
        pad = say(" " * INDENT)
        room = max(10, width - INDENT - 1)
        if block.kind == "text":
            given = SafeText.lines(block.text, LINES_OF_TEXT)
            lines = [part for line in given for part in wrap(line, room - 2)]
            for at, line in enumerate(lines or [say("").text]):
                yield [pad if at else stamp, say("  "), Span(line, style)]
            return
        fold = self._glyphs.mark("open" if block.open else "closed") if block.foldable else say(" ").text
        yield [stamp, Span(fold, "p-dim"), say(" "), Span(cut(say(block.text).text, room - 2), style)]
        yield from _change(block, [pad, say("  ")], room)
        if block.open:
            for line in SafeText.lines(block.detail, 400):
                yield from ([pad, say("  "), Span(part, "p-dim")] for part in wrap(line, room - 2, 20))

    def on_resize(self) -> None:
        """Break the lines for another width."""
        self._lines, self._starts = [], []
        self._lay_out(0)

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
        here = self.cursor if self.cursor >= 0 else last + (1 if direction == "up" else 0)
        self.cursor = max(0, min(last, here + (-1 if direction == "up" else 1)))
        self.follow = self.cursor == last and direction == "down"
        self._show_cursor()

    def _show_cursor(self) -> None:
        start = self._starts[self.cursor]
        end = self._starts[self.cursor + 1] if self.cursor + 1 < len(self._starts) else len(self._lines)
        self.scroll_to_region(Region(0, start, 1, min(end - start, self.size.height)), animate=False)
        self.refresh()

    def toggle(self) -> None:
        """Fold or unfold the block under the cursor (the last tool call when there is none)."""
        blocks = self.transcript.blocks
        at = self.cursor
        if at < 0:
            at = next((place for place in reversed(range(len(blocks))) if blocks[place].foldable), -1)
        if at >= 0 and self.transcript.toggle(at):
            self.cursor, self.follow = at, False
            self._lay_out(at)
            self._show_cursor()

    def find(self, words: str, *, older: bool = False) -> bool:
        """Go to the newest block with these words, or an older one; say whether there is any."""
        blocks, wanted = self.transcript.blocks, words.casefold()
        start = self.cursor - 1 if older and self.cursor >= 0 else len(blocks) - 1
        around = [*range(start, -1, -1), *range(len(blocks) - 1, start, -1)]
        at = next((at for at in around if wanted and wanted in blocks[at].whole.casefold()), None)
        if at is None:
            return False
        if blocks[at].foldable and wanted not in blocks[at].text.casefold():
            blocks[at].open = True
            self._lay_out(at)
        self.cursor, self.follow = at, False
        self._show_cursor()
        return True

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
        """Go to the start."""
        self.follow = False
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


def _change(block: Block, pad: list[Span], room: int) -> Iterable[list[Span]]:
    """Return the lines of a change: its beginning while it is folded."""
    shown = block.change if block.open else block.change[:CHANGE]
    for raw in shown:
        line = SafeText.of(raw.expandtabs(4))
        yield [*pad, Span(cut(line, room - 2), CHANGES.get(line[:1], "p-dim"))]
    if len(shown) < len(block.change):
        yield [*pad, say(f"{len(block.change) - len(shown)} more lines: enter unfolds", "p-note")]
