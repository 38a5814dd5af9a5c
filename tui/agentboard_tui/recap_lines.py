"""A recap as lines that a person reads: what needs them first, then what each run came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from agentboard_agents.projection_people import InboxItem
from agentboard_agents.recap import Recap, RunRecap
from agentboard_tui.age import age, clock
from agentboard_tui.figures import money, plural, tokens

__all__ = ["lines"]

MOST_WAITING = 10
MOST_NAMED = 3
LONGEST = 120


def lines(found: Recap, now: float) -> Iterator[str]:
    """Yield the lines of a recap, without colours."""
    yield _head(found, now)
    if not found.runs:
        yield "Nothing happened."
    if found.waiting:
        yield ""
        yield f"Needs you ({len(found.waiting)}):"
        for item in found.waiting[:MOST_WAITING]:
            yield _waiting(item, now)
        if len(found.waiting) > MOST_WAITING:
            yield f"  … and {len(found.waiting) - MOST_WAITING} more: agentboard inbox"
    for run in found.runs:
        yield ""
        yield from _run(run)
    if found.problems:
        yield ""
        yield from (f"! {problem}" for problem in found.problems)


def _head(found: Recap, now: float) -> str:
    since = (
        f"Since {clock(found.since)}, {age(found.since, now)} ago" if found.since else "From the beginning"
    )
    spent = sum(getattr(found.tokens, kind) for kind in ("input", "output", "cache_read", "cache_write"))
    parts = [_counts(found.runs)] if found.runs else []
    parts += [f"{tokens(spent)} tokens"] if spent else []
    parts += [money(found.cost_usd)] if found.cost_usd is not None else []
    return f"{since}: {', '.join(parts)}" if parts else f"{since}."


def _counts(runs: tuple[RunRecap, ...]) -> str:
    states = Counter(run.state for run in runs)
    return f"{plural(len(runs), 'run')} ({', '.join(f'{count} {state}' for state, count in states.items())})"


def _waiting(item: InboxItem, now: float) -> str:
    return f"  {item.kind} {item.id}, {item.agent}, {age(item.since, now)}: {short(item.text)}"


def short(text: str) -> str:
    """Return a text as the start of one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _run(run: RunRecap) -> Iterator[str]:
    what = run.title or run.task or run.id
    nested = f", for {run.parent}" if run.parent else ""
    yield f"{run.agent}: {what} — {run.state} ({run.id}{nested})"
    if run.reason:
        yield f"  {short(run.reason)}"
    yield from (f"  {line}" for line in _work(run))


def _work(run: RunRecap) -> Iterator[str]:
    counted = (
        (run.turns, "turn", None),
        (run.tools, "tool call", None),
        (run.corrections, "correction", None),
        (len(run.commits), "commit", None),
        (len(run.files), "file", None),
    )
    spent = [money(run.cost_usd)] if run.cost_usd is not None else []
    done = [plural(count, noun, nouns) for count, noun, nouns in counted if count]
    if done or spent:
        yield ", ".join([*done, *spent])
    yield from (f"commit {one.commit[:9]} {one.message}" for one in run.commits[-MOST_NAMED:])
    yield from (f"{change.task} is {change.state}" for change in run.tasks)
    for gate in run.gates:
        new = f": {', '.join(gate.new_failures[:MOST_NAMED])}" if gate.new_failures else ""
        yield f"gate {gate.name} {gate.state}{new}"
    yield from (f"≠ it said {claim.claim}; in fact {claim.fact}" for claim in run.claims if not claim.holds)
    yield from (f"asked: {short(text)}" for text in run.asked)
    yield from (f"you said: {short(text)}" for text in run.said)
    yield from (f"! {short(problem)}" for problem in run.problems)
    if run.marks:
        yield f"was {', then '.join(run.marks)}"
