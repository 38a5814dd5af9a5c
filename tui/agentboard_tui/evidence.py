"""What speaks for and against a run's work: gates, claims beside facts, assumptions, criteria, cost. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from agentboard_agents.completion import checklist
from agentboard_agents.projection import GateOutcome, Run
from agentboard_agents.projection_people import InboxItem
from agentboard_tui.figures import money, plural, tokens
from agentboard_tui.glyphs import Glyphs
from agentboard_tui.widgets.sheet import heading, texts
from agentboard_tui.widgets.spans import Span, say

__all__ = ["evidence"]

GATE_WORDS = {
    "passed": ("nothing new fails", "p-ok"),
    "failed": ("fails", "p-fault"),
    "absent": ("no tests here: nothing was proved", "p-ask"),
    "error": ("could not run", "p-fault"),
    "running": ("running…", "p-dim"),
}
ORDER = ("failed", "error", "running", "absent", "passed")
CRITERIA_STYLES = {"proved": "p-ok", "claimed": "p-ask", "open": "p-fault"}
CHECK_STYLES = {"done": "p-ok", "open": "p-ask", "failed": "p-fault"}
OUTPUT_LINES = 60
MOST_WHY = 200
ASSUMPTION_MARKS = {"open": ("?", "p-ask"), "confirmed": ("+", "p-ok"), "rejected": ("-", "p-fault")}
Line = list[Span]


def evidence(
    run: Run, glyphs: Glyphs, outputs: Mapping[str, str] | None = None, inbox: Sequence[InboxItem] = ()
) -> Iterator[Line]:
    """Return the lines, what is against it first; `outputs` is what the gates printed."""
    yield [say(run.title or run.id, "p-name")]
    yield [say(f"{run.state}", f"s-{run.state}"), say(f"  {run.reason}" if run.reason else "", "p-fault")]
    yield from _checklist(run, glyphs, inbox)
    yield from _gates(run, glyphs, outputs or {})
    yield from _claims(run, glyphs)
    yield from _assumptions(run)
    yield from _criteria(run, glyphs)
    yield from _spent(run)


def _checklist(run: Run, glyphs: Glyphs, inbox: Sequence[InboxItem]) -> Iterator[Line]:
    checks = checklist(run, inbox)
    if checks:
        yield from heading(
            "CHECKLIST", plural(sum(check.state != "done" for check in checks), "point") + " open"
        )
    for check in checks:
        style = CHECK_STYLES[check.state]
        mark = glyphs.mark("ok") if check.state == "done" else glyphs.mark("problem")
        why = f"  {check.why.partition(chr(10))[0][:MOST_WHY]}" if check.why and check.state != "done" else ""
        yield [Span(mark, style), say(f" {check.text}"), say(why, style)]


def _gates(run: Run, glyphs: Glyphs, outputs: Mapping[str, str]) -> Iterator[Line]:
    yield from heading("GATES", "against the base commit")
    if not run.gates:
        yield [say("No gate has run yet.", "p-dim")]
    for gate in sorted(run.gates, key=_weight):
        words = _gate_words(gate)
        mark = glyphs.mark("ok" if gate.state == "passed" else "problem")
        yield [Span(mark, words.style), say(f" {gate.name} ", "p-name"), words]
        yield from ([say("   "), say(failure, words.style)] for failure in gate.new_failures[:OUTPUT_LINES])
        if gate.state not in {"passed", "running"}:
            yield from (
                [say("   "), *line] for line in texts(outputs.get(gate.name, ""), "p-dim", OUTPUT_LINES)
            )


def _gate_words(gate: GateOutcome) -> Span:
    """Return what a gate came to, and its style: one may pass and yet warn."""
    words, style = GATE_WORDS.get(gate.state, (gate.state, "p-ask"))
    count = len(gate.new_failures)
    if count and gate.state == "passed":
        return say(f"warns: {plural(count, 'new finding')}", "p-ask")
    return say(f"{words}: {plural(count, 'new failure')}" if count else words, style)


def _weight(gate: GateOutcome) -> tuple[int, str]:
    return (ORDER.index(gate.state) if gate.state in ORDER else len(ORDER)), gate.name


def _claims(run: Run, glyphs: Glyphs) -> Iterator[Line]:
    if not run.claims:
        return
    yield from heading("CLAIMS", "what it says, and what is so")
    for claim in sorted(run.claims, key=lambda claim: claim.holds):
        mark = Span(glyphs.mark("ok" if claim.holds else "unequal"), "p-ok" if claim.holds else "p-fault")
        yield [mark, say(f" {claim.claim}")]
        yield [say("   fact: ", "p-dim"), say(claim.fact, "p-dim" if claim.holds else "p-fault")]


def _assumptions(run: Run) -> Iterator[Line]:
    if run.assumptions:
        yield from heading("ASSUMPTIONS", "to confirm or reject")
    for found in run.assumptions:
        mark, style = ASSUMPTION_MARKS.get(found.state, ("?", "p-ask"))
        word = "" if found.state == "open" else f"  {found.state}"
        place = say(f"  {found.file}:{found.line}", "p-dim")
        yield [say(f"{mark} ", style), say(found.text), place, say(word, style)]
    if any(found.state == "open" for found in run.assumptions):
        yield [say("a answers: confirm, or reject with words for the agent", "p-dim")]


def _criteria(run: Run, glyphs: Glyphs) -> Iterator[Line]:
    if run.criteria:
        yield from heading("ACCEPTANCE CRITERIA")
    for criterion in run.criteria:
        style = CRITERIA_STYLES.get(criterion.state, "p-dim")
        mark = glyphs.mark("ok") if criterion.state == "proved" else say("?").text
        evidence_words = f"  {criterion.evidence}" if criterion.evidence else ""
        yield [Span(mark, style), say(f" {criterion.text}"), say(f"  {criterion.state}", style)]
        if evidence_words:
            yield [say("   "), say(evidence_words.strip(), "p-dim")]


def _spent(run: Run) -> Iterator[Line]:
    yield from heading("SPENT")
    cost = money(run.cost_usd) if run.cost_usd is not None else "no price known"
    spent = run.tokens
    parts = [cost, plural(run.turns, "turn"), f"{tokens(spent.input)} in", f"{tokens(spent.output)} out"]
    parts += [f"{tokens(spent.cache_read)} from cache"] if spent.cache_read else []
    parts += [plural(run.attempts, "correction")] if run.attempts else []
    yield [say(" · ".join(parts))]
    yield [say(f"{run.runtime} · {run.protocol} · {run.branch or 'no branch yet'}", "p-dim")]
