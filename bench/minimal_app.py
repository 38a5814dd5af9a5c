"""The least that Textual can show: the reference for start-up and key latency."""

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    """One line of text, and the last key."""

    def compose(self) -> ComposeResult:
        """Show that it is there."""
        yield Static("minimal-is-here")

    def on_key(self, event: events.Key) -> None:
        """Show the key."""
        self.query_one(Static).update(f"key-{event.character}")


if __name__ == "__main__":
    Minimal().run()
