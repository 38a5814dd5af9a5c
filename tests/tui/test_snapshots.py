"""Pictures of the screens: a fixed project and a fixed clock, in three sizes, with colour and without."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from textual.pilot import Pilot

from agentboard_agents import store
from agentboard_agents.events import NewEvent
from agentboard_agents.spec import RunSpec
from agentboard_agents.store import Store
from agentboard_tui.app import AgentBoard
from agentboard_tui.bridge import Bridge
from agentboard_tui.files_watch import first_team
from tests.tui.stage import Stage, until

NOW = "2026-03-01T12:00:00.000Z"
SECONDS = 1772366592.0  # 3 minutes and 12 seconds later
SIZES = ((60, 20), (80, 24), (120, 40))
SCREENS = {
    "board": ("j",),
    "inbox": ("3",),
    "dispatch": ("d",),
    "agent": ("j", "enter"),
}
CASES = [
    *((screen, size, "colour") for screen in SCREENS for size in SIZES),
    *((screen, (80, 24), "no colour") for screen in SCREENS),
]
Compare = Callable[..., bool]


def no_tick(_app: AgentBoard) -> None:
    """Stand in for ages that grow."""


def alive(_state: str) -> list[str]:
    """Stand in for a worker."""
    return ["1"]


@pytest.fixture
def fixed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A project in the middle of its work, seen at one moment."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(store, "now", lambda: NOW)
    monkeypatch.setattr("agentboard_tui.bridge.time.time", lambda: SECONDS)
    monkeypatch.setattr(AgentBoard, "_tick", no_tick)
    monkeypatch.setattr("agentboard_tui.bridge.written", alive)
    spec = RunSpec(
        "r1",
        "ada",
        "ada",
        ".claude/agents/ada.md",
        "checklist",
        "rehearsal",
        task="ada-tasks:T1",
        title="Build the door",
    )
    stage.store.append([NewEvent("r1", "ada", "run_queued", msgspec.to_builtins(spec))])
    stage.happen("run_started", branch="ab/ada/t1", worktree="/w", base="abc")
    stage.happen("turn_started")
    stage.happen("text", text="I look at the frame first.")
    stage.happen(
        "tool_called", call="c1", tool="Read", summary="Read door.py", input={"file_path": "door.py"}
    )
    stage.happen(
        "tool_finished", call="c1", tool="Read", ok=True, summary="Read door.py 12 lines", output="x"
    )
    edit = {"file_path": "door.py", "old_string": "wide = 80", "new_string": "wide = 90"}
    stage.happen("tool_called", call="c2", tool="Edit", summary="Edit door.py", input=edit)
    stage.happen("tool_finished", call="c2", tool="Edit", ok=True, summary="Edit door.py +1 −1")
    stage.happen("question_asked", item="q1", text="Oak or pine?", options=["oak", "pine"], unblocks=["T2"])
    return stage


@pytest.mark.parametrize(
    ("screen", "size", "colour"), CASES, ids=[f"{name}-{w}x{h}-{how}" for name, (w, h), how in CASES]
)
def test_picture(
    fixed: Stage,
    snap_compare: Compare,
    monkeypatch: pytest.MonkeyPatch,
    screen: str,
    size: tuple[int, int],
    colour: str,
) -> None:
    if colour == "no colour":
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)
    bridge = Bridge(fixed.project)
    bridge.team = first_team(fixed.project)
    app = AgentBoard(bridge)
    assert snap_compare(app, terminal_size=size, run_before=opened(app, SCREENS[screen]))


def opened(app: AgentBoard, keys: tuple[str, ...]) -> Callable[[Pilot[int]], Awaitable[None]]:
    """Return what waits for the files, presses keys, and waits until what they opened has settled."""

    async def run(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: not app.board.loading)
        await pilot.press(*keys)
        await until(pilot, lambda: not [one for one in app.workers if one.group == "plan" and one.is_running])
        await pilot.pause()

    return run


def test_the_clock_of_the_pictures_is_the_one_of_their_store(fixed: Stage) -> None:
    assert Store.open(fixed.project).runs()[0].queued == NOW
