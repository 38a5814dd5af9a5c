"""The lines round the board: header, notices, what needs you, the keys, tabs and titles."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from agentboard_agents.attention import Need
from agentboard_agents.board import BoardState, Header
from agentboard_tui.actions import Action, key_words
from agentboard_tui.age import age
from agentboard_tui.figures import money, plural
from agentboard_tui.glyphs import UNICODE, Glyphs
from agentboard_tui.widgets.painted import Painted
from agentboard_tui.widgets.spans import Span, say, spread, width_of, wrap

__all__ = ["Footer", "HeaderLine", "InboxLine", "Notices", "TabStrip", "Title", "header_spans", "need_spans"]


class OneLine(Painted):
    """One line of spans, computed for the width it has."""

    DEFAULT_CSS = """
    OneLine { height: 1; overflow: hidden hidden; }
    """

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self.glyphs = glyphs

    def spans(self, width: int) -> list[Span]:
        """Return the line."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Return the line as a strip."""
        width = self.size.width
        return self.strip(self.spans(width) if y == 0 else (), width)


WORKER_WORDS = {
    "ok": ("worker ok", "p-dim"),
    "none": ("no worker", "p-dim"),
    "dead": ("worker dead", "p-fault"),
}


def header_spans(header: Header, glyphs: Glyphs, width: int) -> list[Span]:
    """Return the header: name, project, branch, counts, money, needs; at the right how the worker is."""
    gap = say("   " if width >= 100 else "  ")
    left = [say(" agentboard", "p-heading"), gap] if width >= 60 else [say(" ")]
    left += [say(header.project, "p-name")]
    if header.branch and width >= 50:
        left += [say(" "), Span(glyphs.mark("branch"), "p-dim"), say(f" {header.branch}", "p-dim")]
    left += [gap, say(plural(header.agents, "agent"))] if width >= 60 else []
    counts = [
        Span(piece, f"s-{state}")
        for state, count in header.counts
        for piece in (glyphs.run(state), say(f"{count} ").text)
    ]
    left += [gap, *counts] if counts else []
    if header.cost_usd is not None and width >= 70:
        budget = f" of {money(header.budget_usd)}" if header.budget_usd else ""
        left += [gap, say(f"{money(header.cost_usd)}{budget}")]
    if header.needs:
        words = plural(header.needs, "needs you", "need you") if width >= 60 else f"{header.needs}!"
        left += [gap, say(words, "p-ask")]
    word, style = WORKER_WORDS.get(header.worker, WORKER_WORDS["none"])
    right = [say("rehearsal  ", "p-rehearsal")] if header.rehearsal else []
    right += [say(f"{word} ", style)] if width >= 70 or header.worker == "dead" else []
    return spread(left, right, width)


class HeaderLine(OneLine):
    """The first line of every screen."""

    DEFAULT_CSS = """
    HeaderLine { background: $panel; }
    """
    header = Header()

    def show(self, header: Header) -> None:
        """Show another header."""
        if header != self.header:
            self.header = header
            self.refresh()

    def spans(self, width: int) -> list[Span]:
        """Return the header of this width."""
        return header_spans(self.header, self.glyphs, width)


def need_spans(need: Need, count: int, glyphs: Glyphs, now: float, width: int) -> list[Span]:
    """Return what needs a human most, the keys that answer it, and how many more there are."""
    answers = need.item is not None and need.kind != "review"
    keys = (
        [("a", "approve"), ("n", "deny")]
        if need.kind == "permission"
        else [("a", "answer")]
        if answers
        else []
    )
    if count > 1:
        keys.append(("3", f"all {count}"))
    right: list[Span] = []
    for key, label in keys:
        right += [say(f" [{key}]", "p-key"), say(f" {label}", "p-dim")]
    who = f" {need.agent}" if need.agent else f" {need.file}:{need.line}" if need.file else ""
    waited = age(need.since, now, fine=False)
    left = [say(" "), Span(glyphs.mark("need"), "p-ask"), say(f" {need.kind}", "p-ask"), say(who, "p-name")]
    left += [say(f" {waited}", "p-dim")] if waited and width >= 60 else []
    return spread([*left, say(": "), say(need.text)], [*right, say(" ")] if right else [], width)


