"""The skeleton of a task file: headings, box items with their blocks, legend; one pass over its lines."""

from __future__ import annotations

import re

from msgspec import Struct

from agentboard_tasks.formats.fences import Fences, fence_of
from agentboard_tasks.formats.lines import BOM, indent_width, split
from agentboard_tasks.formats.markers import (
    is_box,
    is_legend_title,
    is_list_title,
    legend_of_item,
    legend_of_line,
    says_a_state,
)
from agentboard_tasks.formats.statewords import heading_state
from agentboard_tasks.model import State

__all__ = ["Heading", "Item", "Outline", "read_outline"]

_BOX = re.compile(
    rb"([ \t]*(?:>[ \t]?)*)(?:[-*+]|\d{1,9}[.)])[ \t]+\[([^\[\]\r\n]{0,24})\]"
    rb"(?:[ \t]+([^\r\n]*)|([^\s(\[:][^\r\n]*))?[\r\n]*\Z"
)
_HEADING = re.compile(rb" {0,3}(#{1,6})(?:[ \t]+([^\r\n]*))?[\r\n]*\Z")
_STARTS_A_BLOCK = re.compile(
    rb"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])(?:[ \t]|[\r\n]*\Z)"  # a bullet
    rb"|(?:\*[ \t]*){3,}[\r\n]*\Z|(?:-[ \t]*){3,}[\r\n]*\Z|(?:_[ \t]*){3,}[\r\n]*\Z"  # a rule
    rb"|</?[A-Za-z]|<!)"  # HTML
)
"""Lines that no paragraph above them goes on in, quotes apart."""
_UNDERLINE = re.compile(rb"(?:=+|-+)[ \t]*[\r\n]*\Z")
_MARKERS = {b" ": " ", b"x": "x", b"X": "X"}
"""The boxes that mean the same everywhere."""
_ITEM_STARTS = frozenset(b"-*+>0123456789")


class Heading(Struct, gc=False):
    """A heading: its line (from 0), level, text, the state it names, the index of its parent (or -1)."""

    line: int
    level: int
    text: str
    state: State | None
    parent: int
    end: int  # the first line after the heading itself


class Item(Struct, gc=False):
    """A box item: `line` to `end` (exclusive, from 0) is its block, `box` its marker in the first line."""

    line: int
    end: int
    indent: int
    marker: str
    box: tuple[int, int]
    text: str
    heading: int
    parent: int


class Outline(Struct):
    """The skeleton of a file. `faults` are (line from 0, what is wrong)."""

    lines: list[bytes]
    headings: list[Heading]
    items: list[Item]
    legend: dict[str, State]
    faults: list[tuple[int, str]]
    start: int  # the first line after front matter
    announced: bool = False  # a line that is no heading announces a legend

    def section_of(self, item: Item) -> Heading | None:
        """The nearest heading above an item that names a state."""
        at = item.heading
        while at >= 0:
            heading = self.headings[at]
            if heading.state is not None:
                return heading
            at = heading.parent
        return None

    def section_end(self, heading: Heading) -> int:
        """The line where the next heading of the same or a higher level starts."""
        later = (
            other.line
            for other in self.headings
            if other.line > heading.line and other.level <= heading.level
        )
        return next(later, len(self.lines))

    def is_prose(self, number: int) -> bool:
        """Whether a line (from 0) is plain text that would go on with an item right above it."""
        line = self.lines[number]
        starts = line.lstrip()[:1] in (b"", b"#", b">") or _STARTS_A_BLOCK.match(line) or fence_of(line)
        return not starts

    def would_join(self, above: int, below: int) -> bool:
        """Whether two lines (from 0) would become a heading without what is between them."""
        within = above >= 0 and below < len(self.lines)
        return within and self.is_prose(above) and _UNDERLINE.match(self.lines[below]) is not None


