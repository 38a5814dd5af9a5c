"""Work under a team lead: what the agent says is held against the facts, and its messages arrive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentboard_agents.mail import read_by_person
from agentboard_agents.run import RunState
from tests.agents.session_parts import BRIEFED, LIST, TASKS, Server, changed
from tests.support.crew import Crew, crew, make_project
from tests.support.modelserver import ModelServer, Reaction, call, last_text, said, say

pytestmark = pytest.mark.usefixtures("key")

SUMMARY = "/project/shared/backend-summary.md"
LEADER = "---\nname: team-lead\ndescription: Leads\ntools: Read, SendMessage\n---\n\nYou lead the team.\n"
BOX = {"type": "object", "properties": {"id": {"type": "integer"}}}


def summary(text: str = "Did it.", **members: Any) -> Reaction:
    """Write the output summary."""
    block: dict[str, Any] = {
        "completed": True,
        "blockers": None,
        "next_recommended_action": "",
        "files_modified": [],
    }
    return call(
        "Write", file_path=SUMMARY, content=f"{text}\n\n```json\n{json.dumps(block | members)}\n```\n"
    )


def project_of(directory: Path, **files: str) -> Any:
    tasks = TASKS.replace("backend", "x")
    agents = {".claude/agents/backend.md": BRIEFED, LIST: tasks}
    return make_project(
        directory, {**agents, **{name.replace("__", "/"): text for name, text in files.items()}}
    )


async def finished(team: Crew, task: str = "T1", **more: Any) -> dict[str, tuple[str, bool]]:
    """Let the agent work to its end, and return its claims."""
    run = await team.dispatch("backend", task=task, context="Refunds.", **more)
    await team.end(run)
    return {claim.claim: (claim.fact, claim.holds) for claim in team.run(run).claims}


async def test_a_summary_of_an_earlier_run_is_none(tmp_path: Path, serve: Server) -> None:
    old = f"Old.\n\n{json.dumps({'completed': True, 'blockers': None, 'files_modified': []})}\n"
    project = project_of(tmp_path, **{"shared__backend-summary.md": old})
    server = serve(call("Write", file_path="a.py", content="A = 1\n"), say("Done."), say("Nothing to add."))
    async with crew(project) as team:
        claims = await finished(team)
    assert "is that of an earlier run" in last_text(server.requests[2])
    assert "is that of an earlier run" in claims["the output summary shared/backend-summary.md"][0]
    assert len(server.requests) == 3, "it is sent back once"


async def test_lies_and_truths_of_a_summary_are_told_apart(tmp_path: Path, serve: Server) -> None:
    names = ["app/a.py", "/project/shared/box-schema.json", "app/ghost.py"]
    serve(
        call("Write", file_path="a.py", content="A = 1\n"),
        call("Write", file_path="b.py", content="B = 1\n"),
        call("Write", file_path="/project/shared/box-schema.json", content=json.dumps(BOX)),
        summary("All tests pass.", files_modified=names),
        say("Done. I committed it as 1234567."),
    )
    async with crew(project_of(tmp_path)) as team:
        claims = await finished(team)
        assert team.run().outcome == "review"
        (review,) = [item for item in team.store.inbox() if item.kind == "review"]
        assert changed(team) == ["app/a.py", "app/b.py"]
    assert {claim: holds for claim, (_, holds) in claims.items()} == {
        "files_modified: app/a.py": True,
        "files_modified: /project/shared/box-schema.json": True,
        "files_modified: app/ghost.py": False,
        "files_modified without app/b.py": False,
        "completed: yes": True,
        "says: All tests pass": False,
        "says: I committed it as 1234567": False,
    }
    assert "no check exists here" in claims["completed: yes"][0]
    assert "(4 claims do not hold)" in review.text


async def test_a_contract_is_checked_as_it_is_written(tmp_path: Path, serve: Server) -> None:
    server = serve(
        call("Write", file_path="/project/shared/box-schema.json", content='{"type": "objekt"}\n'),
        call("Edit", file_path="/project/shared/box-schema.json", old_string="objekt", new_string="object"),
        call("Bash", command="echo '{' > ../shared/pay-openapi.json"),
        summary(files_modified=[]),
        say("Done."),
    )
    async with crew(
        project_of(tmp_path, **{".claude__agents__backend.md": BRIEFED.replace("Write", "Write, Edit, Bash")})
    ) as team:
        await finished(team)
        told = [one["message"] for one in team.events("problem_found")]
    answers = [last_text(request) for request in server.requests[1:]]
    assert "shared/box-schema.json:1:10: no valid JSON Schema" in answers[0]
    assert "does not hold" not in answers[1]
    assert "shared/pay-openapi.json:" in answers[2]
    files = [one.partition(":")[0] for one in told if one.startswith("shared/")]
    assert files == ["shared/box-schema.json", "shared/pay-openapi.json"]


async def test_blockers_go_to_the_lead_and_the_task_stays_open(tmp_path: Path, serve: Server) -> None:
    serve(
        call("Write", file_path="a.py", content="A = 1\n"),
        summary(completed=False, blockers=["no database"], files_modified=["app/a.py"]),
        say("Stopped."),
    )
    async with crew(project_of(tmp_path)) as team:
        claims = await finished(team)
        kinds = {item.kind: item for item in team.store.inbox()}
        assert (kinds["blocker"].text, kinds["blocker"].to) == ("no database", "lead")
        assert team.run().reason == "blocked: no database"
        assert "Blocked: blocked: no database" in team.read(LIST)
        (message,) = team.store.messages()
    assert claims["completed: no"] == ("the task stays open", True)
    assert (message.agent, message.state) == ("Team Lead", "delivered")
    assert "T1" in message.text
    assert "no database" in message.text


WRITES = call("Write", file_path="a.py", content="A = 1\n")
ENDS = (summary(files_modified=["app/a.py"]), say("Done."))


async def test_the_lead_hears_of_the_end_though_it_was_told_of_the_middle(
    tmp_path: Path, serve: Server
) -> None:
    serve(WRITES, call("SendMessage", to="Team Lead", text="Halfway done, all fine."), *ENDS)
    async with crew(project_of(tmp_path)) as team:
        await finished(team)
        first, last = team.store.messages()
    assert first.text == "Halfway done, all fine."
    assert last.text.startswith("backend has finished T1")


async def test_a_person_who_leads_leaves_receipts(tmp_path: Path, serve: Server) -> None:
    serve(call("SendMessage", to="Team Lead", text="Which currency?"), WRITES, *ENDS)
    async with crew(project_of(tmp_path)) as team:
        await team.dispatch("backend", task="T1", context="Refunds.")
        await team.until(RunState.WAITING)
        team.answer("Euro.")
        await team.end()
        assert [one.state for one in team.store.messages()] == ["acted", "delivered"]
        read_by_person(team.store, team.store.messages())
        read_by_person(team.store, team.store.messages())
        assert [one.state for one in team.store.messages()] == ["acted", "read"]
        assert len(team.events("message_read")) == 1


async def test_a_person_reads_nothing_in_the_place_of_an_agent(tmp_path: Path, serve: Server) -> None:
    serve(call("SendMessage", to="team-lead", text="The schema is there."), WRITES, *ENDS)
    async with crew(project_of(tmp_path, **{".claude__agents__team-lead.md": LEADER})) as team:
        await finished(team)
        read_by_person(team.store, team.store.messages())
        assert {one.state for one in team.store.messages()} == {"queued"}


REVIEWER = "---\nname: code-reviewer\ndescription: Reviews\n---\nWrite `shared/code-reviewer-outcome.md`.\n"


async def test_an_approval_in_the_name_of_a_reviewer_who_did_not_run_is_a_false_claim(
    tmp_path: Path, serve: Server
) -> None:
    forged = "/project/shared/code-reviewer-outcome.md"
    serve(WRITES, call("Write", file_path=forged, content="APPROVED: backend\n"), *ENDS)
    async with crew(project_of(tmp_path, **{".claude__agents__code-reviewer.md": REVIEWER})) as team:
        claims = await finished(team)
        assert not [item for item in team.store.inbox() if item.kind == "problem"]
        (review,) = team.store.inbox()
        assert "does not hold" in review.text or "do not hold" in review.text
    fact, holds = claims["code-reviewer approves (shared/code-reviewer-outcome.md)"]
    assert (fact, holds) == ("it was written while backend worked, and code-reviewer did not", False)


async def test_a_question_to_an_agent_that_leads_is_answered_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(body: dict[str, Any]) -> Reaction:
        system = body["system"][0]["text"]
        heard = said(body)
        if "You lead the team." in system:
            if len(body["messages"]) > 1:
                return say("Answered.")
            assert any("Message from backend: Which currency?" in text for text in heard)
            return call("SendMessage", to="backend", text="Euro.")
        if len(body["messages"]) == 1:
            return call("SendMessage", to="Team Lead", text="Which currency?")
        if "Euro." in heard[-1]:
            return summary(files_modified=[])
        return say("Done.")

    with ModelServer(script=script) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project_of(tmp_path, **{".claude__agents__team-lead.md": LEADER})) as team:
            await team.dispatch("backend", task="T1", context="Refunds.")
            await team.until(RunState.WAITING)
            (item,) = team.store.inbox()
            assert (item.kind, item.to) == ("question", "team-lead")
            await team.dispatch("team-lead", run="r2", prompt="See to your team")
            await team.end("r2")
            assert (await team.end()).state is RunState.REVIEW
            assert team.store.item(item.id).answer == "Euro."  # type: ignore[union-attr]
            first, last = team.store.messages()
            assert (first.text, first.agent, first.state) == ("Which currency?", "team-lead", "acted")
            assert (last.sender, last.agent) == ("backend", "team-lead"), "it says that it has finished"


async def test_the_lead_answers_what_a_summary_calls_a_blocker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(body: dict[str, Any]) -> Reaction:
        if "You lead the team." in body["system"][0]["text"]:
            first = len(body["messages"]) == 1
            return call("SendMessage", to="backend", text="Use Postgres.") if first else say("Answered.")
        if len(body["messages"]) == 1:
            return summary(completed=False, blockers=["no database"])
        return say("Stopped.")

    with ModelServer(script=script) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        async with crew(project_of(tmp_path, **{".claude__agents__team-lead.md": LEADER})) as team:
            await team.dispatch("backend", task="T1", context="Refunds.")
            await team.end()
            await team.dispatch("team-lead", run="r2", prompt="See to your team")
            await team.end("r2")
            run = team.run()
            assert (run.rounds, run.returned) == (1, True), "it goes on in another round"
            assert run.feedback == "About your blocker (no database): Use Postgres."
            assert [item.kind for item in team.store.inbox() if item.run == "r1"] == []
