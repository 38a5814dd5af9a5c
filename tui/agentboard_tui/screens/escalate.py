"""Escalating a run: to whom, and why."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from agentboard_agents.board_panes import Pane
from agentboard_tui.screens.dialog import Dialog
from agentboard_tui.widgets.choice import Choice
from agentboard_tui.widgets.spans import say
from agentboard_tui.widgets.words import Words

__all__ = ["EscalateDialog", "Escalation"]

TARGETS = (
    ("human", "you: it waits in the inbox"),
    ("lead", "the agent that leads it"),
    ("pm", "the project manager"),
    ("model", "a stronger model"),
)


class Escalation(Struct, frozen=True):
    """Who is to be asked, and why."""

    to: str
    reason: str


class EscalateDialog(Dialog[Escalation]):
    """Stops a run at its safe point and asks somebody."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "turn(-1)", show=False, priority=True),
        Binding("down", "turn(1)", show=False, priority=True),
    ]
    KEYS = (("enter", "escalate"), ("↑ ↓", "to whom"), ("esc", "back"))

    def __init__(self, pane: Pane) -> None:
        super().__init__(f"Escalate {pane.name}")
        self._pane = pane

    def fields(self) -> ComposeResult:
        """To whom, and the reason."""
        yield Words([[say(self._pane.title or "its run", "p-dim")], []], limit=3)
        yield Choice("ask", TARGETS, id="to")
        yield Input(placeholder="reason (what should be decided?)", id="reason")

    def on_mount(self) -> None:
        """Start with the reason: the obvious person is chosen."""
        self.set_focus(self.query_one(Input))

    def action_turn(self, by: int) -> None:
        """Choose another one to ask."""
        self.query_one(Choice).turn(by)

    @on(Input.Submitted)
    def entered(self, event: Input.Submitted) -> None:
        """Escalate."""
        self.dismiss(Escalation(self.query_one(Choice).value, event.value.strip() or "escalated by the user"))
