"""From "this agent, that task" to a run that can be queued, or the one line that says why not."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from agentboard_agents.definition import PROTOCOLS, AgentDefinition
from agentboard_agents.ids import run_id
from agentboard_agents.protocols import brief_for
from agentboard_agents.protocols.brief_brief import waiting
from agentboard_agents.repository.head import has_branch
from agentboard_agents.spec import Limits, RunSpec
from agentboard_agents.survey import Survey
from agentboard_tasks.files import FileFault, Root
from agentboard_tasks.model import State, Task
from agentboard_tasks.workspace_tasks import find_task

__all__ = [
    "Asked",
    "CannotDispatch",
    "Order",
    "choose_runtime",
    "held_up",
    "next_task",
    "own_tasks",
    "plan",
]

CONTEXT_CAP = 256 * 1024
MOST_NAMED = 8
OVER = frozenset({State.DONE, State.SKIPPED})
NAMED_FILE = re.compile(r"[^\s:]+\.(?:md|markdown|txt|rst|json|ya?ml)|\.{0,2}/\S+")
"""What is meant as a path: one word that ends like a document's name, or begins like a path."""

RUNTIMES = ("anthropic", "rehearsal")


class CannotDispatch(Exception):
    """Why a run cannot be queued, and how the command line helps; `usage` when the order has to change."""

    def __init__(self, why: str, how: str = "", *, usage: bool = False) -> None:
        super().__init__(why + how)
        self.why = why
        self.usage = usage


class Asked(Struct, frozen=True):
    """Limits that a person names; where none is named, the agent's definition and the configuration count."""

    turns: int | None = None
    iterations: int | None = None
    budget_usd: float | None = None


class Order(Struct, frozen=True):
    """What a person asks for: an agent, and a task or a prompt (neither: what the agent's own files say)."""

    agent: str
    task: str | None = None
    prompt: str | None = None
    context: str | None = None
    limits: Asked = Asked()
    runtime: str | None = None
    model: str | None = None
    protocol: str | None = None  # another way of working than the agent's own
    base: str | None = None  # the branch to start from and to merge into, else the one that is checked out


def plan(
    survey: Survey,
    order: Order,
    environment: Mapping[str, str] = os.environ,
    busy: Collection[str] = (),
) -> RunSpec:
    """Return the run that `order` means; nothing is written.

    `busy` are the ids of tasks that runs are at work on: they are taken only when they are named.

    Raises:
        Unknown: no such agent or task.
        CannotDispatch: something is missing: a runtime, a task, what fills a placeholder.
    """
    agent, context = survey.agent(order.agent), _context(order.context)
    task = _task(survey, agent, order, busy)
    _refuse_nothing(survey, agent, order, task, busy)
    spec = RunSpec(
        run=run_id(),
        agent=agent.name,
        stem=agent.stem,
        definition=agent.file,
        protocol=_protocol(agent, order),
        runtime=order.runtime or choose_runtime(environment),
        task=task.id if task else None,
        title=_title(agent, task, order),
        prompt=order.prompt,
        context=context,
        model=order.model or agent.model,
        limits=_limits(survey, agent, order.limits),
        base=_base(survey, order),
    )
    _refuse_unfilled(survey, agent, spec)
    return spec


def choose_runtime(environment: Mapping[str, str]) -> str:
    """Return who produces the turns: what the environment names, else the API where there is a key.

    Raises:
        CannotDispatch: no key, and the scripted model was not asked for by name.
    """
    named = environment.get("AGENTBOARD_RUNTIME")
    if named:
        if named not in RUNTIMES:
            raise CannotDispatch(
                f"AGENTBOARD_RUNTIME={named} is no runtime here: {' or '.join(RUNTIMES)}", usage=True
            )
        return named
    if environment.get("ANTHROPIC_API_KEY"):
        return "anthropic"
    raise CannotDispatch(
        "no model to run agents with: set ANTHROPIC_API_KEY, "
        "or AGENTBOARD_RUNTIME=rehearsal for the scripted one"
    )


def _limits(survey: Survey, agent: AgentDefinition, asked: Asked) -> Limits:
    """Return the limits that were asked for, else the narrower of what definition and configuration say."""
    config = survey.config
    turns = asked.turns or min(filter(None, (agent.max_turns, config.turns)), default=Limits().turns)
    return Limits(turns, asked.iterations or config.iterations, asked.budget_usd)


def _protocol(agent: AgentDefinition, order: Order) -> str:
    chosen = order.protocol or agent.protocol
    if chosen not in PROTOCOLS:
        raise CannotDispatch(
            f"{chosen!r} is no way of working: {', '.join(PROTOCOLS[:-1])} or {PROTOCOLS[-1]}", usage=True
        )
    return chosen


def _base(survey: Survey, order: Order) -> str | None:
    if order.base is not None and not has_branch(survey.project.root, order.base):
        raise CannotDispatch(f"there is no branch {order.base!r} here (git branch lists them)", usage=True)
    return order.base


def own_tasks(survey: Survey, agent: AgentDefinition) -> tuple[Task, ...]:
    """Return the tasks of the agent's own list or PRD, in file order."""
    return tuple(task for task in survey.workspace.tasks if task.agent in {agent.stem, agent.name})


