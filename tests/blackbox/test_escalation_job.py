"""Escalation by the agent and from the command line: a lead answers, a stronger model goes on."""

from __future__ import annotations

from typing import Any

from tests.blackbox.foreign import Foreign, say, use
from tests.support.projects import AGENT, TASKS
from tests.support.shell import Home, until

LEAD = "---\nname: Architecture Lead\ndescription: decides\ntools: Read\nmodel: haiku\n---\nYou decide.\n"
TEAM = {
    ".claude/agents/api-engineer.md": f"{AGENT}\nLead: Architecture Lead\n",
    ".claude/agents/architecture-lead.md": LEAD,
    ".claude/tasks/api-engineer-tasks.md": TASKS,
    "README.md": "hello\n",
}


def with_team(home: Home) -> None:
    """Add the lead to the project."""
    for name, text in TEAM.items():
        (home.root / name).write_text(text)


def test_the_lead_answers_and_then_a_stronger_model_goes_on(home: Home) -> None:
    with_team(home)

    def script(request: int, said: int) -> dict[str, Any]:
        if "You decide." in str(model.requests[request]["system"]):
            return {"blocks": [say("Take postgres.")]}
        acts = [
            use("Escalate", 1, to="lead", reason="Which database?"),
            use("Escalate", 1, to="model", reason="hard"),
        ]
        return {
            "blocks": [
                acts[said] if said < len(acts) else use("Write", 2, file_path="db.txt", content="pg\n")
            ]
            if said <= len(acts)
            else [say()]
        }

    with Foreign(script=script) as model:
        home.model_at(model.url)
        done = home.agentboard("run", "api-engineer", "--task", "T1")
        assert "answered: Take postgres." in done.stdout
        assert "goes on with opus: hard" in done.stdout
        results = str(model.requests[-1]["messages"])
        assert "Take postgres." in results
        asked = [(request["model"], "You decide." in str(request["system"])) for request in model.requests]
        assert asked == [
            ("sonnet", False),
            ("haiku", True),
            ("sonnet", False),
            ("opus", False),
            ("opus", False),
        ]
        (run,) = home.json("runs")
        leading = [one for one in home.json("runs", "--all") if one["parent"] == run["id"]]
        assert [(one["agent"], one["state"]) for one in leading] == [("Architecture Lead", "accepted")]
        assert run["tokens"]["input"] == 50, "the lead's tokens count for the run that asked"


def test_a_stronger_model_takes_over_what_is_in_review(home: Home) -> None:
    with Foreign([use("Write", 1, file_path="a.txt", content="a\n")], [say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1")
        (run,) = home.json("runs")
        before = len(model.requests)
        home.agentboard("escalate", run["id"], "--to", "model", "--reason", "not good enough")
        until(lambda: len(model.requests) > before and home.json("runs")[0]["state"] == "review")
        assert {request["model"] for request in model.requests[before:]} == {"opus"}
        assert "not good enough" in str(model.requests[-1]["messages"])
        assert [one["id"] for one in home.json("runs")] == [run["id"]], "the same run goes on"
