"""One line of a form: a label and one of several values, turned with left and right."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from agentboard_tui.widgets.lines import OneLine
from agentboard_tui.widgets.spans import Span, say, spread

__all__ = ["Choice"]


class Choice(OneLine):
    """A value among several, each with a word of explanation."""

    class Changed(Message):
        """Another value was chosen."""

    def __init__(
        self,
        label: str,
        values: Sequence[tuple[str, str]],
        *,
        start: str | None = None,
        id: str | None = None,  # noqa: A002  Textual's name
    ) -> None:
        super().__init__(id=id)
        self.label = label
        self.values = tuple(values)
        self.at = next((at for at, (value, _) in enumerate(self.values) if value == start), 0)
        self.marked = False

    @property
    def value(self) -> str:
        """The chosen value, empty when there is none to choose."""
        return self.values[self.at][0] if self.values else ""

    def offer(self, values: Sequence[tuple[str, str]], start: str | None = None) -> None:
        """Offer other values."""
        self.values = tuple(values)
        self.at = next((at for at, (value, _) in enumerate(self.values) if value == start), 0)
        self.refresh()

    def turn(self, by: int) -> None:
        """Choose the next or previous value."""
        if len(self.values) > 1:
            self.at = (self.at + by) % len(self.values)
            self.refresh()
            self.post_message(self.Changed())

    def mark(self, on: bool) -> None:
        """Show whether left and right turn this one."""
        self.marked = on
        self.refresh()

    def spans(self, width: int) -> list[Span]:
        """Return label, value and explanation."""
        style = "p-key" if self.marked else "p-dim"
        label = say(f"{'›' if self.marked else ' '} {self.label:<9}", style)
        if not self.values:
            return spread([label, say("nothing to choose", "p-dim")], [], width)
        value, words = self.values[self.at]
        if ":" in value or not value:
            value, words = words, ""
        count = [say(f" {self.at + 1}/{len(self.values)}", "p-dim")] if len(self.values) > 1 else []
        return spread(
            [label, say(value, "p-name"), say(f"  {words}" if words else "", "p-dim")], count, width
        )
