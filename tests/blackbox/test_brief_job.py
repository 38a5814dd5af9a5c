"""A worker under a team lead, from the shell: placeholders, assumptions, blockers, messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.blackbox.foreign import Act, Block, Foreign, say, use
from tests.support.shell import Home, until

AGENT = """---
name: backend-worker
description: Works for a lead
tools: Glob, Grep, LS, Read, NotebookRead, TodoWrite, KillShell, BashOutput, Write, Edit, Bash
Model: some-model
color: blue
---

Role: Engineer

Your working directory is: /project/backend/

Your task: [Team Lead writes the backend task here]

Feature context: [Team Lead pastes the description of the whole feature here]

Shared artifacts directory: /project/shared/

- Write contracts there, e.g. /project/shared/refund-api-schema.json

When done: write your summary to /project/shared/backend-worker-summary.md with a JSON block:
{ completed, blockers, next_recommended_action, files_modified }
"""
CODE = "# Todo: Assumption made: amounts are cents\nCENTS = 100\n"


@pytest.fixture
def lead(home: Home) -> Home:
    put(home, {".claude/agents/backend-worker.md": AGENT})
    return home


def put(home: Home, files: dict[str, str]) -> None:
    for name, text in files.items():
        place = home.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    home.git("add", "-A")
    home.git(
        "-c",
        "user.name=dev",
        "-c",
        "user.email=dev@example.invalid",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "more",
    )


def summary(**members: Any) -> dict[str, Any]:
    block: dict[str, Any] = {
        "completed": True,
        "blockers": None,
        "next_recommended_action": "ship it",
        "files_modified": [],
    }
    text = f"Did it.\n\n```json\n{json.dumps({**block, **members})}\n```\n"
    return use("Write", 2, file_path="/project/shared/backend-worker-summary.md", content=text)


def open_item(home: Home, about: str) -> str:
    return str(next(item["id"] for item in home.json("inbox") if item["about"] == about))


def work(home: Home, code: int = 0) -> dict[str, Any]:
    home.agentboard("run", "backend-worker", "--prompt", "Add refunds", "--context", "For all", code=code)
    (run,) = home.json("runs")
    return dict(run)


@pytest.mark.parametrize(
    ("more", "words", "named"),
    [
        ("", ("--prompt", "Add refunds"), "Feature context: [Team Lead pastes"),
        ("", ("--context", "For all"), "Your task: [Team Lead writes"),
        (
            "\nDeadline: [Team Lead names the day of release]\n",
            ("--prompt", "x", "--context", "y"),
            "Deadline: [Team",
        ),
    ],
)
def test_a_bracket_that_nothing_fills_is_named_and_stops_the_dispatch(
    lead: Home, more: str, words: tuple[str, ...], named: str
) -> None:
    put(lead, {".claude/agents/backend-worker.md": AGENT + more})
    with Foreign([say()]) as model:
        lead.model_at(model.url)
        for command in ("dispatch", "run"):
            assert named in lead.agentboard(command, "backend-worker", *words, code=2).stderr
        assert model.requests == []
    assert lead.json("runs") == []


def test_a_context_file_that_is_not_there_is_no_context(lead: Home) -> None:
    words = ("dispatch", "backend-worker", "--prompt", "x", "--context", "docs/feature.md")
    assert "docs/feature.md" in lead.agentboard(*words, code=2).stderr


def test_an_assumption_is_confirmed_or_goes_back_to_the_agent(lead: Home) -> None:
    def script(request: int, said: int) -> Act:
        if said == 0:
            return {"blocks": [use("Write", 1, file_path="refund.py", content=CODE)]}
        if said == 1:
            return {"blocks": [summary(files_modified=["backend/refund.py"])]}
        heard = json.dumps(model.requests[-1]["messages"][-1])
        if "is wrong" in heard:
            return {
                "blocks": [
                    use(
                        "Write",
                        3,
                        file_path="refund.py",
                        content="CENTS = 1  # Todo: Assumption made: euros\n",
                    )
                ]
            }
        return {"blocks": [say()]}

    with Foreign(script=script) as model:
        lead.model_at(model.url)
        (first,) = work(lead)["assumptions"]
        assert first == {"text": "amounts are cents", "file": "backend/refund.py", "line": 1, "state": "open"}
        lead.agentboard("deny", open_item(lead, "assumption"), "--reason", "They are euros")
        until(lambda: lead.json("runs")[0]["assumptions"] and lead.json("runs")[0]["state"] == "review")
        assert "They are euros" in json.dumps(model.requests[-1]["messages"])
    (run,) = lead.json("runs")
    assert [(one["text"], one["state"]) for one in run["assumptions"]] == [("euros", "open")]
    lead.agentboard("approve", open_item(lead, "assumption"))
    (run,) = lead.json("runs")
    assert [(one["text"], one["state"]) for one in run["assumptions"]] == [("euros", "confirmed")]
    assert [item["kind"] for item in lead.json("inbox")] == ["review"]
    assert lead.git("diff", "--name-only", "main", run["branch"]) == "backend/refund.py"


def test_a_blocker_of_the_summary_waits_and_its_answer_goes_back(lead: Home) -> None:
    def script(request: int, said: int) -> Act:
        if said == 0:
            return {"blocks": [summary(completed=False, blockers=["which database?"])]}
        heard = json.dumps(model.requests[-1]["messages"][-1])
        done = {"blocks": [summary(completed=True)]}
        return done if "Postgres" in heard else {"blocks": [say()]}

    with Foreign(script=script) as model:
        lead.model_at(model.url)
        assert "which database" in work(lead, code=3)["reason"]
        lead.agentboard("answer", open_item(lead, "blocker"), "Postgres")
        until(lambda: any(one["claim"] == "completed: yes" for one in lead.json("runs")[0]["claims"]))
    senders = {message["sender"] for message in lead.json("messages")}
    assert senders == {"backend-worker", "review"}


REVIEWER = """---
name: code-reviewer
description: Reviews
tools: Read, Write
model: some-model
---

