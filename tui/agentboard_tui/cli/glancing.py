"""`status`: the project at a glance; printed as it was kept where nothing has changed since."""

from __future__ import annotations

import sys
from time import time as clock

TYPE_CHECKING = False  # `typing` would cost more than a whole recall
if TYPE_CHECKING:
    import argparse

    from agentboard_agents.project import Project
    from agentboard_tui.cli.output import Output

__all__ = ["print_kept", "status"]


def print_kept() -> bool:
    """Print the JSON form if all of it was kept and still holds; say whether it was printed."""
    from agentboard_agents import glance_kept

    try:
        text = glance_kept.recalled()
        if text is None:
            return False
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except (glance_kept.NotARepository, OSError):
        return False  # the ordinary way finds the same fault, and words for it
    return True


def status(options: argparse.Namespace, output: Output) -> int:
    """Print the project at a glance."""
    import msgspec

    from agentboard_agents.glance import glance
    from agentboard_tui.cli.failure import Exit
    from agentboard_tui.cli.opening import open_project

    project = open_project(options)
    form = msgspec.json.decode(glance(project))
    if output.json:
        output.value(form)
        return Exit.DONE
    output.line(f"{form['project']['name']}  {form['project']['root']}")
    for what in ("agents", "tasks", "runs"):
        output.line(f"{what:9}{_counts(form[what])}")
    waiting = form["inbox"]
    output.line(
        f"{'inbox':9}"
        + (f"{waiting} need{'s' * (waiting == 1)} you{_late(project)}" if waiting else "nothing needs you")
    )
    if form["problems"]:
        output.line(f"{'problems':9}{form['problems']}  (agentboard check lists them)")
    for point in form["coordination"]:
        sides = " ↔ ".join(point["sides"])
        output.line(f"{'agree':9}{sides}{': ' * bool(sides)}{point['text']}")
    output.line(f"{'worker':9}{'at work' if form['worker']['alive'] else 'not running; starts when needed'}")
    return Exit.DONE


def _late(project: Project) -> str:
    """Say how much of what waits has waited too long; that goes with the clock, and is never kept."""
    from agentboard_agents.blockers import has_expired, without_twins
    from agentboard_agents.config import load_config
    from agentboard_agents.escalation import times_raised
    from agentboard_tui.cli.opening import open_store

    store, now = open_store(project), clock()
    items = without_twins(store.inbox()) if store else []
    minutes = load_config(project).escalation.blocked_minutes if items else 0
    late = [item for item in items if has_expired(item)]
    again = [item for item in items if times_raised(item, now, minutes) and item not in late]
    told = [f"{len(found)} {word}" for found, word in ((late, "expired"), (again, "raised again")) if found]
    return f"  ({', '.join(told)})" if told else ""


def _counts(counts: dict[str, int]) -> str:
    rest = ", ".join(
        f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if name != "total"
    )
    return f"{counts['total']}" + (f"  ({rest})" if rest else "")
