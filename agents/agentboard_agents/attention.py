"""What needs a human, ranked: by how much an answer unblocks, how often it was raised, kind, and wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from agentboard_agents.blockers import without_twins
from agentboard_agents.board_panes import Pane
from agentboard_agents.projection_people import InboxItem, is_need
from agentboard_tasks.model import Problem, Severity

__all__ = ["KIND_ORDER", "Need", "rank", "ranked_items", "stops_nothing"]

KIND_ORDER = (
    "blocker",
    "escalation",
    "permission",
    "question",
    "budget",
    "conflict",
    "stale",
    "review",
    "failed",
    "problem",
)
"""Kinds of need, the most pressing first: who stops a run goes before who has ended one."""

STOPPING = frozenset(KIND_ORDER[:5])
"""Kinds for which a run stands still until somebody answers."""

PROBLEMS_SHOWN = 20


class Need(Struct, frozen=True):
    """One thing that needs a human: what, whose, since when, and what it holds up."""

    kind: str
    agent: str
    text: str
    run: str | None = None
    item: str | None = None
    since: str | None = None
    unblocks: int = 0
    options: tuple[str, ...] = ()
    to: str = "human"
    what: str = ""
    file: str = ""
    line: int = 0
    raised: int = 0


def never(_item: InboxItem) -> int:
    """Return how often an item was raised again where nobody counts."""
    return 0


def rank(
    inbox: Sequence[InboxItem],
    panes: Sequence[Pane],
    problems: Sequence[Problem] = (),
    raised: Callable[[InboxItem], int] = never,
) -> tuple[Need, ...]:
    """Return what needs a human, the most pressing first: pure, and stable for equal needs.

    `raised` says how often an item was raised again because nobody answered; each time counts as much as
    another task that waits for it.
    """
    asked = [_from_item(item, raised(item)) for item in without_twins(inbox) if not item.closed]
    runs = {need.run for need in asked}
    seen = [need for pane in panes if pane.run not in runs for need in _from_pane(pane)]
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    files = [_from_problem(problem) for problem in errors[:PROBLEMS_SHOWN]]
    return tuple(sorted([*asked, *seen, *files], key=_weight))


def ranked_items(
    inbox: Sequence[InboxItem],
    problems: Sequence[Problem],
    written: Callable[[str], str],
    raised: Callable[[InboxItem], int] = never,
) -> tuple[InboxItem, ...]:
    """Return inbox items and the errors in files as one list, in the order in which the board shows them.

    Args:
        inbox: what the store holds.
        problems: of definitions, coordination files and configuration; only errors need somebody.
        written: returns when a file was written (RFC 3339).
        raised: returns how often an item was raised again.
    """
    errors = [problem for problem in problems if problem.severity is Severity.ERROR][:PROBLEMS_SHOWN]
    items = {item.id: item for item in (*inbox, *(_item_of(problem, written) for problem in errors))}
    return tuple(items[need.item] for need in rank(tuple(items.values()), (), (), raised) if need.item)


def _item_of(problem: Problem, written: Callable[[str], str]) -> InboxItem:
    where = f"{problem.file}:{problem.line}:{problem.column}"
    text = f"{where}: {problem.message}" + (f" ({problem.hint})" if problem.hint else "")
    return InboxItem(f"problem-{where}", "problem", "", "", text, since=written(problem.file))


def stops_nothing(item: InboxItem) -> bool:
    """Tell whether a run goes on while an item waits: a concern, an assumption, a review."""
    return item.kind not in STOPPING and not is_need(item)


def _weight(need: Need) -> tuple[bool, int, int, str]:
    place = KIND_ORDER.index(need.kind) if need.kind in KIND_ORDER else len(KIND_ORDER)
    return need.kind not in STOPPING, -need.unblocks - need.raised, place, need.since or "~"


def _from_item(item: InboxItem, raised: int) -> Need:
    return Need(
        kind=item.kind,
        agent=item.agent,
        text=item.text,
        run=item.run,
        item=item.id,
        since=item.since,
        unblocks=len(item.unblocks),
        options=item.options,
        to=item.to,
        what=item.what,
        raised=raised,
    )


PANE_NEEDS = {
    "review": ("review", "finished: ready for your review"),
    "failed": ("failed", "failed"),
}


def _from_pane(pane: Pane) -> list[Need]:
    if pane.provenance == "stale":
        return [Need("stale", pane.name, f"{pane.word}, but its worker is gone", pane.run, since=pane.since)]
    found = PANE_NEEDS.get(pane.state)
    if found is None:
        return []
    kind, text = found
    return [Need(kind, pane.name, pane.reason or text, pane.run, since=pane.since)]


def _from_problem(problem: Problem) -> Need:
    return Need("problem", "", problem.message, file=problem.file, line=problem.line)
