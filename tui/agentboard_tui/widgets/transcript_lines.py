"""The lines of one block of a transcript: its time, what it says, and what it changed."""

from __future__ import annotations

from collections.abc import Iterable

from agentboard_tasks.text import SafeText
from agentboard_tui.age import clock
from agentboard_tui.glyphs import Glyphs
from agentboard_tui.transcript import CHANGE, Block
from agentboard_tui.widgets.spans import Span, cut, say, wrap

__all__ = ["block_lines"]

STYLES = {
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


def block_lines(block: Block, width: int, glyphs: Glyphs) -> Iterable[list[Span]]:
    """Return a block on lines of at most `width` cells."""
    stamp = say(f"{clock(block.time) if block.time else '':<{INDENT}}"[:INDENT], "p-dim")
    pad = say(" " * INDENT)
    room = max(10, width - INDENT - 1)
    if block.kind == "text":
        yield from _said(block.text, stamp, pad, room - 2)
        return
    fold = glyphs.mark("open" if block.open else "closed") if block.foldable else say(" ").text
    style = STYLES.get(block.kind, "p-plain")
    yield [stamp, Span(fold, "p-dim"), say(" "), Span(cut(say(block.text).text, room - 2), style)]
    yield from _change(block, [pad, say("  ")], room)
    if block.open:
        for line in SafeText.lines(block.detail, 400):
            yield from ([pad, say("  "), Span(part, "p-dim")] for part in wrap(line, room - 2, 20))


def _said(text: str, stamp: Span, pad: Span, room: int) -> Iterable[list[Span]]:
    """Return the lines of what an agent said; one that goes on from the block above has no time."""
    from agentboard_tui.widgets.markdown_lines import markdown_lines

    lines = markdown_lines(text, room)
    if text.startswith("\n\n"):
        yield []
    for at, line in enumerate(lines or [[]]):
        yield [pad if at else stamp, say("  "), *line]


def _change(block: Block, pad: list[Span], room: int) -> Iterable[list[Span]]:
    """Return the lines of a change: its beginning while it is folded."""
    shown = block.change if block.open else block.change[:CHANGE]
    for raw in shown:
        line = SafeText.of(raw.expandtabs(4))
        yield [*pad, Span(cut(line, room - 2), CHANGES.get(line[:1], "p-dim"))]
    if len(shown) < len(block.change):
        yield [*pad, say(f"{len(block.change) - len(shown)} more lines: enter unfolds", "p-note")]
