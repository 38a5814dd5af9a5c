"""A hierarchy of agents from the shell: memory, nested consultations, questions left for later."""

from __future__ import annotations

import json
from typing import Any

from tests.blackbox.foreign import Act, Block, Foreign, say, use
from tests.blackbox.test_brief_job import put
from tests.support.shell import Home, until

AGENT = """| name | description | tools | model |
|---|---|---|---|
| {name} | The {name} | Read, Agent | some-model |

You are {name}. Read `.claude/agents-shared/team-protocol.md` and `.claude/agents-memory/{name}/`.

## Hierarchy
- Lead: {lead}
- Tier: 2
"""
TEAM = {"one": "Chief", "two": "Chief", "three": "Chief", "four": "Chief", "chief": "none"}


def equip(home: Home) -> None:
    files = {f".claude/agents/{name}.md": AGENT.format(name=name, lead=lead) for name, lead in TEAM.items()}
    put(home, {**files, ".claude/agents-shared/team-protocol.md": "Be brief.\n"})


def asks(agent: str, question: str) -> Block:
    return use("Agent", 1, agent=agent, prompt=question)


def chain(request: dict[str, Any]) -> list[Block]:
    """Let each agent ask the next one, and answer when it has been answered."""
    system = json.dumps(request["system"])
    me = next(name for name in TEAM if f"You are {name}." in system)
    said = sum(message["role"] == "assistant" for message in request["messages"])
    after = {"one": "two", "two": "three", "three": "four", "four": "chief"}
    if said == 0 and me in after:
        return [asks(after[me], f"{me} wants to know")]
    if me == "one" and said == 1:
        return [
            use("SaveMemory", 1, topic="Refunds", text="Cents."),
            use("SaveMemory", 2, topic="Refunds", text="Not euros."),
        ]
    return [say(f"{me} has spoken.")]


def test_consultations_end_at_depth_three_and_what_is_left_waits_for_the_lead(home: Home) -> None:
    equip(home)

    def script(request: int, said: int) -> Act:
        return {"blocks": chain(model.requests[-1])}

    with Foreign(script=script) as model:
        home.model_at(model.url)
        home.agentboard("run", "one", "--prompt", "Ask around", "--budget", "5")
        home.agentboard("run", "chief", "--prompt", "What waits?")
        assert "four wants to know" in json.dumps(model.requests[-1]["messages"])
    chief, *nested, top = home.json("runs", "--all")
    assert [(run["agent"], run["state"]) for run in nested] == [
        (name, "accepted") for name in ("four", "three", "two")
    ]
    spent = {run["agent"]: run["tokens"]["input"] for run in (*nested, top)}
    assert spent == {"four": 20, "three": 40, "two": 60, "one": 90}, "what is below counts above"
    assert [run["id"] for run in home.json("runs")] == [chief["id"], top["id"]]
    (file,) = (home.root / ".claude/agents-shared/deferred").iterdir()
    assert "from: four\nto: chief\nlead: chief\n" in file.read_text()
    log = home.agentboard("log", top["id"]).stdout
    assert "asks two (depth 1)" in log
    assert ".claude/agents-shared/team-protocol.md" in log


def test_memory_tells_what_an_agent_knows_and_what_its_last_run_was_given(home: Home) -> None:
    equip(home)
    put(
        home,
        {
            ".claude/agent-memory/one/MEMORY.md": "Old.\n",
            ".claude/agents/one.md": AGENT.format(name="one", lead="Chief") + "Read `api/CLAUDE.md`.\n",
        },
    )
    notes = [use("SaveMemory", number, topic="The schema!", text=f"Note {number}.") for number in (1, 2)]
    with Foreign(notes, [say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "one", "--prompt", "Remember")
    found = home.json("memory", "one")
    kinds = [(one["kind"], one["file"].rpartition("/")[2], one["loaded"]) for one in found]
    day = found[1]["date"]
    assert kinds == [
        ("note", "MEMORY.md", True),
        ("note", f"{day}-the-schema-2.md", False),
        ("note", f"{day}-the-schema.md", False),
        ("protocol", "team-protocol.md", True),
        ("guide", "CLAUDE.md", False),
    ]
    assert [one["text"] for one in found[1:3]] == ["# The schema!\n\nNote 2.\n", "# The schema!\n\nNote 1.\n"]
    assert "missing" in home.agentboard("memory", "one").stdout
    assert "no agent" in home.agentboard("memory", "nobody", code=1).stderr


def test_what_a_person_says_to_a_concern_reaches_the_agent_that_goes_on(home: Home) -> None:
    equip(home)
    turns = [[use("FlagConcern", 1, concern="Refunds of refunds?")], *[[use("LS", 1, path=".")]] * 400]

    def script(request: int, said: int) -> Act:
        heard = "Leave them out" in json.dumps(model.requests[-1]["messages"])
        return {"blocks": [say()] if heard else turns[said]}

    with Foreign(script=script) as model:
        home.model_at(model.url)
        home.agentboard("dispatch", "one", "--prompt", "Refund", "--max-turns", "400")
        until(lambda: any(item["about"] == "concern" for item in home.json("inbox")))
        (item,) = [item for item in home.json("inbox") if item["about"] == "concern"]
        home.agentboard("answer", item["id"], "Leave them out")
        until(lambda: home.json("runs")[0]["state"] == "review")
        assert "About your concern" in json.dumps(model.requests[-1]["messages"])
