"""Answering what an agent asks: the exact text, the options, a guard against stray keys."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from msgspec import Struct
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from agentboard_agents.attention import Need
from agentboard_tasks.text import SafeText
from agentboard_tui.age import age
from agentboard_tui.figures import for_whom
from agentboard_tui.screens.dialog import Dialog
from agentboard_tui.widgets.rows import RowList
from agentboard_tui.widgets.spans import Span, say, spread
from agentboard_tui.widgets.words import Words

__all__ = ["GUARD", "Answer", "AnswerDialog"]

GUARD = 0.4
"""Seconds after an item appears in which an approve key does nothing."""


class Answer(Struct, frozen=True):
    """What a person said to an inbox item."""

    text: str
    choice: str | None = None  # approve, deny
    reason: str = ""


class Options(RowList[str]):
    """The answers that were offered."""

    DEFAULT_CSS = """
    Options { height: auto; max-height: 8; }
    """

    def get_content_height(self, container: object, viewport: object, width: int) -> int:  # noqa: ARG002
        """Return a line for each."""
        return len(self.rows)

    def draw(self, row: str, width: int) -> list[Span]:
        """Return an option with its number."""
        number = self.rows.index(row) + 1
        return spread([say(f" {number}  ", "p-key"), say(row)], [], width)


def hidden_note(raw: str) -> str:
    """Say how many characters of a text would not have been visible, if any."""
    shown = SafeText.of(raw.replace("\n", "").replace("\t", ""), 20_000)
    marked = sum(1 for character in raw if not character.isprintable() and character not in "\n\t")
    return f"{marked} hidden characters are shown as ␛ or <U+…>" if marked and shown else ""


class AnswerDialog(Dialog[Answer]):
    """Shows one inbox item in full and takes the answer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", show=False),
        Binding("n", "deny", show=False),
        Binding("enter", "choose", show=False),
        Binding("j,down", "move('down')", show=False),
        Binding("k,up", "move('up')", show=False),
        *(Binding(str(number), f"pick({number})", show=False) for number in range(1, 10)),
    ]

    def __init__(self, need: Need) -> None:
        super().__init__(f"{need.agent} asks ({need.kind})")
        self.need = need
        self._appeared = monotonic()
        permission = need.kind == "permission"
        self.KEYS = (  # type: ignore[misc]
            (("a", "approve"), ("n", "deny"), ("esc", "later"))
            if permission
            else (("enter", "answer"), ("1-9", "an option"), ("esc", "later"))
            if need.options
            else (("enter", "answer"), ("esc", "later"))
        )

    def fields(self) -> ComposeResult:
        """The exact text, who it is for and how long it waits, options, and a field for words."""
        need = self.need
        lines = [[say(line)] for line in SafeText.lines(need.text, 40)]
        if need.what:
            lines += [[], *([say(line, "p-ask")] for line in SafeText.lines(need.what, 40))]
        hidden = hidden_note(need.text + need.what)
        lines += [[say(hidden, "p-fault")]] if hidden else []
        waits = age(need.since, self.station.board.now, fine=False)
        facts = [
            f"for {for_whom(need.to)}",
            f"waits {waits}" if waits else "",
            f"unblocks {need.unblocks}" if need.unblocks else "",
        ]
        yield Words(
            [*lines, [], [say(" · ".join(fact for fact in facts if fact), "p-dim")]], limit=30, id="text"
        )
        if need.kind != "permission":
            yield Options(id="options")
            yield Input(placeholder="your answer", id="answer")

    def on_mount(self) -> None:
        """Give the keys to the options where there are some, else to the field."""
        if self.need.kind == "permission":
            return
        options = self.query_one(Options)
        options.show_rows(self.need.options)
        options.display = bool(self.need.options)
        self.set_focus(options if self.need.options else self.query_one(Input))

    @property
    def guarded(self) -> bool:
        """Whether the item appeared so recently that a key was meant for something else."""
        return monotonic() - self._appeared < GUARD

    def action_approve(self) -> None:
        """Approve exactly what is shown."""
        if self.need.kind == "permission" and not self.guarded:
            self.dismiss(Answer("approve", "approve"))

    def action_deny(self) -> None:
        """Refuse it."""
        if self.need.kind == "permission" and not self.guarded:
            self.dismiss(Answer("deny", "deny"))

    def action_move(self, direction: str) -> None:
        """Move among the options."""
        if self.need.options and self.need.kind != "permission":
            self.query_one(Options).step(direction)

    def action_pick(self, number: int) -> None:
        """Answer with an option by its number."""
        if 0 < number <= len(self.need.options) and not self.guarded and self.need.kind != "permission":
            self.dismiss(Answer(self.need.options[number - 1]))

    def action_choose(self) -> None:
        """Answer with the option under the cursor."""
        current = self.query_one(Options).current if self.need.kind != "permission" else None
        if current is not None and not self.guarded:
            self.dismiss(Answer(current))

    @on(Input.Submitted)
    def written(self, event: Input.Submitted) -> None:
        """Answer with words of one's own."""
        if event.value.strip():
            self.dismiss(Answer(event.value.strip()))
