"""The model that runs talk to in these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agents.session_parts import Server


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the worker a key that no real service knows."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-test-key")


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, key: None) -> Iterator[Server]:
    """Give what starts a scripted model, and a key for it."""
    server = Server(monkeypatch)
    yield server
    server.close()
