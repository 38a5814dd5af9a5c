"""What an agent has to do with others, as lines to read: consultations, questions left, memory. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from agentboard_agents.board import BoardState
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.memories import notes_of
from agentboard_agents.projection import Run
from agentboard_tui.figures import plural
from agentboard_tui.widgets.sheet import heading, texts
from agentboard_tui.widgets.spans import Span, say

__all__ = ["consultation_lines", "deferred_lines", "memory_lines"]

MOST = 20
Line = list[Span]


def consultation_lines(agent: AgentDefinition, board: BoardState) -> Iterator[Line]:
    """Return whom an agent consults and who consults it, those under way first, with their depth."""
    by_id = {run.id: run for run in board.runs}
    asked = [run for run in board.runs if run.parent in by_id and by_id[run.parent].stem == agent.stem]
    asking = [run for run in board.runs if run.parent in by_id and run.stem == agent.stem]
    for title, runs in (("CONSULTS", asked), ("IS CONSULTED", asking)):
        if runs:
            now = sum(not run.final for run in runs)
            yield from heading(title, f"{now} now" if now else "")
        for run in sorted(runs, key=lambda run: run.final)[:MOST]:
            yield consultation(run, run.agent if runs is asked else f"by {by_id[run.parent or ''].agent}")


def consultation(run: Run, who: str) -> Line:
    """Return one consultation."""
    depth = say(f"  depth {run.spec.depth}", "p-dim")
    return [say(who, "p-key"), say(f"  {run.state}", f"s-{run.state}"), depth, say(f"  {run.title}")]


def deferred_lines(agent: AgentDefinition, board: BoardState) -> Iterator[Line]:
    """Return the questions that an agent left, or that wait for it; open ones first."""
    names = {agent.name, agent.stem}
    own = [one for one in board.files.consultations if names & {one.asker, one.addressee, one.lead}]
    if own:
        yield from heading("LEFT FOR LATER", f"{sum(not one.answer for one in own)} open")
    for one in sorted(own, key=lambda one: bool(one.answer))[:MOST]:
        state = say("  answered", "p-ok") if one.answer else say("  open", "p-ask")
        yield [say(f"{one.asker} → {one.addressee}", "p-key"), state, say(f"  {one.asked}", "p-dim")]
        yield from ([say("  "), *line] for line in texts(one.question, limit=6))
        yield from ([say("  = ", "p-dim"), *line] for line in texts(one.answer, limit=6))


def memory_lines(agent: AgentDefinition, board: BoardState) -> Iterator[Line]:
    """Return the notes of an agent, the newest first."""
    notes = notes_of(agent, board.files.notes)
    if notes:
        yield from heading("MEMORY", plural(len(notes), "note"))
    for note in reversed(notes[-MOST:]):
        yield [say(f"{note.date or 'always':<11} ", "p-dim"), say(note.topic), say(f"  {note.file}", "p-dim")]