def next_task(survey: Survey, agent: AgentDefinition, busy: Collection[str] = ()) -> Task | None:
    """Return what the agent would do next: what it has begun, else its first task that waits for no other.

    A task that is `busy` is done already.
    """
    begun = _open_tasks(survey, agent, State.IN_PROGRESS)
    ready = [task for task in _open_tasks(survey, agent, State.TODO) if not _waits_for(survey, task)]
    return next((task for task in (*begun, *ready) if task.id not in busy), None)


def held_up(survey: Survey, agent: AgentDefinition, busy: Collection[str] = ()) -> str:
    """Return which open tasks of an agent wait for others, or are at work, in words; empty when none does."""
    todo = _open_tasks(survey, agent, State.TODO)
    waits = {task.key: _waits_for(survey, task) for task in todo if task.id not in busy}
    told = [f"{key} waits for {', '.join(keys)}" for key, keys in waits.items() if keys]
    every = (*_open_tasks(survey, agent, State.IN_PROGRESS), *todo)
    told += [f"a run is at work on {task.key}" for task in every if task.id in busy]
    return "; ".join(told[:MOST_NAMED])


def _open_tasks(survey: Survey, agent: AgentDefinition, state: State) -> list[Task]:
    own = (task for task in own_tasks(survey, agent) if task.parent is None and not task.read_only)
    return [task for task in own if task.state is state]


def _waits_for(survey: Survey, task: Task) -> list[str]:
    """Return the keys of the tasks that come first and are not over; nobody waits for an unknown one."""
    known = ((key, _meant(survey, task, key)) for key in task.depends_on)
    return [key for key, one in known if one is not None and one.id != task.id and one.state not in OVER]


def _meant(survey: Survey, task: Task, key: str) -> Task | None:
    """Return what a task calls so: one of its own file, else the only one of the project."""
    alike = [one for one in survey.workspace.tasks if _bare(one.key) == _bare(key)]
    beside = [one for one in alike if one.source.file == task.source.file]
    if beside:
        return next((one for one in beside if one.key == key), beside[0])
    return survey.workspace.find(key) or (alike[0] if len(alike) == 1 else None)


def _bare(key: str) -> str:
    """Return what `#4` and `4`, or `TASK-4` and `task-4`, have in common."""
    return key.removeprefix("#").casefold()


def _task(survey: Survey, agent: AgentDefinition, order: Order, busy: Collection[str]) -> Task | None:
    if order.prompt is not None or (order.task is None and _protocol(agent, order) == "ralph"):
        return None
    return _named(survey, agent, order.task) if order.task is not None else next_task(survey, agent, busy)


def _refuse_nothing(
    survey: Survey, agent: AgentDefinition, order: Order, task: Task | None, busy: Collection[str]
) -> None:
    """Refuse an order that says nothing of what to do; a brief with brackets says which stay empty."""
    if task is not None or order.prompt is not None or _protocol(agent, order) == "ralph":
        return
    unfilled = waiting(agent.placeholders, order.context)
    if unfilled:
        raise CannotDispatch(*_unfilled(agent, unfilled), usage=True)
    waits = held_up(survey, agent, busy)
    if waits:
        raise CannotDispatch(
            f"no task of {agent.name} can be next: {waits}", " (--task ID begins one anyway)"
        )
    raise CannotDispatch(
        f"{agent.name} has no task to do in its own list",
        ": name one with --task ID, or say what with --prompt TEXT",
    )


def _named(survey: Survey, agent: AgentDefinition, name: str) -> Task:
    """Return the task that `name` means; one of the agent's own is meant before another agent's."""
    return find_task(own_tasks(survey, agent), name) or survey.task(name)


def _title(agent: AgentDefinition, task: Task | None, order: Order) -> str:
    if task is not None:
        return task.title or task.body
    return (order.prompt or "").strip().split("\n")[0][:200] or f"the stories of {agent.prd or 'its PRD'}"


def _context(given: str | None) -> str | None:
    if given is None:
        return None
    path = os.path.join(os.getcwd(), given)
    if "\n" in given or len(given) > 1024 or not os.path.isfile(path):
        if NAMED_FILE.fullmatch(given):
            raise CannotDispatch(f"--context {given}: there is no such file", usage=True)
        return given
    try:
        image = Root(os.path.dirname(path)).read(os.path.basename(path), cap=CONTEXT_CAP)
    except FileFault as fault:
        raise CannotDispatch(f"--context {given}: {fault}", usage=True) from fault
    return image.data.decode("utf-8", "replace")


def _refuse_unfilled(survey: Survey, agent: AgentDefinition, spec: RunSpec) -> None:
    brief = brief_for(survey, agent, spec)
    if brief.missing:
        raise CannotDispatch(*_unfilled(agent, brief.missing), usage=True)


def _unfilled(agent: AgentDefinition, missing: Iterable[str]) -> tuple[str, str]:
    why = f"{agent.file}: nothing fills {'; '.join(missing)}"
    return why, ": give it with --task, --prompt or --context"
