"""What the screens import, and what becomes of the terminal."""

from __future__ import annotations

import subprocess
import sys

LATER = (
    "yaml",
    "markdown_it",
    "textual.widgets._markdown",
    "textual.widgets._text_area",
    "textual.widgets._data_table",
    "agentboard_tasks.workspace",
    "agentboard_agents.survey",
    "agentboard_agents.dispatch",
    "agentboard_tui.screens.dispatch",
    "agentboard_tui.screens.agent",
    "agentboard_tui.screens.help",
)
"""What the first picture does not show: panels are filled, dialogs and other screens opened after it."""

HEAVY = ("anthropic", "dbos", "mcp", "git", "sqlalchemy", "watchfiles")


def test_the_app_is_imported_without_models_engines_or_git() -> None:
    code = (
        "import sys, agentboard_tui.app, agentboard_tui.screens.board;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_the_first_picture_does_not_show_is_imported_after_it() -> None:
    code = f"import sys, agentboard_tui.app; print([name for name in {LATER!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_plain_front_matter_needs_no_yaml_library() -> None:
    code = (
        "import sys; from agentboard_agents.definition import parse as p;"
        "p(b'---\\nname: ada\\ntools: Read\\n---\\nYou build.\\n', 'ada.md'); print('yaml' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
