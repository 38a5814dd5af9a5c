"""The two smallest dialogs: one line of text, and a yes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from agentboard_tui.screens.dialog import Dialog
from agentboard_tui.widgets.spans import say
from agentboard_tui.widgets.words import Words

__all__ = ["ConfirmDialog", "TextDialog"]


class TextDialog(Dialog[str]):
    """Asks for a line of text; `empty` allows none."""

    def __init__(self, heading: str, words: str, hint: str, *, empty: bool = False) -> None:
        super().__init__(heading)
        self._words = words
        self._hint = hint
        self._empty = empty

    def fields(self) -> ComposeResult:
        """A line of explanation, and the field."""
        yield Words([[say(self._words, "p-dim")]], limit=12)
        yield Input(placeholder=self._hint, id="text")

    def on_mount(self) -> None:
        """Let words be written at once."""
        self.set_focus(self.query_one(Input))

    @on(Input.Submitted)
    def entered(self, event: Input.Submitted) -> None:
        """Give the text back; an empty one only where that means something."""
        text = event.value.strip()
        if text or self._empty:
            self.dismiss(text)


class ConfirmDialog(Dialog[bool]):
    """Asks for a yes; anything else is a no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "yes", show=False),
        Binding("n", "close", show=False),
    ]

    def __init__(self, heading: str, lines: Sequence[str], yes: str) -> None:
        super().__init__(heading)
        self._said = lines
        self.KEYS = (("enter", yes), ("esc", "no"))  # type: ignore[misc]

    def fields(self) -> ComposeResult:
        """What would happen."""
        yield Words([[say(line)] for line in self._said], limit=12)

    def action_yes(self) -> None:
        """It is wanted."""
        self.dismiss(True)
