"""`run` and `dispatch`: give an agent work, and follow it to the end."""

from __future__ import annotations

import argparse

from agentboard_agents.client import Client
from agentboard_agents.definition import AgentDefinition
from agentboard_agents.dispatch import Asked, CannotDispatch, Order, held_up, next_task, own_tasks, plan
from agentboard_agents.project import Project
from agentboard_agents.run import RunState
from agentboard_agents.spec import RunSpec
from agentboard_agents.survey import Survey, Unknown, survey
from agentboard_tui.cli.failure import Exit, Failure
from agentboard_tui.cli.following import Follower
from agentboard_tui.cli.opening import open_project, open_store
from agentboard_tui.cli.output import Output

__all__ = ["dispatch", "run"]


def dispatch(options: argparse.Namespace, output: Output) -> int:
    """Queue one run and print its id, alone."""
    here = survey(open_project(options))
    spec = _plan(here, _order(options))
    Client(here.project).dispatch_spec(spec)
    if output.json:
        output.value({"run": spec.run})
    else:
        output.line(spec.run)
    return Exit.DONE


def run(options: argparse.Namespace, output: Output) -> int:
    """Dispatch and follow to the end; with neither task nor prompt, the agent's whole own list."""
    project = open_project(options)
    here = survey(project)
    order = _order(options)
    own_list = order.task is None and order.prompt is None
    whole_list = own_list and (order.protocol or _agent(here, order).protocol) != "ralph"
    if own_list and _is_finished(here, _agent(here, order), _busy(project)):
        output.say(f"{order.agent}: nothing to do, the list is finished")
        return Exit.DONE
    done: set[str | None] = set()
    while True:
        spec = _plan(here, order, _busy(project))
        if spec.task in done:
            raise Failure(f"{spec.task} is still open after its run: see `agentboard tasks`")
        code = _follow(here, spec, output)
        done.add(spec.task)
        if not whole_list or code != Exit.DONE:
            return code
        here = survey(project)
        agent, busy = _agent(here, order), _busy(project)
        if next_task(here, agent, busy) is None:
            if waits := held_up(here, agent, busy):
                output.say(f"{order.agent}: {waits}")
            return code


def _is_finished(here: Survey, agent: AgentDefinition, busy: frozenset[str]) -> bool:
    """Whether the agent has a list, and nothing to do is left in it."""
    return bool(own_tasks(here, agent)) and not next_task(here, agent) and not held_up(here, agent, busy)


def _busy(project: Project) -> frozenset[str]:
    """Return the ids of the tasks that runs are at work on; what waits for a review is worked on no more."""
    store = open_store(project)
    runs = store.runs(open_only=True) if store else []
    return frozenset(run.task for run in runs if run.task and run.beneath is not RunState.REVIEW)


def _follow(here: Survey, spec: RunSpec, output: Output) -> int:
    client = Client(here.project)
    if spec.runtime == "rehearsal":
        output.say("rehearsal: a scripted model answers, no key and no cost")
    client.dispatch_spec(spec)
    output.say(f"{spec.run}: {spec.agent} works on {spec.task or spec.title}")
    return Follower(client, spec.run, output).to_the_end()


def _order(options: argparse.Namespace) -> Order:
    limits = Asked(options.max_turns, options.max_iterations, options.budget)
    return Order(
        options.agent,
        options.task,
        options.prompt,
        options.context,
        limits,
        protocol=options.protocol,
        base=options.base,
    )


def _agent(here: Survey, order: Order) -> AgentDefinition:
    try:
        return here.agent(order.agent)
    except Unknown as unknown:
        raise Failure(str(unknown)) from unknown


def _plan(here: Survey, order: Order, busy: frozenset[str] = frozenset()) -> RunSpec:
    try:
        return plan(here, order, busy=busy)
    except Unknown as unknown:
        raise Failure(str(unknown)) from unknown
    except CannotDispatch as reason:
        raise Failure(str(reason), Exit.USAGE if reason.usage else Exit.FAILED) from reason
