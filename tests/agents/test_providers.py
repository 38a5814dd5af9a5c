"""Clouds by configuration: named by the user, told clearly when their client is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentboard_agents.config import load_config
from agentboard_agents.project import Project
from agentboard_agents.runtimes import providers
from agentboard_agents.runtimes.port import TurnFailed
from agentboard_agents.runtimes.providers import from_provider


@pytest.mark.parametrize("provider", providers.PROVIDERS)
def test_a_client_that_is_missing_is_named(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(module: str) -> bool:
        return False

    monkeypatch.setattr(providers, "installed", nothing)
    with pytest.raises(TurnFailed, match=f"pip install 'anthropic.{provider}") as fault:
        from_provider(provider, "eu-central-1", "p")
    assert fault.value.kind == "credentials"
    assert not fault.value.retryable


async def test_the_clients_are_made_without_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything(module: str) -> bool:
        return True

    monkeypatch.setattr(providers, "installed", everything)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "an-access-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-key-of-aws")
    runtime = from_provider("bedrock", "eu-central-1")
    assert runtime.name == "anthropic"
    await runtime.close()
    other = from_provider("vertex", "europe-west1", "a-project")
    await other.close()


def test_only_the_user_chooses_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config" / "agentboard").mkdir(parents=True)
    (tmp_path / "project").mkdir()
    project = Project(str(tmp_path / "project"), str(tmp_path / "state"))
    (tmp_path / "project" / ".agentboard.yaml").write_text("provider: bedrock\n")
    config = load_config(project)
    assert config.provider is None
    assert any("provider" in problem.message for problem in config.problems)
    (tmp_path / "config" / "agentboard" / "config.yaml").write_text(
        "provider: vertex\nregion: europe-west1\ncloud_project: p\n"
    )
    config = load_config(project)
    assert (config.provider, config.region, config.cloud_project) == ("vertex", "europe-west1", "p")
