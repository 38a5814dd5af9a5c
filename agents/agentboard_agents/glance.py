"""A project at a glance: how many agents, tasks, runs and problems there are, as `status` prints it.

What was read is kept beside the store with the stamps of the files that it follows from, so that the next
look reads only what changed since. For a project that was never used nothing is kept.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import agentboard_agents
import agentboard_tasks.formats
from agentboard_agents import outward, worker_probe
from agentboard_agents.blockers import without_twins
from agentboard_agents.glance_kept import FILES, WORK, composed, key_of, work_key
from agentboard_agents.kept import SETTLED_NS, keep, recall
from agentboard_agents.project import Project
from agentboard_agents.store import FILE as STORE
from agentboard_agents.store import Store, StoreMissing
from agentboard_agents.task_marks import begun_by_hand, in_progress
from agentboard_tasks.model import State
from agentboard_tasks.unicodes import json_line
from agentboard_tasks.witness import note, witnessed

__all__ = ["glance"]

CODE = tuple(
    os.path.dirname(str(package.__file__))
    for package in (agentboard_agents, agentboard_tasks, agentboard_tasks.formats)
)
"""The directories of the code that reads the files: another version may read them otherwise."""


def glance(project: Project, *, settled_ns: int = SETTLED_NS) -> str:
    """Return the project at a glance, as one line of JSON, and keep its parts for the next time.

    A part whose files changed in the last `settled_ns` nanoseconds is not kept.
    """
    store = [os.path.join(project.state, name) for name in (STORE, f"{STORE}-wal")]
    key = key_of(project.root)
    files = _part(project, FILES, key, _files, (), settled_ns)
    work = _part(project, WORK, work_key(key, files), partial(_work, files=files), store, settled_ns)
    return composed(files, work, alive=worker_probe.written(project.state) is not None)


def _part(
    project: Project,
    name: str,
    key: str,
    read: Callable[[Project], str],
    own: Sequence[str],
    settled_ns: int,
) -> str:
    """Return one part: as it was kept while that holds, else read anew."""
    known = recall(os.path.join(project.state, name), key)
    if known is not None:
        return known
    since = time.time_ns()
    with witnessed() as seen:
        for place in CODE:
            note(place)
        text = read(project)
    keep(project.state, name, key, text, seen, since_ns=since, settled_ns=settled_ns, own=own)
    return text


def _files(project: Project) -> str:
    from agentboard_agents.survey import survey  # reading everything is what a kept part saves

    here = survey(project)
    tasks = here.workspace.tasks
    before = {
        "project": {"name": project.name, "root": project.root, "state": project.state},
        "agents": {"total": len(here.team.agents)},
    }
    points = here.team_file.points
    after = {
        "problems": len(here.problems),
        "coordination": [{"sides": point.sides, "text": point.text, "line": point.line} for point in points],
    }
    counts = {"total": len(tasks), **Counter(task.state.value for task in tasks)}
    waiting = [task.id for task in tasks if task.state is State.TODO]
    lines = (_members(before), _members(after), json_line(counts).decode(), json_line(waiting).decode())
    return "\n".join(lines)


def _work(project: Project, *, files: str) -> str:
    """Return what the store says, the tasks among it that it alone knows to be in progress."""
    counts, waiting = (json.loads(line) for line in files.split("\n")[2:])
    try:
        store = Store.open(project, create=False)
    except StoreMissing:
        return _members({"tasks": counts, "runs": {"total": 0}, "inbox": 0, "cost_usd": None})
    begun = in_progress(begun_by_hand(store.by_hand()), store.runs(open_only=True))
    tasks = _with_begun(counts, len(begun.intersection(waiting)))
    top = [run for run in outward.with_children(store.runs()) if run.parent is None]
    costs = [run.cost_usd for run in top if run.cost_usd is not None]
    busy = Counter(run.state.value for run in top if not run.final)
    items = len(without_twins(store.inbox()))
    store.close()
    cost = sum(costs) if costs else None
    runs = {"total": len(top), **busy}
    return _members({"tasks": tasks, "runs": runs, "inbox": items, "cost_usd": cost})


def _with_begun(counts: Mapping[str, int], begun: int) -> dict[str, int]:
    """Return how many tasks are in each state when some that their files say are to do were begun."""
    moved = Counter(counts)
    moved[State.TODO.value] -= begun
    moved[State.IN_PROGRESS.value] += begun
    return {name: count for name, count in moved.items() if count or name == "total"}


def _members(members: Mapping[str, Any]) -> str:
    """Return the members of a JSON object without its braces."""
    return json_line(members).decode()[1:-1]
