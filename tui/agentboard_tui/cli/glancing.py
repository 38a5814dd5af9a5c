"""`status`: the project at a glance; printed as it was kept where nothing has changed since."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # `typing` would cost more than a whole recall
if TYPE_CHECKING:
    import argparse

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

    form = msgspec.json.decode(glance(open_project(options)))
    if output.json:
        output.value(form)
        return Exit.DONE
    output.line(f"{form['project']['name']}  {form['project']['root']}")
    for what in ("agents", "tasks", "runs"):
        output.line(f"{what:9}{_counts(form[what])}")
    waiting = form["inbox"]
    output.line(
        f"{'inbox':9}" + (f"{waiting} need{'s' * (waiting == 1)} you" if waiting else "nothing needs you")
    )
    if form["problems"]:
        output.line(f"{'problems':9}{form['problems']}  (agentboard check lists them)")
    for point in form["coordination"]:
        sides = " ↔ ".join(point["sides"])
        output.line(f"{'agree':9}{sides}{': ' * bool(sides)}{point['text']}")
    output.line(f"{'worker':9}{'at work' if form['worker']['alive'] else 'not running; starts when needed'}")
    return Exit.DONE


def _counts(counts: dict[str, int]) -> str:
    rest = ", ".join(
        f"{number} {name.replace('_', ' ')}" for name, number in counts.items() if name != "total"
    )
    return f"{counts['total']}" + (f"  ({rest})" if rest else "")