class _Scanner:
    """The state of the pass over the lines."""

    def __init__(self, data: bytes) -> None:
        self.lines = split(data)
        self.fences = Fences(self.lines, data)
        self.comments = b"<!--" in data
        self.headings: list[Heading] = []
        self.items: list[Item] = []
        self.legend: dict[str, State] = {}
        self.faults: list[tuple[int, str]] = []
        self.open: list[int] = []  # indices of the items that the current line may belong to
        self.chain: list[int] = []  # indices of the headings above the current line
        self.solid = -1  # the last line that is not blank
        self.legend_block = ""  # "", "heading" or "paragraph"
        self.legend_title = -1  # the line that announces the legend
        self.maybe_tasks = False  # what is announced may be a list of tasks instead
        self.announced = False

    def run(self) -> Outline:
        start = number = _after_front_matter(self.lines)
        count = len(self.lines)
        while number < count:
            number = self.line(number)
        self.close(-1)
        return Outline(self.lines, self.headings, self.items, self.legend, self.faults, start, self.announced)

    def line(self, number: int) -> int:
        """Takes in one line, or a fence or comment that starts there; the number of the next."""
        line = self.lines[number]
        if number == 0 and line.startswith(BOM):
            line = line[3:]
        bare = line.lstrip()
        if not bare:
            if self.legend_block == "paragraph" and self.solid != self.legend_title:
                self.legend_block = ""
            return number + 1
        first = bare[0]
        after = number + 1
        if first in _ITEM_STARTS and b"[" in bare and self.item(number, line):
            pass
        elif first == 0x23 and (match := _HEADING.match(line)):
            self.heading(number, len(match[1]), match[2] or b"", number + 1)
        elif first in b"`~" and (fence := fence_of(line)):
            after = self.fence(number, fence[0], fence[1])
        elif first in b"=-" and self.underline(number, line):
            pass
        else:
            self.text(number, line)
        if self.comments and after == number + 1 and b"<!--" in bare:
            after = self.comment(number, bare)
        self.solid = after - 1
        return after

    def item(self, number: int, line: bytes) -> bool:
        match = _BOX.match(line)
        if match is None:
            return False
        marker = _MARKERS.get(match[2])
        if marker is None:
            marker = match[2].decode("utf-8", "surrogateescape")
            marker = marker if marker.strip() == "" else marker.strip()
            if not is_box(marker or " ", self.legend) or (match[4] and marker not in ("", " ", "x", "X")):
                return False
        text = (match[3] or match[4] or b"").strip().decode("utf-8", "surrogateescape")
        if self.legend_block and not (self.maybe_tasks and not says_a_state(text)):
            self.legend.update(legend_of_item(marker, text))
            return True
        self.legend_block = ""
        offset = len(self.lines[number]) - len(line)
        indent = indent_width(match[1]) if match[1] else 0
        if self.open:
            self.close(indent - 1)
        parent = self.open[-1] if self.open else -1
        heading = self.chain[-1] if self.chain else -1
        box = (match.start(2) + offset, match.end(2) + offset)
        self.open.append(len(self.items))
        self.items.append(Item(number, number + 1, indent, marker or " ", box, text, heading, parent))
        return True

    def close(self, deepest: int) -> None:
        """Ends the items that are indented more than `deepest` columns."""
        while self.open and self.items[self.open[-1]].indent > deepest:
            item = self.items[self.open.pop()]
            item.end = max(self.solid + 1, item.line + 1)

    def heading(self, number: int, level: int, raw: bytes, end: int) -> None:
        self.close(-1)
        text = raw.decode("utf-8", "surrogateescape").strip().rstrip("#").strip()
        while self.chain and self.headings[self.chain[-1]].level >= level:
            self.chain.pop()
        parent = self.chain[-1] if self.chain else -1
        state = heading_state(text) if level > 1 else None
        self.chain.append(len(self.headings))
        self.headings.append(Heading(number, level, text, state, parent, end))
        self.legend_block = ""
        if is_legend_title(text):
            self.announce("heading", number, text)

    def announce(self, block: str, number: int, text: str) -> None:
        self.legend_block, self.legend_title, self.maybe_tasks = block, number, is_list_title(text)

    def fence(self, number: int, character: bytes, length: int) -> int:
        if self.open:
            self.close(indent_width(self.lines[number]) - 1)
        after, closed = self.fences.after_fence(number, character, length)
        if not closed:
            self.faults.append((number, "this code fence is never closed"))
        if self.legend_block:
            for line in self.lines[number:after]:
                text = line.decode("utf-8", "surrogateescape")
                self.legend.update(legend_of_line(text, within_legend=True))
            self.legend_block = self.legend_block.removeprefix("paragraph")
        return after

    def comment(self, number: int, bare: bytes) -> int:
        if b"-->" in bare[bare.rindex(b"<!--") :]:
            return number + 1
        after, closed = self.fences.after_comment(number)
        if not closed:
            self.faults.append((number, "this HTML comment is never closed"))
        return after

    def underline(self, number: int, line: bytes) -> bool:
        if self.open or self.solid != number - 1 or not _UNDERLINE.match(line) or number == 0:
            return False
        above = self.lines[number - 1]
        if (
            above[:1] in b"#->*+|`~ \t<"
            or _STARTS_A_BLOCK.match(above)
            or any(heading.end == number for heading in self.headings[-1:])
        ):
            return False
        self.heading(number - 1, 1 if line[:1] == b"=" else 2, above, number + 1)
        return True

    def text(self, number: int, line: bytes) -> None:
        self.belong(number, line)
        if b"[" in line or b":" in line or self.legend_block:
            text = line.decode("utf-8", "surrogateescape").strip()
            if not self.open and is_legend_title(text):
                self.announce("paragraph", number, text)
                self.announced = True
            if b"[" in line:
                self.legend.update(legend_of_line(text, within_legend=bool(self.legend_block)))

    def belong(self, number: int, line: bytes) -> None:
        """Ends the items that a line which is no item does not belong to."""
        if not self.open:
            return
        lazy = self.solid == number - 1 and not self.starts_block(line)
        indent = indent_width(line)
        if not (lazy and indent <= self.items[self.open[-1]].indent):
            self.close(indent - 1)

    def starts_block(self, line: bytes) -> bool:
        """Whether a line begins something of its own: it is not the rest of the innermost open item."""
        if line.lstrip().startswith(b">"):
            first = self.lines[self.items[self.open[-1]].line].removeprefix(BOM)
            return not first.lstrip().startswith(b">")
        return _STARTS_A_BLOCK.match(line) is not None


def _after_front_matter(lines: list[bytes]) -> int:
    if not lines or lines[0].removeprefix(BOM).rstrip() != b"---":
        return 0
    for number in range(1, min(len(lines), 400)):
        if lines[number].rstrip() in (b"---", b"..."):
            return number + 1
        if not lines[number].strip() or lines[number].startswith(b"#"):
            break
    return 0


def read_outline(data: bytes) -> Outline:
    """The skeleton of a task file."""
    return _Scanner(data).run()
