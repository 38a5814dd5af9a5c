"""Escalation by rule, to a stronger model, and to a lead that is an agent; what waits is raised again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agentboard_agents.answering import lead_for, question_for, settled
from agentboard_agents.attention import rank
from agentboard_agents.config import load_config
from agentboard_agents.control import Control
from agentboard_agents.definition import parse
from agentboard_agents.desk import Desk
from agentboard_agents.engine.conduct import WorkOn
from agentboard_agents.engine.port import Steps
from agentboard_agents.escalation import Rules, due, stronger, times_raised
from agentboard_agents.escalation_watch import EscalationWatch
from agentboard_agents.events import NewEvent
from agentboard_agents.projection import Run
from agentboard_agents.projection_people import InboxItem
from agentboard_agents.run import RunState
from agentboard_agents.spec import Limits
from agentboard_agents.survey import survey
from tests.agents.engine_parts import event, project_in, queued, run_of, spec
from tests.agents.office import Office, review, start
from tests.support.projects import AGENT, make_project

S = RunState
START = 1_767_225_600.0  # 2026-01-01T00:00:00Z


def item(kind: str = "question", to: str = "human", name: str = "i1", about: str = "Which?") -> InboxItem:
    return InboxItem(name, kind, "Backend", "r1", about, since="2026-01-01T00:00:00Z", to=to)


def at_work(**changes: Any) -> Run:
    return msgspec.structs.replace(Run("r1", "Backend", "backend", S.WORKING, "", spec()), **changes)


@pytest.mark.parametrize(
    ("minutes", "times"), [(0, 0), (29, 0), (30, 1), (59, 1), (60, 2), (119, 2), (120, 3), (100_000, 12)]
)
def test_what_waits_is_raised_again_after_twice_as_long_each_time(minutes: int, times: int) -> None:
    assert times_raised(item(), START + 60 * minutes, 30) == times


def test_only_what_stops_a_run_is_raised_again() -> None:
    later = START + 86_400
    assert times_raised(item("review"), later, 30) == 0
    assert times_raised(item(), later, 0) == 0
    assert times_raised(msgspec.structs.replace(item(), closed="2026-01-01T00:01:00Z"), later, 30) == 0


def test_what_was_raised_again_comes_before_what_unblocks_as_much() -> None:
    old, new = item(name="old"), item("blocker", name="new")
    assert [need.item for need in rank([old, new], ())] == ["new", "old"]
    assert [need.item for need in rank([old, new], (), (), lambda one: int(one is old))] == ["old", "new"]


def test_a_question_that_nobody_else_answers_comes_to_the_one_to_be_called() -> None:
    rules, later = Rules(blocked_minutes=30), START + 31 * 60
    (event_,) = due([], [item(to="pm")], rules, later)
    assert (event_.kind, event_.data["item"], event_.data["to"]) == ("item_escalated", "i1", "human")
    assert due([], [item(to="pm")], rules, START + 60) == []
    assert due([], [item(to="human")], rules, later) == []
    assert due([], [item("permission", to="pm")], rules, later) == []


def test_corrections_in_vain_and_a_spent_budget_escalate_a_run() -> None:
    rules = Rules(failures=2, budget_percent=80, to="model")
    (failing,) = due([at_work(attempts=2)], [], rules, START)
    assert (failing.kind, failing.data["to"]) == ("escalate_requested", "model")
    dear = msgspec.structs.replace(at_work().spec, limits=Limits(budget_usd=1.0))
    (spent,) = due([at_work(spec=dear, cost_usd=0.8)], [], rules, START)
    assert "80% of its budget of $1.00" in spent.data["reason"]
    assert due([at_work(attempts=1), at_work(spec=dear, cost_usd=0.7)], [], rules, START) == []
    assert due([at_work(attempts=5, state=S.WAITING)], [], rules, START) == []
    assert due([at_work(attempts=5)], [], Rules(), START) == []


def test_the_next_family_is_stronger_and_a_configured_model_goes_first() -> None:
    assert stronger("claude-haiku-4", None) == ("sonnet", "opus")
    assert stronger("claude-sonnet-4", "our-best") == ("our-best", "opus")
    assert stronger("claude-opus-4", None) == ()
    assert stronger("claude-opus-4", "claude-opus-4") == ()
    assert stronger("someone/else", None) == ("opus",)


def test_rules_are_read_and_a_project_names_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_in(tmp_path)
    text = "escalation:\n  failures: 3\n  to: lead\n  model: dearest\n"
    Path(project.root, ".agentboard.yaml").write_text(text)
    found = load_config(project)
    assert found.escalation == Rules(failures=3, to="lead")
    assert [problem.line for problem in found.problems] == [4]
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "config/agentboard").mkdir(parents=True)
    own = "escalation:\n  blocked_minutes: 0\n  to: human\n  model: dearest\n"
    (tmp_path / "config/agentboard/config.yaml").write_text(own)
    assert load_config(project).escalation == Rules(0, 3, None, "human", "dearest")


LEAD = "---\nname: Architecture Lead\ndescription: decides\n---\nYou decide.\n"
TEAM = {
    ".claude/agents/backend.md": AGENT.replace("api-engineer\n", "Backend\n") + "Lead: Architecture Lead\n",
    ".claude/agents/architecture-lead.md": LEAD,
    "README.md": "hello\n",
}


def test_the_lead_is_the_agent_that_the_definition_names(tmp_path: Path) -> None:
    make_project(tmp_path / "project", TEAM)
    project = project_in(tmp_path)
    team = survey(project).team
    backend = team.find("Backend")
    assert backend is not None
    lead = lead_for(team, backend, "lead")
    assert lead is not None
    assert lead.name == "Architecture Lead"
    assert lead_for(team, backend, "architecture-lead") is lead
    assert lead_for(team, backend, "pm") is None
    assert lead_for(team, lead, "lead") is None


def test_a_lead_that_gives_no_answer_leaves_it_to_a_person_and_one_that_is_late_is_stopped() -> None:
    asked = item("escalation", to="lead")
    leading = at_work(id="i1-lead", spec=msgspec.structs.replace(at_work().spec, answers="i1"))
    (given_up,) = settled([asked], [msgspec.structs.replace(leading, state=S.FAILED, reason="no key")])
    assert (given_up.kind, given_up.data["to"]) == ("item_escalated", "human")
    assert "no key" in given_up.data["reason"]
    (late,) = settled([], [leading])
    assert (late.run, late.kind) == ("i1-lead", "cancel_requested")
    assert settled([asked], [leading]) == []


def strengthened(office: Office, model: str | None, heard: list[str]) -> WorkOn:
    async def work(desk: Desk, run_id: str, steps: Steps) -> None:
        control: Control = desk.control(run_id)

        async def find() -> str | None:
            return model

        control.on_strength = find
        start(desk, run_id)
        await office.until(lambda: run_of(office.store).escalation, "the request")
        heard.extend(message.text for message in await control.safe_point(1))
        review(desk, run_id)

    return work


async def test_a_stronger_model_goes_on_and_is_told_why(tmp_path: Path) -> None:
    office, heard = Office(tmp_path), list[str]()
    office.dispatch()
    async with office.worker(strengthened(office, "opus", heard)):
        await office.state(S.STARTING)
        assert (await office.ask("escalate", to="model", reason="too hard")).reply == "escalated"
        await office.state(S.REVIEW)
    assert run_of(office.store).model == "opus"
    assert heard[0].startswith("too hard\n")


async def test_without_a_stronger_model_a_person_is_asked(tmp_path: Path) -> None:
    office, heard = Office(tmp_path), list[str]()
    office.dispatch()
    async with office.worker(strengthened(office, None, heard)):
        await office.state(S.STARTING)
        await office.ask("escalate", to="model", reason="too hard")
        (asked,) = office.store.inbox()
        assert (asked.kind, asked.to) == ("escalation", "human")
        assert asked.text == "too hard: there is no stronger model to go on with"
        await office.ask("answer", None, item=asked.id, text="try harder")
        await office.state(S.REVIEW)
    assert heard == ["try harder"]


async def test_what_a_run_waits_for_is_put_to_somebody_else_at_once(tmp_path: Path) -> None:
    office = Office(tmp_path)

    async def ask(desk: Desk, run_id: str, steps: Steps) -> None:
        control = desk.control(run_id)
        start(desk, run_id)
        control.unblocks = ("t1", "t2")
        office.calls.append(await control.ask("r1-q1", "question", "Which?", to="pm"))
        review(desk, run_id)

    office.dispatch()
    async with office.worker(ask):
        await office.state(S.WAITING)
        (asked,) = office.store.inbox()
        assert (asked.to, asked.unblocks) == ("pm", ("t1", "t2"))
        done = await office.ask("escalate", to="human", reason="the pm is away")
        assert "r1-q1 waits for the human now" in done.reply
        (asked,) = office.store.inbox()
        assert (asked.to, asked.reason) == ("human", "the pm is away")
        await office.ask("answer", None, item="r1-q1", text="blue")
        await office.state(S.REVIEW)
    assert office.calls == ["blue"]


def test_the_worker_applies_a_rule_once(tmp_path: Path) -> None:
    make_project(tmp_path / "project", TEAM)
    project = project_in(tmp_path)
    Path(project.root, ".agentboard.yaml").write_text("escalation:\n  failures: 1\n")
    office = Office(tmp_path)
    office.store.append([queued(), event("run_started"), event("turn_started")])
    office.store.append([event("gates_started"), event("correction_attempt", attempt=1)])
    watch = EscalationWatch(Desk(office.project, office.store))
    assert [one.kind for one in watch.look(START)] == ["escalate_requested"]
    assert watch.look(START) == []
    assert run_of(office.store).escalation is not None


async def test_an_escalated_question_is_put_to_the_agent_that_leads(tmp_path: Path) -> None:
    make_project(tmp_path / "project", TEAM)
    office = Office(tmp_path)
    office.store.append([queued(agent="Backend", stem="backend"), NewEvent("r1", "Backend", "run_started")])
    asked = {"item": "r1-q1", "text": "Which?", "to": "lead"}
    office.store.append([NewEvent("r1", "Backend", "question_asked", asked)])
    watch = EscalationWatch(Desk(office.project, office.store))
    assert await asyncio.to_thread(watch.look, START) == [], "a question alone starts nobody"
    office.store.append([NewEvent("r1", "Backend", "item_escalated", asked)])
    (started,) = await asyncio.to_thread(watch.look, START)
    assert (started.kind, started.run) == ("run_queued", "r1-q1-lead")
    leading = office.store.run("r1-q1-lead")
    assert leading is not None
    assert (leading.agent, leading.parent, leading.spec.answers) == ("Architecture Lead", "r1", "r1-q1")
    assert await asyncio.to_thread(watch.look, START) == []


def test_a_question_for_the_lead_says_what_it_is_about() -> None:
    lead = parse(LEAD.encode(), ".claude/agents/architecture-lead.md")
    asked = question_for(lead, at_work(title="Greet the world"), item("escalation", to="lead", about="Moon?"))
    assert "Greet the world" in asked.data["prompt"]
    assert "Moon?" in asked.data["prompt"]
    assert asked.data["runtime"] == "rehearsal"
