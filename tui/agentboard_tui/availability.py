"""Why an action makes no sense now, in one clear line, or `None` when it does. Pure."""

from __future__ import annotations

from agentboard_agents.run import FINAL
from agentboard_tui.situation import Situation

__all__ = [
    "always", "answer", "cancel", "copy", "deny", "dispatch", "edit", "escalate", "filter_it",
    "follow", "freeze", "has_agents", "in_review", "message", "open_it", "pause", "peek", "retry", "review",
]  # fmt: skip

NO_AGENTS = "no agents here: write one to .claude/agents/NAME.md"
NO_STORE = "the event store cannot be used: see the notice above"
FILTERED = frozenset({"board", "tasks", "inbox", "agent", "artifacts"})
SELECT = "select an agent first (arrows)"


def always(_situation: Situation) -> None:
    """Available at any time."""


def has_agents(situation: Situation) -> str | None:
    """An agent has to be there."""
    return None if situation.agents else NO_AGENTS


def _chosen(situation: Situation) -> str | None:
    if not situation.store:
        return NO_STORE
    return has_agents(situation) or (None if situation.pane else SELECT)


def _open_run(situation: Situation) -> str | None:
    reason = _chosen(situation)
    pane = situation.pane
    if reason or pane is None:
        return reason
    if pane.run is None:
        return f"{pane.name} has no run"
    return f"the run of {pane.name} has ended: {pane.word}" if pane.state in FINAL else None


def dispatch(situation: Situation) -> str | None:
    """Agents and a store."""
    return NO_STORE if not situation.store else has_agents(situation)


def pause(situation: Situation) -> str | None:
    """An open run; a review waits by itself."""
    return _open_run(situation)


def freeze(situation: Situation) -> str | None:
    """Any open run."""
    if not situation.store:
        return NO_STORE
    return None if situation.open_runs else "nothing runs"


def escalate(situation: Situation) -> str | None:
    """A run that does not wait already."""
    reason = _open_run(situation)
    pane = situation.pane
    if reason or pane is None:
        return reason
    words = {
        "waiting": f"{pane.name} waits for an answer already: a answers",
        "review": f"{pane.name} has finished: v reviews",
    }
    return words.get(pane.state)


def message(situation: Situation) -> str | None:
    """An agent to tell something."""
    return _chosen(situation)


def interrupt(situation: Situation) -> str | None:
    """A run that does something now."""
    reason = _open_run(situation)
    pane = situation.pane
    if reason or pane is None:
        return reason
    words = {
        "waiting": f"{pane.name} waits for an answer: a answers",
        "review": f"{pane.name} has finished: v reviews",
        "queued": f"{pane.name} has not begun: m leaves it a message",
        "paused": f"{pane.name} rests: m leaves it a message",
    }
    return words.get(pane.state)


def answer(situation: Situation) -> str | None:
    """Something that asks."""
    if not situation.store:
        return NO_STORE
    need = situation.need
    if need is None:
        return "nothing asks for an answer"
    return None if need.item and need.kind != "review" else f"this is no question but a {need.kind}"


def deny(situation: Situation) -> str | None:
    """A permission that is asked for."""
    need = situation.need
    if need is None or need.kind != "permission":
        return "no permission is asked for here"
    return answer(situation)


def cancel(situation: Situation) -> str | None:
    """An open run."""
    return _open_run(situation)


def retry(situation: Situation) -> str | None:
    """A run that has ended."""
    reason = _chosen(situation)
    pane = situation.pane
    if reason or pane is None:
        return reason
    if pane.run is None:
        return f"{pane.name} has no run to try again: d dispatches"
    return None if pane.state in FINAL else f"{pane.name} is still {pane.word}: x cancels first"


def review(situation: Situation) -> str | None:
    """A run that has a branch; it need not have ended."""
    if situation.pane is None:
        return SELECT if situation.agents else NO_AGENTS
    pane = situation.pane
    return None if pane.run and pane.branch else f"{pane.name} has no branch to look at"


def in_review(situation: Situation) -> str | None:
    """Inside the review screen, of a run that has finished."""
    if not situation.store:
        return NO_STORE
    if situation.screen != "review" or situation.pane is None:
        return "v reviews first: the work, its gates and claims"
    pane = situation.pane
    return None if pane.state == "review" else f"{pane.name} is {pane.word}: only finished work is accepted"


def peek(situation: Situation) -> str | None:
    """Agents to look at."""
    return has_agents(situation)


def open_it(situation: Situation) -> str | None:
    """Something under the cursor."""
    if situation.pane or situation.task or situation.need or situation.file:
        return None
    return SELECT if situation.agents else NO_AGENTS


def follow(situation: Situation) -> str | None:
    """Only a transcript follows."""
    return None if situation.screen == "agent" else "only a transcript follows"


def filter_it(situation: Situation) -> str | None:
    """Screens with a list of many things."""
    return None if situation.screen in FILTERED else "nothing to filter here"


def copy(situation: Situation) -> str | None:
    """Something to copy."""
    return None if situation.copyable else "nothing to copy here"


def edit(situation: Situation) -> str | None:
    """A file behind what is selected."""
    return None if situation.file else "no file behind what is selected"
