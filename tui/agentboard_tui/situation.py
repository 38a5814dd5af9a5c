"""What is selected and under way when a key is pressed: the value that decides which actions make sense."""

from __future__ import annotations

from msgspec import Struct

from agentboard_agents.attention import Need
from agentboard_agents.board_panes import Pane
from agentboard_tasks.model import Task

__all__ = ["Situation"]


class Situation(Struct, frozen=True):
    """The screen in front, and what its keys would act on."""

    screen: str = "board"
    pane: Pane | None = None
    task: Task | None = None
    need: Need | None = (
        None  # the inbox item under the cursor, or what the selected agent asks, or the first of all
    )
    agents: int = 0
    open_runs: int = 0  # without those that have finished and wait for a review
    frozen_runs: int = 0  # open runs that are paused, or about to be
    store: bool = True
    file: str | None = None  # what `o` would open
    copyable: bool = False
    filtered: bool = False
