"""Which task an agent does next when nobody names one: a begun one, else none before those it waits for."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentboard_agents.dispatch import CannotDispatch, Order, held_up, next_task, plan
from agentboard_agents.project import Project
from agentboard_agents.survey import Survey, survey
from tests.support.projects import make_project

AGENT = "---\nname: dev\ndescription: Works\n---\nYou work.\n"
CARD = "---\ntask_id: {key}\nstatus: {status}\nassignee: dev\ndepends_on: [{after}]\n---\n# Task {key}\n"


def project_with(directory: Path, *cards: tuple[str, str, str]) -> Survey:
    files = {".claude/agents/dev.md": AGENT}
    for key, status, after in cards:
        files[f".claude/tasks/{key.lower()}.md"] = CARD.format(key=key, status=status, after=after)
    return survey(Project.open(str(make_project(directory / "shop", files))))


@pytest.mark.parametrize(
    ("cards", "key"),
    [
        ((("T1", "todo", "T2"), ("T2", "todo", "")), "T2"),
        ((("T1", "todo", "T2"), ("T2", "done", "")), "T1"),
        ((("T1", "todo", "T9"), ("T2", "todo", "")), "T1"),  # nobody knows T9
        ((("T1", "todo", "T1"), ("T2", "todo", "")), "T1"),
        ((("T1", "todo", "T3"), ("T2", "todo", "T3"), ("T3", "blocked", "")), None),
        ((("T1", "todo", ""), ("T2", "in_progress", "T1")), "T2"),  # it has begun already
        ((("T1", "todo", "t2"), ("T2", "blocked", "")), None),
    ],
)
def test_a_task_comes_after_those_that_it_waits_for(
    tmp_path: Path, cards: tuple[tuple[str, str, str], ...], key: str | None
) -> None:
    here = project_with(tmp_path, *cards)
    task = next_task(here, here.agent("dev"))
    assert (task.key if task else None) == key


def test_tasks_that_can_only_wait_are_named(tmp_path: Path) -> None:
    here = project_with(tmp_path, ("T1", "todo", "T2"), ("T2", "blocked", ""))
    assert held_up(here, here.agent("dev")) == "T1 waits for T2"
    environment = {"AGENTBOARD_RUNTIME": "rehearsal"}
    with pytest.raises(CannotDispatch, match="T1 waits for T2"):
        plan(here, Order("dev"), environment)
    assert plan(here, Order("dev", task="T1"), environment).task == "t1:T1"


def test_a_task_that_a_run_is_at_work_on_is_taken_by_no_other(tmp_path: Path) -> None:
    here = project_with(tmp_path, ("T1", "in_progress", ""), ("T2", "todo", ""))
    agent, environment = here.agent("dev"), {"AGENTBOARD_RUNTIME": "rehearsal"}
    second = next_task(here, agent, {"t1:T1"})
    assert second is not None
    assert second.key == "T2"
    assert plan(here, Order("dev", task="T1"), environment, {"t1:T1"}).task == "t1:T1"
    with pytest.raises(CannotDispatch, match="a run is at work on T1; a run is at work on T2"):
        plan(here, Order("dev"), environment, {"t1:T1", "t2:T2"})


def test_an_item_waits_for_those_that_it_names_in_another_spelling(tmp_path: Path) -> None:
    text = "- [ ] 1. One\n  - **Depends on:** Task #2\n- [ ] 2. Two\n"
    files = {".claude/agents/dev.md": AGENT, ".claude/tasks/dev-tasks.md": text}
    here = survey(Project.open(str(make_project(tmp_path / "shop", files))))
    assert held_up(here, here.agent("dev")) == "1 waits for #2"
    task = next_task(here, here.agent("dev"))
    assert task is not None
    assert task.key == "2"
