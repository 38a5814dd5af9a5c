"""What a dispatch would do: the run, the brief that the agent would get, or what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator

from msgspec import Struct

from agentboard_agents.definition import PROTOCOLS, AgentDefinition
from agentboard_agents.dispatch import CannotDispatch, Order, plan
from agentboard_agents.protocols import Brief, brief_for
from agentboard_agents.repository.head import branches
from agentboard_agents.spec import RunSpec
from agentboard_agents.survey import Survey, Unknown
from agentboard_tui.bridge import branch_of
from agentboard_tui.figures import money, plural
from agentboard_tui.widgets.sheet import heading, texts
from agentboard_tui.widgets.spans import Span, say

__all__ = ["BUDGETS", "Plan", "bases_for", "brief_lines", "facts", "make_plan", "models_for", "ways_for"]

BUDGETS = (
    ("", "no limit"),
    *((str(usd), f"at most {money(usd)}") for usd in (0.5, 1.0, 2.0, 5.0, 10.0, 25.0)),
)
KNOWN_MODELS = ("sonnet", "opus", "haiku")
BRIEF_LINES = 2_000


class Plan(Struct, frozen=True):
    """What would be done; `fault` is what is missing, in one line."""

    spec: RunSpec | None = None
    brief: Brief | None = None
    fault: str = ""


def make_plan(survey: Survey, order: Order) -> Plan:
    """Return what an order means; nothing is written. Reads files: call it in a thread."""
    try:
        spec = plan(survey, order)
        brief = brief_for(survey, survey.agent(order.agent), spec)
    except CannotDispatch as refusal:
        return Plan(fault=refusal.why)
    except Unknown as unknown:
        return Plan(fault=f"{unknown}")
    return Plan(spec, brief, _no_key(order.runtime))


def _no_key(runtime: str | None) -> str:
    """Say what the Anthropic API lacks; the scripted model is offered by name, never taken silently."""
    if runtime == "anthropic" and not os.environ.get("ANTHROPIC_API_KEY"):
        return "no ANTHROPIC_API_KEY here: set it, or choose the runtime rehearsal (a scripted model)"
    return ""


def models_for(survey: Survey, agent: AgentDefinition | None) -> list[tuple[str, str]]:
    """Return the models to choose from: the agent's own first."""
    own = agent.model if agent and agent.model not in {None, "inherit"} else None
    known = [name for name in dict.fromkeys((*survey.config.models, *KNOWN_MODELS)) if name != own]
    return [("", f"{own or 'the default'} (the agent's own)"), *((name, "") for name in known)]


def ways_for(agent: AgentDefinition | None) -> list[tuple[str, str]]:
    """Return the ways of working to choose from: the agent's own first."""
    own = agent.protocol if agent else "checklist"
    return [("", f"{own} (the agent's own)"), *((name, "") for name in PROTOCOLS if name != own)]


def bases_for(root: str) -> list[tuple[str, str]]:
    """Return the branches to start from: the one that is checked out first, those of agents last."""
    current = branch_of(root)
    others = sorted((name for name in branches(root) if name != current), key=lambda n: n.startswith("ab/"))
    return [("", f"{current or 'HEAD'} (checked out)"), *((name, "") for name in others)]


def facts(found: Plan, branch: str | None) -> list[Span]:
    """Return the line under the fields: whether it is ready, how it works, on what, how long."""
    spec = found.spec
    if found.fault or spec is None:
        return [say(found.fault or "…", "p-fault" if found.fault else "p-dim")]
    base = spec.base or branch or "HEAD"
    words = [spec.protocol, f"base {base}", f"at most {plural(spec.limits.turns, 'turn')}"]
    return [say("ready: ", "p-ok"), say(" · ".join(words), "p-dim")]


def brief_lines(found: Plan) -> Iterator[list[Span]]:
    """Return what the agent will be told, and which files go in."""
    brief = found.brief
    if brief is None:
        return
    if brief.files:
        yield [say("Files that go in: ", "p-dim"), say(", ".join(brief.files), "p-key")]
    yield from heading("First message")
    yield from texts(brief.opening, limit=BRIEF_LINES)
    yield from heading("System prompt")
    yield from texts(brief.system, "p-dim", limit=BRIEF_LINES)
