"""The least that Textual can show: the reference for start-up and key latency."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Minimal(App[None]):
    """One line of text."""

    def compose(self) -> ComposeResult:
        """Show that it is there."""
        yield Static("minimal-is-here")


if __name__ == "__main__":
    Minimal().run()
