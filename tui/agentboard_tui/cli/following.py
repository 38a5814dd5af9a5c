"""Following a run: its events as they come, and the exit code that its end means."""

from __future__ import annotations

import time
from collections.abc import Sequence

from agentboard_agents.client import Client
from agentboard_agents.events import Event
from agentboard_agents.outward import event_form
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import RunState
from agentboard_tui.cli.failure import Exit
from agentboard_tui.cli.narrating import Narrator
from agentboard_tui.cli.output import Output

__all__ = ["Follower", "exit_code"]

TICK = 0.02  # seconds between looks at the store's version, which cost microseconds
ENDED = frozenset(
    {RunState.REVIEW, RunState.ACCEPTED, RunState.REJECTED, RunState.FAILED, RunState.CANCELLED}
)
OUTCOMES = {"gates_failed": Exit.GATES, "limit": Exit.LIMIT}
STATES = {
    RunState.REVIEW: Exit.DONE,
    RunState.ACCEPTED: Exit.DONE,
    RunState.REJECTED: Exit.FAILED,
    RunState.FAILED: Exit.FAILED,
    RunState.CANCELLED: Exit.FAILED,
}
WAITS = frozenset({"permission", "question", "blocker", "escalation"})


def exit_code(run: Run, waiting: bool, short: bool = False) -> Exit | None:
    """Return the exit code that a run's state means now, `None` while it is at work.

    What waits in the inbox wins over how the gates ended. `short` says that the run holds for a budget.
    """
    if short and run.state is RunState.HOLDING:
        return Exit.LIMIT
    if waiting and run.state in ENDED | {RunState.WAITING}:
        return Exit.WAITS
    if run.outcome in OUTCOMES and run.state in ENDED:
        return OUTCOMES[run.outcome]
    return STATES.get(run.state)


class Follower:
    """Prints what happens in one run until it ends or waits for a human."""

    def __init__(self, client: Client, run: str, output: Output) -> None:
        self._client = client
        self._run = run
        self._output = output
        self._narrator = Narrator(output)
        self._seen = 0

    def to_the_end(self) -> int:
        """Follow; Ctrl-C leaves the run going."""
        try:
            return self._follow()
        except KeyboardInterrupt:
            self._output.say(f"{self._run} goes on; `agentboard log -f {self._run}` follows it again")
            return Exit.INTERRUPTED

    def _follow(self) -> int:
        store = self._client.store
        version = -1
        while True:
            changed = store.data_version()
            if changed == version:
                self._client.ensure_worker()
                time.sleep(TICK)
                continue
            version = changed
            self._print_new()
            code = self._ended()
            if code is not None:
                self._print_new()
                return code

    def _print_new(self) -> None:
        while events := self._client.store.events(self._seen, run=self._run):
            for event in events:
                self._print(event)
            self._seen = events[-1].seq

    def _print(self, event: Event) -> None:
        if self._output.json:
            self._output.value(event_form(event))
        else:
            self._narrator.tell(event)

    def _ended(self) -> int | None:
        run = self._client.store.run(self._run)
        if run is None:
            return Exit.FAILED
        others = self._client.store.runs(open_only=True)
        led = {other.spec.answers for other in others}
        items = [item for item in self._client.store.inbox() if item.id not in led]
        kinds = {item.kind for item in items if item.run == run.id}
        code = exit_code(run, bool(kinds & WAITS), "budget" in kinds)
        return self._held_up(below(run.id, others), items) if code is None else code

    def _held_up(self, nested: Sequence[Run], items: Sequence[InboxItem]) -> int | None:
        """Return the exit code when a run inside this one waits for a person, and this one for it."""
        stopped = {one.id for one in nested if one.state in {RunState.WAITING, RunState.HOLDING}}
        for item in items:
            if item.run in stopped and item.kind in WAITS | {"budget"}:
                self._output.say(f"{item.agent} waits: {item.text}  (agentboard answer {item.id} TEXT)")
                return Exit.LIMIT if item.kind == "budget" else Exit.WAITS
        return None


def below(run: str, others: Sequence[Run]) -> list[Run]:
    """Return the runs inside a run, however deep."""
    found, names = list[Run](), {run}
    while more := [one for one in others if one.parent in names and one not in found]:
        found += more
        names |= {one.id for one in more}
    return found
