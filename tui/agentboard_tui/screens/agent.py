"""One agent: its transcript as it grows, and a prompt that writes to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from textual import events as ui
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import TextArea

from agentboard_agents.board import BoardState
from agentboard_agents.board_panes import Pane
from agentboard_agents.events import Event
from agentboard_agents.store import StoreFault
from agentboard_tui.figures import money, tokens
from agentboard_tui.screens.deck import Deck
from agentboard_tui.situation import Situation
from agentboard_tui.widgets.lines import Title
from agentboard_tui.widgets.pane_paint import Brush, state_spans
from agentboard_tui.widgets.spans import Span, say
from agentboard_tui.widgets.transcript_view import TranscriptView

__all__ = ["AgentScreen", "Prompt"]

EVENTS = 5_000
"""Events that are read when a transcript opens; `agentboard log RUN` prints all."""

NO_RUN = "No run yet. d gives it a task; what it does shows here."


class Prompt(TextArea):
    """A line for words to the agent: enter sends, ctrl+j or shift+enter breaks the line, esc leaves it."""

    class Sent(Message):
        """Words to send."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    async def _on_key(self, event: ui.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            if self.text.strip():
                self.post_message(self.Sent(self.text.strip()))
                self.text = ""
        elif event.key in {"ctrl+j", "shift+enter"}:
            event.stop()
            event.prevent_default()
            self.insert("\n")
        elif event.key == "escape":
            event.stop()
            event.prevent_default()
            self.screen.query_one(TranscriptView).focus()
        else:
            await super()._on_key(event)


class AgentScreen(Deck):
    """The transcript of an agent's current run."""

    NAME = "agent"
    DEFAULT_CSS = """
    AgentScreen Prompt {
        height: auto; min-height: 1; max-height: 6; border: none; padding: 0 1; background: $boost;
    }
    AgentScreen Prompt:focus { border: none; background: $panel; }
    AgentScreen #prompt-title { background: $boost; }
    """

    def __init__(self, stem: str) -> None:
        super().__init__()
        self._stem = stem
        self._run_id: str | None = None
        self._begun = False

    def body(self) -> ComposeResult:
        """Who and what, the transcript, the prompt."""
        glyphs = self.station.glyphs
        yield Title(glyphs=glyphs, id="who")
        yield Title(glyphs=glyphs, id="what")
        yield TranscriptView(glyphs=glyphs, id="transcript")
        yield Title(glyphs=glyphs, id="prompt-title")
        yield Prompt(id="prompt", show_line_numbers=False, soft_wrap=True, compact=True)

    def on_mount(self) -> None:
        """Start in the transcript."""
        super().on_mount()
        self.focus_first()

    def focus_first(self) -> None:
        """Give the keys to the transcript."""
        self.query_one(TranscriptView).focus()

    def show(self, board: BoardState) -> None:
        """Show the agent's state; another run of it begins a new transcript."""
        stem = self.station.selected or self._stem
        pane = board.pane(stem)
        if pane is None:
            return
        if stem != self._stem or pane.run != self._run_id or not self._begun:
            self._stem, self._run_id, self._begun = stem, pane.run, True
            self.query_one(TranscriptView).begin(self._history(pane), NO_RUN)
        self._heads(pane, board.now)

    def _history(self, pane: Pane) -> Sequence[Event]:
        store = self.station.bridge.store
        if store is None or pane.run is None:
            return ()
        try:
            return store.tail(pane.run, EVENTS)
        except StoreFault as fault:
            self.station.bridge.notices["store"] = f"{fault}"
            return ()

    def _heads(self, pane: Pane, now: float) -> None:
        brush = Brush(self.station.glyphs, now)
        facts = [
            f" {money(pane.cost_usd)}" if pane.cost_usd is not None else "",
            f" {tokens(pane.tokens)}" if pane.tokens else "",
        ]
        label = [say(" rehearsal", "p-rehearsal")] if pane.rehearsal else []
        follow = say("  following" if self.query_one(TranscriptView).follow else "  f follows", "p-dim")
        right = [*label, say("".join(facts), "p-dim"), follow, say(" ")]
        who = [say(f" {pane.name}  ", "p-name"), *state_spans(pane, brush)]
        branch = (
            [Span(self.station.glyphs.mark("branch"), "p-dim"), say(f" {pane.branch} ", "p-dim")]
            if pane.branch
            else []
        )
        self.query_one("#who", Title).show(who, right)
        self.query_one("#what", Title).show(
            [say(f" {pane.title or pane.upcoming or 'no task yet'}", "p-plain")], branch
        )
        hint = (
            "m writes"
            if not self.query_one(Prompt).has_focus
            else "enter sends · ctrl+j breaks the line · esc leaves"
        )
        self.query_one("#prompt-title", Title).show(
            [say(f" to {pane.name}: ", "p-key")], [say(f"{hint} ", "p-dim")]
        )

    def tick(self, now: float) -> None:
        """Let the age of the state grow."""
        pane = self.station.board.pane(self._stem)
        if pane is not None:
            self._heads(pane, now)

    def add_events(self, events: Sequence[Event]) -> None:
        """Add what has just been recorded for this run."""
        own = [event for event in events if event.run == self._run_id]
        if own:
            self.query_one(TranscriptView).add(own)

    def situation(self) -> Situation:
        """The keys act on this agent."""
        return super().situation()

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """Moving in the transcript, folding, following, writing."""
        view = self.query_one(TranscriptView)
        return {
            "up": partial(view.step, "up"),
            "down": partial(view.step, "down"),
            "open": view.toggle,
            "follow": self._follow,
            "message": self._write,
        }

    def _write(self) -> None:
        self.query_one(Prompt).focus()

    def _follow(self) -> None:
        view = self.query_one(TranscriptView)
        view.set_follow(not view.follow)
        self.update_all()

    def on_descendant_focus(self) -> None:
        """The hint beside the prompt names the keys of what has the focus."""
        self.update_all()

    def on_prompt_sent(self, message: Prompt.Sent) -> None:
        """Send the words to the agent that the prompt names."""
        from agentboard_tui.acts import tell

        pane = self.station.board.pane(self._stem)
        if pane is not None:
            tell(self.station, pane, message.text)
        self.focus_first()