Review the work; write `/project/shared/code-reviewer-outcome.md`.

Shared artifacts directory: /project/shared/
"""


def outcome(text: str) -> Block:
    return use("Write", 5, file_path="/project/shared/code-reviewer-outcome.md", content=text)


def test_what_a_reviewer_rejects_is_not_accepted_silently(lead: Home) -> None:
    put(lead, {".claude/agents/code-reviewer.md": REVIEWER})
    verdicts = [
        outcome("# Outcome\n\nREJECTED\n\n- [critical] refunds may be negative\n"),
        outcome("APPROVED\n"),
    ]

    def script(request: int, said: int) -> Act:
        asked = json.dumps(model.requests[-1])
        if "Review the work;" in asked:
            return {
                "blocks": [verdicts[0] if "first look" in asked else verdicts[1]] if said == 0 else [say()]
            }
        if said == 0:
            return {"blocks": [use("Write", 1, file_path="refund.py", content="CENTS = 1\n")]}
        if "refunds may be negative" in json.dumps(model.requests[-1]["messages"][-1]):
            return {"blocks": [use("Write", 3, file_path="refund.py", content="CENTS = 2\n")]}
        return {"blocks": [summary(files_modified=["backend/refund.py"])] if said == 1 else [say()]}

    with Foreign(script=script) as model:
        lead.model_at(model.url)
        run = work(lead)["id"]
        lead.agentboard("run", "code-reviewer", "--prompt", "A first look at the work of backend-worker")
        item = open_item(lead, "verdict")
        refused = lead.agentboard("accept", run, code=1).stderr
        assert "code-reviewer rejects this" in refused
        assert item in refused
        lead.agentboard("answer", item, "retry")
        until(lambda: "CENTS = 2" in lead.agentboard("diff", run).stdout and state(lead, run) == "review")
        assert "verdict" not in {one["about"] for one in lead.json("inbox")}
        lead.agentboard("run", "code-reviewer", "--prompt", "A last look at the work of backend-worker")
        (approved,) = [
            one for one in of(lead, run)["claims"] if one["claim"].startswith("code-reviewer approves")
        ]
        assert approved["holds"]
        lead.agentboard("accept", run)


def of(home: Home, run: str) -> dict[str, Any]:
    return dict(next(one for one in home.json("runs") if one["id"] == run))


def state(home: Home, run: str) -> str:
    return str(of(home, run)["state"])
