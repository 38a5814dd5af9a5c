"""The tabs beside a transcript: what each shows of the agent and its run."""

from __future__ import annotations

from collections.abc import Iterator

from agentboard_agents.board import BoardState
from agentboard_agents.board_panes import Pane
from agentboard_agents.events import Event
from agentboard_agents.store import StoreFault
from agentboard_tui.cards import definition_lines, message_lines, task_lines
from agentboard_tui.colleagues import deferred_lines, memory_lines
from agentboard_tui.evidence import evidence
from agentboard_tui.station import Station
from agentboard_tui.widgets.sheet import heading
from agentboard_tui.widgets.spans import Span, say

__all__ = ["TABS", "tab_lines"]

TABS = ("transcript", "task", "diff", "gates", "messages", "memory", "definition")
EARLY = 100
"""Events of a run within which it says what it was given."""

Line = list[Span]


def tab_lines(app: Station, tab: str, pane: Pane, board: BoardState) -> Iterator[Line]:
    """Return the lines of a tab that shows text."""
    if tab == "task":
        yield from _task(pane, board)
    elif tab == "gates":
        yield from _gates(app, pane)
    elif tab == "messages":
        yield from _messages(app, pane)
    elif tab == "memory":
        yield from _memory(app, pane, board)
    else:
        agent = app.bridge.team.find(pane.stem)
        yield from definition_lines(agent) if agent else [[say("Its definition is gone.", "p-dim")]]


def _task(pane: Pane, board: BoardState) -> Iterator[Line]:
    task = next((task for task in board.files.tasks if task.id == pane.task), None)
    if task is not None:
        yield from task_lines(task)
    else:
        yield [say(pane.title or pane.upcoming or "no task yet", "p-name")]


def _gates(app: Station, pane: Pane) -> Iterator[Line]:
    run = app.bridge.run(pane.run)
    if run is None:
        yield [say("No run yet.", "p-dim")]
        return
    yield from evidence(run, app.glyphs, gate_outputs(app, run.id), app.board.inbox)


def gate_outputs(app: Station, run: str) -> dict[str, str]:
    """Return what the gates of a run printed last."""
    events: list[Event] = []
    if app.bridge.store is not None:
        try:
            events = app.bridge.store.events(run=run, kinds=("gate_finished",))
        except StoreFault as fault:
            app.bridge.notices["store"] = f"{fault}"
    return {str(event.data.get("name", "")): str(event.data.get("output") or "") for event in events}


def _memory(app: Station, pane: Pane, board: BoardState) -> Iterator[Line]:
    agent = app.bridge.team.find(pane.stem)
    lines = [*memory_lines(agent, board), *deferred_lines(agent, board)] if agent else []
    given = given_files(app, pane.run) if pane.run else []
    if given:
        lines += [*heading("ITS RUN WAS GIVEN"), *([say(file)] for file in given)]
    yield from lines or [[say("It has no notes yet; what a run is given stands here.", "p-dim")]]


def given_files(app: Station, run: str) -> list[str]:
    """Return the files that went into a run's brief."""
    try:
        early = app.bridge.store.events(run=run, limit=EARLY) if app.bridge.store else []
    except StoreFault as fault:
        app.bridge.notices["store"] = f"{fault}"
        return []
    loaded = [event.data for event in early if event.kind == "context_loaded"]
    return [str(file) for data in loaded for file in data.get("files") or ()]


def _messages(app: Station, pane: Pane) -> Iterator[Line]:
    messages = app.bridge.messages(pane.name, pane.stem)
    app.take_as_read(messages)
    yield from message_lines(messages, "No messages yet. m writes one; receipts show here.")
