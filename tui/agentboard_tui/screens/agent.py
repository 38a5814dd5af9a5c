"""One agent: its transcript as it grows, tabs with what belongs to it, and a prompt that writes to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from textual import events as ui
from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.reactive import var
from textual.widgets import TextArea

from agentboard_agents.board import BoardState
from agentboard_agents.board_panes import Pane
from agentboard_agents.events import Event
from agentboard_agents.store import LATEST, StoreFault
from agentboard_tui.figures import money, tokens
from agentboard_tui.screens.agent_tabs import TABS, tab_lines
from agentboard_tui.screens.deck import Deck
from agentboard_tui.widgets.diff_list import DiffList
from agentboard_tui.widgets.lines import TabStrip, Title
from agentboard_tui.widgets.pane_paint import Brush, state_spans
from agentboard_tui.widgets.sheet import Sheet
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

    class Left(Message):
        """The keys are for the transcript again."""

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
            self.post_message(self.Left())
        else:
            await super()._on_key(event)


class AgentScreen(Deck):
    """The transcript of an agent's current run, and what belongs to it."""

    NAME = "agent"
    DEFAULT_CSS = """
    AgentScreen Prompt {
        height: auto; min-height: 1; max-height: 6; border: none; padding: 0 1; background: $boost;
    }
    AgentScreen Prompt:focus { border: none; background: $panel; }
    AgentScreen #prompt-title { background: $boost; }
    AgentScreen #tab, AgentScreen #diff { display: none; }
    """
    tab: var[str] = var("transcript", init=False)

    def __init__(self, stem: str) -> None:
        super().__init__()
        self._stem = stem
        self._run_id: str | None = None
        self._begun = False
        self._diff_of: tuple[str | None, str | None] | None = None
        self._searched = ""

    def body(self) -> ComposeResult:
        """Who and what, the tabs, the prompt."""
        glyphs = self.station.glyphs
        yield Title(glyphs=glyphs, id="who")
        yield Title(glyphs=glyphs, id="what")
        yield TabStrip(glyphs=glyphs, id="tabs")
        yield TranscriptView(glyphs=glyphs, id="transcript")
        yield Sheet(id="tab")
        yield DiffList(glyphs=glyphs, id="diff")
        yield Title(glyphs=glyphs, id="prompt-title")
        yield Prompt(id="prompt", show_line_numbers=False, soft_wrap=True, compact=True)

    def on_mount(self) -> None:
        """Start in the transcript."""
        super().on_mount()
        self.focus_first()

    @property
    def _front(self) -> TranscriptView | Sheet | DiffList:
        """The widget of the tab in front."""
        if self.tab == "transcript":
            return self.query_one(TranscriptView)
        return self.query_one(DiffList) if self.tab == "diff" else self.query_one(Sheet)

    def focus_first(self) -> None:
        """Give the keys to the tab in front."""
        self.set_focus(self._front)

    def watch_tab(self) -> None:
        """Bring another tab to the front."""
        for widget in (self.query_one(TranscriptView), self.query_one(Sheet), self.query_one(DiffList)):
            widget.display = widget is self._front
        self.focus_first()
        self.update_all()

    def show(self, board: BoardState) -> None:
        """Show the agent's state; another run of it begins a new transcript."""
        stem = self.station.selected or self._stem
        pane = board.pane(stem)
        if pane is None:
            return
        if stem != self._stem or pane.run != self._run_id or not self._begun:
            self._stem, self._run_id, self._begun = stem, pane.run, True
            self.query_one(TranscriptView).begin(
                self._history(pane.run), NO_RUN, partial(self._history, pane.run)
            )
        self._tabs(pane, board)
        self._heads(pane, board.now)

    def _tabs(self, pane: Pane, board: BoardState) -> None:
        names = [(tab, tab.capitalize()) for tab in TABS]
        self.query_one("#tabs", TabStrip).show(names, self.tab)
        if self.tab == "diff":
            self._diff(pane)
        elif self.tab != "transcript":
            self.query_one(Sheet).show(tab_lines(self.station, self.tab, pane, board))

    def _diff(self, pane: Pane) -> None:
        run = self.station.bridge.run(pane.run)
        now = (pane.run, run.commit if run else None)
        if run is None or run.branch is None:
            self.query_one(DiffList).show((), "No branch yet: nothing was changed.")
        elif now != self._diff_of:
            self._diff_of = now
            self.query_one(DiffList).load(self.station.bridge.project, run.id)

    def _history(self, run: str | None, before: int | None = None) -> Sequence[Event]:
        """Return a portion of what is recorded of a run: the newest, or what was before an event's number."""
        store = self.station.bridge.store
        if store is None or run is None:
            return ()
        try:
            return store.tail(run, EVENTS, until=LATEST if before is None else before - 1)
        except StoreFault as fault:
            self.station.bridge.notices["store"] = f"{fault}"
            return ()

    def _heads(self, pane: Pane, now: float) -> None:
        glyphs, brush = self.station.glyphs, Brush(self.station.glyphs, now)
        cost = f" {money(pane.cost_usd)}" if pane.cost_usd is not None else ""
        label = [say(" rehearsal", "p-rehearsal")] if pane.rehearsal else []
        follow = "  following" if self.query_one(TranscriptView).follow else "  f follows"
        spent = f"{cost} {tokens(pane.tokens)}" if pane.tokens else cost
        right = [*label, say(spent, "p-dim"), say(f"{follow} ", "p-dim")]
        who = [say(f" {pane.name}  ", "p-name"), *state_spans(pane, brush)]
        branch = (
            [Span(glyphs.mark("branch"), "p-dim"), say(f" {pane.branch} ", "p-dim")] if pane.branch else []
        )
        what = [say(f" {pane.title or pane.upcoming or 'no task yet'}", "p-plain")]
        self.query_one("#who", Title).show(who, right)
        self.query_one("#what", Title).show(what, branch)
        writing = self.query_one(Prompt).has_focus
        hint = "enter sends · ctrl+j breaks the line · esc leaves" if writing else "m writes"
        to = [say(f" to {pane.name}: ", "p-key")]
        self.query_one("#prompt-title", Title).show(to, [say(f"{hint} ", "p-dim")])

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

    def own_actions(self) -> dict[str, Callable[[], None]]:
        """Moving, folding, following, tabs, writing."""
        return {
            "up": partial(self._front.step, "up"),
            "down": partial(self._front.step, "down"),
            "left": partial(self._turn, -1),
            "right": partial(self._turn, 1),
            "next_panel": partial(self._turn, 1),
            "previous_panel": partial(self._turn, -1),
            "open": self._unfold,
            "follow": self._follow,
            "message": self._write,
            "back": self._back,
        }

    def _turn(self, by: int) -> None:
        self.tab = TABS[(TABS.index(self.tab) + by) % len(TABS)]

    def _unfold(self) -> None:
        front = self._front
        if isinstance(front, TranscriptView | DiffList):
            front.toggle()

    def _write(self) -> None:
        self.set_focus(self.query_one(Prompt))

    def _follow(self) -> None:
        self.tab = "transcript"
        view = self.query_one(TranscriptView)
        view.set_follow(not view.follow)
        self.update_all()

    def _back(self) -> None:
        if self.close_filter(clear=False):
            return
        if self.tab != "transcript":
            self.tab = "transcript"
        else:
            self.station.pop_screen()

    # searching

    @property
    def searched(self) -> str:
        """The words that were searched last."""
        return self._searched

    def words_typed(self, words: str) -> None:
        """Go to the newest block with the words."""
        self.tab, self._searched = "transcript", words
        self.query_one(TranscriptView).find(words)
        self.set_focus(self.query_one("#filter"))

    def words_entered(self) -> None:
        """Go to the next older one."""
        if not self.query_one(TranscriptView).find(self._searched, older=True):
            self.station.say(f"nothing with {self._searched!r} here", ok=False)

    def on_descendant_focus(self) -> None:
        """The hint beside the prompt names the keys of what has the focus."""
        self.update_all()

    @on(TabStrip.Chosen)
    def tab_chosen(self, event: TabStrip.Chosen) -> None:
        """A tab was clicked."""
        self.tab = event.tab

    @on(Prompt.Left)
    def prompt_left(self) -> None:
        """Keys act again."""
        self.focus_first()

    def on_prompt_sent(self, message: Prompt.Sent) -> None:
        """Send the words to the agent that the prompt names."""
        from agentboard_tui.acts import tell

        pane = self.station.board.pane(self._stem)
        if pane is not None:
            tell(self.station, pane, message.text)
        self.focus_first()
