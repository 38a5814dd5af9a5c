"""The sandbox is tried, not guessed, and never silently weaker."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from agentboard_agents.sandbox import choice as choosing
from agentboard_agents.sandbox.box import Box, SandboxRefused
from agentboard_agents.sandbox.landlock import Landlock, Unconfined
from agentboard_agents.sandbox.toolchains import find

from .conftest import SECRET, Place

HOME = Path.home()


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Forget what was chosen."""
    choosing.choose.cache_clear()


def _absent(_: str) -> None:
    return None


def test_bubblewrap_is_preferred() -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed here")
    chosen = choosing.choose()
    assert chosen.name == "bubblewrap"
    assert not chosen.asks
    assert {limit.name for limit in chosen.describe()} >= {"files", "repository", "network", "processes"}


def test_sandlock_where_bubblewrap_is_missing_and_it_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", _absent)
    chosen = choosing.choose(("bubblewrap", "sandlock"))
    assert chosen.name == ("none" if Landlock.fault() else "sandlock")
    assert chosen.asks
    assert "bubblewrap is not installed" in chosen.reason


async def test_without_any_it_refuses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", _absent)
    monkeypatch.setattr(Landlock, "fault", staticmethod(lambda: "the kernel is old"))
    chosen = choosing.choose()
    assert chosen.name == "none"
    assert chosen.asks
    with pytest.raises(SandboxRefused, match=r"bubblewrap is not installed.*the kernel is old"):
        await chosen.run(Box(str(tmp_path)), ["touch", str(tmp_path / "made")])
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("script", ["exit 1", "echo boom >&2; exit 1", "echo boxed; echo trouble", ":"])
def test_a_bubblewrap_that_does_not_work_is_not_used(
    script: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)

    def found(_: str) -> str:
        return str(fake)

    monkeypatch.setattr(shutil, "which", found)
    chosen = choosing.choose(("bubblewrap",))
    assert chosen.name == "none"
    assert "does not work here" in chosen.reason


async def test_sandlock_keeps_to_the_worktree(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    if Landlock.fault():
        pytest.skip(Landlock.fault())
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    sandbox = Landlock(find(os.environ["PATH"], str(HOME)))
    command = f"cat {place.outside}/secret.txt; env; echo x > {place.outside}/new; echo y > made; ls ~root ~"
    done = await sandbox.run(place.box, ["bash", "-c", command])
    assert SECRET not in done.output
    assert not (place.outside / "new").exists()
    assert (place.worktree / "made").read_text() == "y\n"


async def test_an_approved_command_gets_no_key_either(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    done = await Unconfined().run(place.box, ["bash", "-c", "env; pwd"])
    assert SECRET not in done.output
    assert str(place.worktree) in done.output


async def test_an_older_bubblewrap_is_used_without_its_newer_options(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: Place
) -> None:
    real = shutil.which("bwrap")
    if real is None:
        pytest.skip("bubblewrap is not installed here")
    script = f"""#!/bin/sh
[ "$1" = --help ] && {{ {real} --help | grep -v -e --size -e --disable-userns; exit; }}
for word; do case "$word" in --size|--disable-userns) echo "Unknown option $word" >&2; exit 1;; esac; done
exec {real} "$@"
"""
    (tmp_path / "bwrap").write_text(script)
    (tmp_path / "bwrap").chmod(0o755)

    def found(_: str) -> str:
        return str(tmp_path / "bwrap")

    monkeypatch.setattr(shutil, "which", found)
    chosen = choosing.choose(("bubblewrap",))
    assert chosen.name == "bubblewrap", chosen.reason
    assert (await chosen.run(place.box, ["echo", "fine"])).output == "fine\n"