class InboxLine(OneLine):
    """What needs you most, above the keys."""

    board = BoardState()

    def show(self, board: BoardState) -> None:
        """Show what a board needs most."""
        changed = (board.needs, board.loading) != (self.board.needs, self.board.loading)
        self.board = board
        if changed:
            self.refresh()

    def spans(self, width: int) -> list[Span]:
        """Return the line; calm words when nothing needs anybody."""
        board = self.board
        if not board.needs:
            words = "reading files…" if board.loading else "nothing needs you"
            return spread([say(f" {words}", "p-dim")], [], width)
        return need_spans(board.needs[0], len(board.needs), self.glyphs, board.now, width)


class Footer(OneLine):
    """The keys that make sense now, the most useful first."""

    DEFAULT_CSS = """
    Footer { background: $panel; }
    """
    actions: tuple[tuple[Action, bool], ...] = ()

    def show(self, actions: Sequence[tuple[Action, bool]]) -> None:
        """Name these actions; those that make no sense now are dim."""
        if tuple(actions) != self.actions:
            self.actions = tuple(actions)
            self.refresh()

    def spans(self, width: int) -> list[Span]:
        """Return as many keys as fit; help stays."""
        end = [say("  ?", "p-key"), say(" help ", "p-dim")]
        line: list[Span] = []
        for action, available in self.actions:
            key = say(f" {key_words(action).split()[0]}", "p-key" if available else "p-off")
            piece = [key, say(f" {action.label} ", "p-dim" if available else "p-off")]
            if width_of(line) + width_of(piece) > width - width_of(end):
                break
            line += piece
        return spread(line, end, width)


class TabStrip(OneLine):
    """Names of which one is shown."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    tabs: tuple[tuple[str, str], ...] = ()
    current = ""

    def show(self, tabs: Sequence[tuple[str, str]], current: str) -> None:
        """Show tabs, each an id and a word."""
        if (tuple(tabs), current) != (self.tabs, self.current):
            self.tabs, self.current = tuple(tabs), current
            self.refresh()

    def spans(self, width: int) -> list[Span]:
        """Return the words; the current one stands out in black and white too."""
        return spread([span for _name, span in self._pieces(width)], [], width)

    def _pieces(self, width: int) -> list[tuple[str, Span]]:
        """Return tab and word; closer together where there is little room."""
        tight = sum(len(word) + 2 for _, word in self.tabs) > width
        pieces: list[tuple[str, Span]] = []
        for name, word in self.tabs:
            on = name == self.current
            text = f"[{word}]" if on else f"{word} " if tight else f" {word} "
            pieces.append((name, say(text, "p-tab-on" if on else "p-tab")))
        return pieces

    def on_click(self, event: events.Click) -> None:
        """Choose the tab under the pointer."""
        edge = 0
        for name, span in self._pieces(self.size.width):
            edge += width_of([span])
            if event.x < edge:
                self.post_message(self.Chosen(name))
                return


class Title(OneLine):
    """The heading of a panel."""

    left: tuple[Span, ...] = ()
    right: tuple[Span, ...] = ()

    def show(self, left: Sequence[Span], right: Sequence[Span] = ()) -> None:
        """Show a heading."""
        if (tuple(left), tuple(right)) != (self.left, self.right):
            self.left, self.right = tuple(left), tuple(right)
            self.refresh()

    def spans(self, width: int) -> list[Span]:
        """Return the heading."""
        return spread(self.left, self.right, width)


class Notices(Painted):
    """What is wrong with the board itself: the store, the watcher, the worker. No line when all is well."""

    DEFAULT_CSS = """
    Notices {
        height: auto; max-height: 4; overflow: hidden hidden;
        background: $error-muted; color: $text-error; display: none;
    }
    Notices.-shown { display: block; }
    """
    notices: tuple[str, ...] = ()

    def show(self, notices: Sequence[str]) -> None:
        """Show these lines."""
        if tuple(notices) != self.notices:
            self.notices = tuple(notices)
            self.set_class(bool(self.notices), "-shown")
            self.refresh(layout=True)

    def _lines(self, width: int) -> list[list[Span]]:
        """Return the notices on as many lines as they need."""
        return [
            [say(" ! " if at == 0 else "   ", "p-fault"), Span(part)]
            for notice in self.notices
            for at, part in enumerate(wrap(say(notice).text, max(10, width - 4), 3))
        ]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002  Textual's signature
        """Return as many lines as the notices take."""
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        lines = self._lines(self.size.width)
        return self.strip(spread(lines[y], [], self.size.width) if y < len(lines) else [], self.size.width)
