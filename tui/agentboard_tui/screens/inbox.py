"""Screen 3: what needs a human, ranked, with the one under the cursor in full."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult

from agentboard_agents.attention import Need
from agentboard_agents.board import BoardState
from agentboard_tasks.text import SafeText
from agentboard_tui.age import age
from agentboard_tui.figures import for_whom
from agentboard_tui.screens.deck import Deck
from agentboard_tui.situation import Situation
from agentboard_tui.widgets.lines import Title
from agentboard_tui.widgets.panels import matches
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.spans import Span, fit, say, spread
from agentboard_tui.widgets.words import Words

__all__ = ["InboxScreen", "NeedList"]

NOTHING = (
    "",
    "  Nothing needs you.",
    "  Questions, permissions, blockers and finished work show up here.",
)
KIND_STYLES = {"review": "s-review", "failed": "p-fault", "stale": "p-fault", "problem": "p-fault"}


class NeedList(RowList[Need]):
    """Needs, the most pressing first."""

    now = 0.0

    def identity(self, row: Need) -> object:
        """A need is the same by its item, run and place."""
        return row.item, row.run, row.file, row.line, row.text

    def draw(self, row: Need, width: int) -> list[Span]:
        """Return kind, agent, text and how long it waits."""
        kind = fit([say(f" {row.kind}", KIND_STYLES.get(row.kind, "p-ask"))], 13)
        who = fit([say(row.agent or row.file, "p-name")], min(26, max(8, width // 4)))
        waits = age(row.since, self.now, fine=False)
        more = [say(f" unblocks {row.unblocks}", "p-dim")] if row.unblocks > 1 and width > 70 else []
        return spread([*kind, *who, say(" "), say(row.text)], [*more, say(f" {waits} ", "p-dim")], width)


class InboxScreen(Deck):
    """Answer what is asked, the most pressing first."""

    NAME = "inbox"
    DEFAULT_CSS = """
    InboxScreen NeedList { height: 2fr; }
    InboxScreen #full { height: auto; max-height: 50%; padding: 0 1; margin-top: 1; }
    """

    def body(self) -> ComposeResult:
        """The list, and the one under the cursor."""
        yield Title(glyphs=self.station.glyphs, id="inbox-title")
        yield NeedList(glyphs=self.station.glyphs, id="needs")
        yield Words(id="full", limit=30)

    def on_mount(self) -> None:
        """Start on the first."""
        super().on_mount()
        self.focus_first()

    def focus_first(self) -> None:
        """Give the keys to the list."""
        self.set_focus(self.query_one(NeedList))

    def show(self, board: BoardState) -> None:
        """Show what a board needs."""
        words = self.station.words
        needs = [
            need
            for need in board.needs
            if not words or matches(words, need.text, need.agent, need.kind, need.file)
        ]
        rows = self.query_one(NeedList)
        rows.now = board.now
        rows.show_rows(needs, NOTHING)
        self.query_one("#inbox-title", Title).show(
            [say(" INBOX", "p-heading"), say(f"  {len(needs)}", "p-dim")]
        )
        self._full(rows.current, board.now)

    def tick(self, now: float) -> None:
        """Let ages grow, each minute."""
        if int(now) % 60 == 0:
            self.query_one(NeedList).refresh()

    def _full(self, need: Need | None, now: float) -> None:
        if need is None:
            self.query_one("#full", Words).show([])
            return
        lines: list[list[Span]] = [
            [say(need.agent or f"{need.file}:{need.line}", "p-name"), say(f"  {need.kind}", "p-ask")]
        ]
        lines += [[say(line)] for line in SafeText.lines(need.text, 12)]
        lines += [[say(line, "p-ask")] for line in SafeText.lines(need.what, 12)]
        lines += [
            [say(f" {number}  ", "p-key"), say(option)]
            for number, option in enumerate(() if need.kind == "permission" else need.options[:9], 1)
        ]
        waits = age(need.since, now, fine=False)
        lines.append([say(f"for {for_whom(need.to)}{f' · waits {waits}' if waits else ''}", "p-dim")])
        self.query_one("#full", Words).show(lines)

    def situation(self) -> Situation:
        """The keys act on the need under the cursor, and on its agent."""
        need = self.query_one(NeedList).current
        board = self.station.board
        found = super().situation()
        if need is None:
            return replace(found, need=None)
        pane = next((pane for pane in board.panes if pane.run and pane.run == need.run), found.pane)
        return replace(found, need=need, pane=pane, file=need.file or found.file, copyable=True)

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """Moving, and enter: answer, or open what it is about."""
        rows = self.query_one(NeedList)
        return {"up": lambda: rows.step("up"), "down": lambda: rows.step("down"), "open": self._open}

    def _open(self) -> None:
        need = self.query_one(NeedList).current
        if need is None:
            return
        if need.item and need.kind != "review":
            self.station.perform("answer")
        else:
            act = "edit" if need.file else "review" if need.kind == "review" else "open_agent"
            self.station.perform(act)

    @on(RowList.Moved)
    def moved(self) -> None:
        """Show the other one in full."""
        self._full(self.query_one(NeedList).current, self.station.board.now)
        self.update_footer()

    @on(RowList.Opened)
    def opened(self) -> None:
        """A second click is enter."""
        self._open()
