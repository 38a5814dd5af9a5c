"""What the keys do here: the actions of the screen in front, and why some make no sense now."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from agentboard_tui.actions import ACTIONS, GROUPS, Action, key_words
from agentboard_tui.screens.dialog import Dialog
from agentboard_tui.situation import Situation
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.spans import Span, say, spread
from agentboard_tui.widgets.words import Words

__all__ = ["HelpScreen"]

ABOUT = {
    "board": "The board: a pane per agent. ~ is inferred from files, ! is stale; everything else is known.",
    "tasks": "Tasks: every task file of the project, by state. d gives one to its agent.",
    "inbox": "Inbox: what needs you, by how much it unblocks. a answers, n denies, enter shows it in full.",
    "agent": "One agent: enter folds and unfolds; tab turns to diff, gates and the rest; m writes to it.",
    "review": "Review: changes left, evidence right. A accepts (merges), R sends it back with feedback.",
    "artifacts": "Shared files: who wrote what and when, and what is in it.",
    "timeline": "Runs over time: ━ works, ╍ checks, ┈ waits, ╌ holds, · paused; ✓ ✗ are gates. "
    "Left and right choose a moment.",
    "team": "The team: who leads whom, who consults whom, messages with their receipts.",
}


class Keys(RowList[Action | str]):
    """Actions with their keys; headings between them."""

    DEFAULT_CSS = """
    Keys { height: 1fr; }
    """
    situation = Situation()

    def selectable(self, row: Action | str) -> bool:
        """Headings are skipped."""
        return not isinstance(row, str)

    def draw(self, row: Action | str, width: int) -> list[Span]:
        """Return keys, label and help, or why it is not available."""
        if isinstance(row, str):
            return [say(row, "p-heading")]
        reason = row.unavailable(self.situation)
        words = say(f"not now: {reason}", "p-note") if reason else say(row.help)
        keys, label = say(f" {key_words(row):<9} ", "p-key"), say(f"{row.label:<12} ", "p-name")
        if width < 50:
            return spread([say(f" {key_words(row):<7} ", "p-key"), words], [], width)
        return spread([keys, label, words], [], width)


class HelpScreen(Dialog[None]):
    """Explains what is focused."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,question_mark,enter", "close", show=False),
        Binding("j,down", "move('down')", show=False),
        Binding("k,up", "move('up')", show=False),
    ]
    KEYS = (("↑ ↓", "more"), ("esc", "back"))

    def __init__(self, situation: Situation) -> None:
        super().__init__("Keys")
        self._situation = situation

    def fields(self) -> ComposeResult:
        """What this screen is, and its actions."""
        yield Words([[say(ABOUT.get(self._situation.screen, ""), "p-dim")], []], limit=3)
        yield Keys(id="actions")

    def on_mount(self) -> None:
        """Fill in the actions of the screen."""
        keys = self.query_one(Keys)
        keys.situation = self._situation
        rows: list[Action | str] = []
        for group, title in GROUPS.items():
            acts = [act for act in ACTIONS if act.group == group and self._situation.screen in act.scope]
            rows += [title, *acts] if acts else []
        keys.show_rows(rows)
        self.set_focus(keys)

    def action_move(self, direction: str) -> None:
        """Scroll."""
        self.query_one(Keys).step(direction)
