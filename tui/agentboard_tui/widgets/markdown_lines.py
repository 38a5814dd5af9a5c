"""Markdown as lines of spans: what an agent says, with headings, lists, tables and code.

Rich lays it out; its styles come back as the names that our themes know. Nothing that was written is left
out: links, images, references, entities and HTML stay as they are, for what is behind a word matters here.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from functools import cache
from typing import ClassVar

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, RenderResult
from rich.default_styles import DEFAULT_STYLES
from rich.markdown import CodeBlock, Heading, Markdown, MarkdownElement, TableElement
from rich.style import Style
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from agentboard_tasks.text import SafeText
from agentboard_tui.widgets.spans import Span, wrap

__all__ = ["markdown_lines"]

AS_WRITTEN = ("link", "image", "autolink", "reference", "entity", "lheading")

MARKS = {
    "markdown.strong": "bold",
    "markdown.table.header": "bold",
    "markdown.em": "italic",
    "markdown.code": "reverse",
    "markdown.code_block": "reverse",
    "markdown.block_quote": "dim",
    "markdown.hr": "dim",
    "markdown.table.border": "dim",
    "markdown.item.bullet": "blink",
    "markdown.item.number": "blink",
    **{f"markdown.h{level}": "underline" for level in range(1, 7)},
}
"""What Rich calls a piece, and the attribute by which it is known when it comes back."""


def markdown_lines(text: str, width: int) -> list[list[Span]]:
    """Return Markdown on lines of at most `width` cells; as plain text when it cannot be laid out."""
    safe = SafeText.lines(text)
    try:
        lines = _console(max(8, width)).render_lines(_Said("\n".join(safe)), pad=False)
    except Exception:
        logging.getLogger(__name__).warning(
            "markdown of %d characters shows as it is", len(text), exc_info=True
        )
        return [[Span(part)] for line in safe for part in wrap(line, width)]
    return [
        [Span(SafeText(piece.text), _name(piece.style)) for piece in line if piece.text] for line in lines
    ]


def _name(style: Style | None) -> str:
    """Return the name that our themes have for a piece."""
    if style is None:
        return "p-plain"
    if style.reverse:
        return "p-tool"
    if style.underline:
        return "p-heading"
    if style.blink:
        return "p-key"
    if style.bold:
        return "p-name"
    if style.italic:
        return "p-said"
    return "p-dim" if style.dim else "p-plain"


class _Heading(Heading):
    LEVEL_ALIGN = dict.fromkeys(Heading.LEVEL_ALIGN, "left")


class _Code(CodeBlock):
    """Code in one colour, as far in as it was written, every character of it."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip("\n")
        yield Text(code, style="markdown.code_block", overflow="fold", no_wrap=False)


class _Table(TableElement):
    """A table without empty lines round it."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in super().__rich_console__(console, options):
            if isinstance(part, Table):
                part.show_edge = False
            yield part


class _Said(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _Code,
        "code_block": _Code,
        "table_open": _Table,
    }

    def __init__(self, text: str) -> None:
        super().__init__("", hyperlinks=False)
        self.parsed = _parser().parse(text)
        _keep_lines(self.parsed)


def _keep_lines(tokens: Sequence[Token]) -> None:
    """Let a line end where it was ended."""
    for token in tokens:
        if token.type == "softbreak":
            token.type = "hardbreak"
        _keep_lines(token.children or ())


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False})
    return parser.enable("table").disable(list(AS_WRITTEN))


@cache
def _theme() -> Theme:
    return Theme(dict.fromkeys(DEFAULT_STYLES, "none") | MARKS, inherit=False)


@cache
def _console(width: int) -> Console:
    return Console(file=io.StringIO(), width=width, theme=_theme(), color_system=None, legacy_windows=False)
