"""The palette: every action by its name, and every agent by its own."""

from __future__ import annotations

from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.markup import escape

from agentboard_tasks.text import SafeText
from agentboard_tui.actions import ACTIONS, Action, key_words
from agentboard_tui.situation import Situation
from agentboard_tui.station import Station

__all__ = ["ActionProvider"]

HIDDEN = frozenset({"up", "down", "left", "right", "palette", "back", "open"})
"""Actions that make no sense from the palette: it has to be closed first."""


class ActionProvider(Provider):
    """Offers actions (disabled ones say why) and agents."""

    @property
    def _station(self) -> Station:
        return cast("Station", self.app)

    def _help(self, action: Action) -> str:
        situation = self._situation()
        reason = action.unavailable(situation) if situation else None
        return f"not now: {reason}" if reason else action.help

    def _situation(self) -> Situation | None:
        from agentboard_tui.screens.deck import Deck

        below = self.app.screen_stack[-2] if len(self.app.screen_stack) > 1 else self.app.screen
        return below.situation() if isinstance(below, Deck) and below.ready else None

    def _commands(self) -> list[tuple[str, str, str]]:
        """Return (text, help, action id or agent stem with a dash)."""
        acts = [
            (f"{action.label}  {key_words(action)}", self._help(action), action.id)
            for action in ACTIONS
            if action.id not in HIDDEN
        ]
        agents = [
            (SafeText.of(f"open {pane.name}", 80), SafeText.of(pane.title or pane.word, 80), f"-{pane.stem}")
            for pane in self._station.board.panes
        ]
        return acts + agents

    def _run(self, what: str) -> None:
        app = self._station
        if what.startswith("-"):
            app.selected = what[1:]
            app.call_later(app.perform, "open_agent")
        else:
            app.call_later(app.perform, what)

    async def discover(self) -> Hits:
        """Offer everything before a word is typed."""
        for text, words, what in self._commands():
            yield DiscoveryHit(Content(text), partial(self._run, what), text=text, help=escape(words))

    async def search(self, query: str) -> Hits:
        """Offer what matches."""
        matcher = self.matcher(query)
        for text, words, what in self._commands():
            score = max(matcher.match(text), 0.5 * matcher.match(words))
            if score > 0:
                yield Hit(score, Content(text), partial(self._run, what), text=text, help=escape(words))
