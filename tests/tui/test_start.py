"""What the screens import, and what becomes of the terminal."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("anthropic", "dbos", "mcp", "git", "sqlalchemy", "watchfiles")


def test_the_app_is_imported_without_models_engines_or_git() -> None:
    code = (
        "import sys, agentboard_tui.app, agentboard_tui.screens.board;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
