"""A board that is opened with a key lets the runs go on that wait for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentboard_agents.client import Client
from agentboard_agents.store import Store
from agentboard_tui.lending import lend_key
from tests.agents.engine_parts import project_in


class Lent(list[str]):
    """The projects that a key was lent to."""

    def note(self, client: Client) -> None:
        self.append(client.project.root)


def noting(lent: Lent) -> Callable[[Client], None]:
    def note(client: Client) -> None:
        lent.note(client)

    return note


def test_a_key_is_lent_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_in(tmp_path)
    lent = Lent()
    monkeypatch.setattr(Client, "lend_key", noting(lent))
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    assert lend_key(project) is None
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    Store.open(project).close()
    thread = lend_key(project)
    assert thread
    thread.join(10)
    assert lent == [project.root]
