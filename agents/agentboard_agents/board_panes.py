"""One agent's pane: which of its runs is shown, how true its state is, and what it asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from agentboard_agents.board_tail import Tail, TailLine
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import ACTIVE, FINAL, RunState
from agentboard_tasks.model import Problem, Severity, Task

__all__ = ["Ask", "Pane", "Standing", "current_runs", "make_pane", "stray_stems"]

S = RunState
ABOUT_LENGTH = 400

WAITING_WORDS = {
    "permission": "asks",
    "question": "asks",
    "blocker": "blocked",
    "escalation": "escalated",
    "budget": "over budget",
}


class Ask(Struct, frozen=True):
    """What a pane's run waits for."""

    item: str
    kind: str
    text: str
    options: tuple[str, ...] = ()
    to: str = "human"
    what: str = ""  # for a permission: exactly what would be done


class Pane(Struct, frozen=True):
    """One agent as the board shows it."""

    name: str
    stem: str
    state: str = "idle"  # a RunState, or idle
    word: str = "idle"
    provenance: str = "reported"  # reported, inferred (from files), stale (its worker is dead)
    since: str | None = None  # RFC 3339, UTC
    run: str | None = None
    branch: str | None = None
    tokens: int = 0
    cost_usd: float | None = None
    task: str | None = None  # the task's id
    title: str = ""
    key: str = ""  # the task's id within its file
    lines: tuple[TailLine, ...] = ()
    todo: tuple[int, int] | None = None  # (position, length) of the agent's own list
    ask: Ask | None = None
    reason: str = ""
    rehearsal: bool = False
    problems: int = 0
    others: int = 0  # further open runs of this agent
    gone: bool = False  # its definition is not there any more
    upcoming: str = ""  # what it would do next
    about: str = ""  # what its definition says it is for
    problem: str = ""  # the worst of what is wrong with its definition
    contradicted: int = 0  # claims that the facts do not bear out

    @property
    def active(self) -> bool:
        """Whether somebody is at work for it now."""
        return self.state in ACTIVE and self.provenance == "reported"

    @property
    def open(self) -> bool:
        """Whether it has a run that has not ended."""
        return self.run is not None and self.state not in FINAL


class Standing(Struct, frozen=True):
    """What is known about an agent's current run."""

    run: Run | None
    tail: Tail
    ask: InboxItem | None
    worker_alive: bool
    others: int = 0
    claimed: Task | None = None  # what its files say is in progress
    upcoming: Task | None = None  # its first task to do


def current_runs(runs: Sequence[Run]) -> dict[str, tuple[Run, int]]:
    """Return for each agent stem the run to show and the number of further open ones; `runs` newest first.

    An open run goes before an ended one, and one that somebody dispatched before a nested one.
    """
    found: dict[str, tuple[Run, int]] = {}
    for run in runs:
        shown = found.get(run.stem)
        if shown is None:
            found[run.stem] = (run, 0)
        elif run.state not in FINAL:
            best, others = shown
            better = best.state in FINAL or (best.parent is not None and run.parent is None)
            extra = others + (best.state not in FINAL)
            found[run.stem] = (run if better else best, extra)
    return found


def stray_stems(current: Mapping[str, tuple[Run, int]], known: AbstractSet[str]) -> list[str]:
    """Return the stems of agents that are at work although no definition names them."""
    return [stem for stem, (run, _) in current.items() if stem not in known and run.state not in FINAL]


def make_pane(
    name: str,
    stem: str,
    problems: Sequence[Problem],
    standing: Standing,
    *,
    about: str = "",
    gone: bool = False,
) -> Pane:
    """Return an agent's pane: of its run, else of the task its files say is in progress, else idle."""
    claimed = standing.claimed
    if standing.run is not None and (standing.run.state not in FINAL or claimed is None):
        return _run_pane(name, stem, len(problems), standing, standing.run, gone)
    about, problem = _first_words(about), _worst(problems)
    idle = Pane(name=name, stem=stem, problems=len(problems), about=about, problem=problem)
    if claimed is None:
        return replace(idle, upcoming=_words(standing.upcoming))
    return replace(
        idle,
        state=str(S.WORKING),
        word="working",
        provenance="inferred",
        task=claimed.id,
        title=claimed.title,
        key=claimed.key,
    )


def _first_words(about: str) -> str:
    """Return how a description begins; many hold whole dialogues after a written-out line end."""
    return " ".join(about[:ABOUT_LENGTH].partition("\\n")[0].split())


def _worst(problems: Sequence[Problem]) -> str:
    """Return the first error in a definition, else its first warning."""
    grave = [problem for problem in problems if problem.severity is not Severity.INFO]
    errors = [problem for problem in grave if problem.severity is Severity.ERROR]
    return next((problem.message for problem in (*errors, *grave)), "")


def _words(task: Task | None) -> str:
    return f"{task.key} {task.title}" if task else ""


def _run_pane(name: str, stem: str, problems: int, standing: Standing, run: Run, gone: bool) -> Pane:
    tail, ask = standing.tail, _ask(standing.ask) if run.state is S.WAITING else None
    stale = run.state in ACTIVE and not standing.worker_alive
    return Pane(
        name=name,
        stem=stem,
        state=str(run.state),
        word=_word(run, ask, tail),
        provenance="stale" if stale else "reported",
        since=run.since,
        run=run.id,
        branch=run.branch,
        tokens=_total(run),
        cost_usd=run.cost_usd,
        task=run.task,
        title=run.title,
        key=run.task.partition(":")[2] if run.task else "",
        lines=tail.lines,
        todo=tail.todo,
        ask=ask,
        reason=run.reason or "",
        rehearsal=run.runtime == "rehearsal",
        problems=problems,
        others=standing.others,
        gone=gone,
        upcoming=_words(standing.upcoming) if run.state in FINAL else "",
        contradicted=sum(1 for claim in run.claims if not claim.holds),
    )


def _word(run: Run, ask: Ask | None, tail: Tail) -> str:
    state = run.state
    if run.cancelling and state not in FINAL:
        return "cancelling"
    if run.escalation is not None and state not in FINAL:
        return "escalating"
    if state is S.WAITING and ask is not None:
        return WAITING_WORDS.get(ask.kind, "waiting")
    if state is S.CORRECTING and tail.correction is not None:
        attempt, of = tail.correction
        return f"correcting {attempt} of {of}" if of else f"correcting {attempt}"
    return str(state)


def _ask(item: InboxItem | None) -> Ask | None:
    if item is None:
        return None
    return Ask(item.id, item.kind, item.text, item.options, item.to, item.what)


def _total(run: Run) -> int:
    tokens = run.tokens
    return tokens.input + tokens.output + tokens.cache_read + tokens.cache_write
