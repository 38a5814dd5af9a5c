"""A team of five, one agent of each way of working, at the same time on one repository: honest, and lying."""

from __future__ import annotations

import json
import random
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.foreign import Block, Foreign, say, use
from tests.blackbox.team_of_five import LAYOUTS, PRD, STEMS, Layout, Script, equip, playing, run_all, summary
from tests.blackbox.test_contract_traces import kill
from tests.support.shell import Home, until

PYTHON = LAYOUTS["python"]
SHARED = (".claude/", "tasks/", "shared/")
REPORT = "Learnings:\n- numbers are easy\n\nAcceptance criteria:\n- {}: seen in {}"


def writes(stem: str, *after: list[Block], layout: Layout = PYTHON) -> Script:
    """Write the agent's module, then go on; what comes last is said again and again."""
    path, content = layout.path(stem), layout.module.format(1)
    turns = [[use("Write", 1, file_path=path, content=content)], *after]
    return lambda _asked, said: turns[min(said, len(turns) - 1)]


def change_set(path: str, content: str, explanation: str = "As asked.") -> list[Block]:
    changes = {"files": [{"path": path, "action": "create", "content": content}], "explanation": explanation}
    return [say(json.dumps(changes))]


def story(asked: dict[str, Any]) -> str:
    """Return which story a fresh iteration is about."""
    return "1" if "1: One" in json.dumps(asked["messages"][0]).partition("Your story:")[2] else "2"


def loops(layout: Layout) -> Script:
    """Write the module of the story, then say what was learned."""

    def play(asked: dict[str, Any], said: int) -> list[Block]:
        number = story(asked)
        path = layout.path({"1": "one", "2": "two"}[number])
        if said == 0:
            return [use("Write", 1, file_path=path, content=layout.module.format(number))]
        return [say(REPORT.format({"1": "ONE is 1", "2": "TWO is 2"}[number], path))]

    return play


def honest(layout: Layout = PYTHON) -> dict[str, Script]:
    """Let each agent do what it was asked, and tell it as it was."""
    changed = change_set(layout.path("changer"), layout.module.format(1))
    return {
        "briefed": writes(
            "briefed", [summary(files_modified=[layout.path("briefed")])], [say()], layout=layout
        ),
        "changer": lambda _asked, _said: changed,
        "looper": loops(layout),
        "asker": writes(
            "asker",
            [use("Agent", 2, agent="changer", prompt="Which value?")],
            [use("SaveMemory", 3, topic="Modules", text="One value each.")],
            [say()],
            layout=layout,
        ),
        "lister": writes("lister", [say("The module is there. All tests pass.")], layout=layout),
    }


def files_of(root: Path) -> dict[str, bytes]:
    """Return everything in the project but git's own."""
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


def claims(home: Home) -> dict[str, dict[str, tuple[str, bool]]]:
    """Return the claims of each agent's newest run."""
    return {
        run["agent"]: {one["claim"]: (one["fact"], one["holds"]) for one in run["claims"]}
        for run in reversed(home.json("runs"))
    }


@pytest.mark.parametrize(
    "name", ["python", *(pytest.param(name, marks=pytest.mark.soak) for name in ("node", "go", "typescript"))]
)
def test_an_honest_team_leaves_every_file_in_its_form_and_a_second_run_changes_nothing(
    home: Home, name: str
) -> None:
    layout = LAYOUTS[name]
    equip(home, layout)
    base = home.git("rev-parse", "main")
    with playing(honest(layout)) as model:
        home.model_at(model.url)
        assert run_all(home) == dict.fromkeys(STEMS, 0)
        check_files(home, layout)
        runs, calls, files = home.json("runs"), len(model.requests), files_of(home.root)
        assert len(runs) == len(STEMS)
        for run in runs:
            assert {gate["state"] for gate in run["gates"]} == {"passed"}, run
            assert {gate["name"] for gate in run["gates"]} >= layout.gates
        assert all(one["holds"] for run in runs for one in run["claims"]), claims(home)
        assert {item["kind"] for item in home.json("inbox")} == {"review"}
        assert run_all(home) == dict.fromkeys(STEMS, 0)
        assert home.json("runs") == runs, "nothing is left to do"
        assert len(model.requests) == calls
    assert files_of(home.root) == files
    for run in runs:
        home.agentboard("accept", run["id"])
    made = sorted(layout.path(name) for name in ("asker", "briefed", "changer", "lister", "one", "two"))
    changed = home.git("diff", "--name-only", base, "main").splitlines()
    assert [path for path in changed if path in made] == made
    assert all(path in made or path.startswith(SHARED) for path in changed), changed
    assert home.git("status", "--porcelain", "--untracked-files=no", "--", *made) == ""


def check_files(home: Home, layout: Layout = PYTHON) -> None:
    """Every file that a way of working keeps is in its exact form."""
    day = r"\d{4}-\d\d-\d\d"
    for stem in ("briefed", "changer", "asker", "lister"):
        text = (home.root / f".claude/tasks/{stem}-tasks.md").read_text()
        head, _, completed = text.partition("## Completed\n")
        assert re.fullmatch(rf"- \[x\] T1 Write the {stem} module \(completed: {day}\)\n", completed), text
        assert "- [" not in head
    prd = json.loads((home.root / "tasks/looper_prd.json").read_text())
    assert prd == {**PRD, "userStories": [{**one, "passes": True} for one in PRD["userStories"]]}
    entry = r"## Task #{0}: {1}\nCompleted: \S+\n\nLearnings:\n- numbers are easy\n\nFiles modified:\n- {2}\n"
    log = (home.root / "tasks/looper_progress.txt").read_text()
    assert re.search(
        entry.format(1, "One", layout.path("one"))
        + r"\n?"
        + entry.format(2, "Two", layout.path("two"))
        + r"\Z",
        log,
    ), log
    subjects = home.git("log", "--format=%s", "main..feature/numbers").splitlines()
    assert subjects == ["[looper] Task #2: Two", "[looper] Task #1: One"]
    assert json.loads(
        (home.root / "shared/briefed-summary.md").read_text().split("```json")[1].split("```")[0]
    )
    (note,) = (home.root / ".claude/agents-memory/asker").iterdir()
    assert re.fullmatch(rf"{day}-modules\.md", note.name)


BREAKS = [use("Write", 3, file_path="app.py", content="VALUE = 2\n")]
GHOSTS = ["briefed.py", "never/touched.py"]
CHEAT = {"old_string": '"passes": false', "new_string": '"passes": true', "replace_all": True}
LIES: dict[str, Script] = {
    "briefed": writes(
        "briefed",
        BREAKS,
        [summary(files_modified=GHOSTS, completed="Everything is done and all tests pass")],
        [say("All 12 tests pass. Committed as 0123abc.")],
    ),
    "changer": lambda _asked, said: change_set(
        "changer.py" if said else "test_more.py",
        "VALUE = 1\n" if said else "import nowhere\n",
        "All tests pass.",
    ),
    "looper": lambda asked, said: (
        [use("Edit", 1, file_path="tasks/looper_prd.json", **CHEAT)]
        if said == 0
        else [say("All criteria are met.")]
    ),
    "asker": lambda _asked, _said: [say("I wrote the module and pushed it. Tests are green.")],
    "lister": writes("lister", BREAKS, [say("Done, 5 passed.")]),
}


def test_every_lie_is_caught_and_shown(home: Home) -> None:
    equip(home)
    with playing(LIES) as model:
        home.model_at(model.url)
        codes = run_all(home)
    assert {stem: codes[stem] for stem in ("briefed", "lister", "asker")} == {
        "briefed": 4,
        "lister": 4,
        "asker": 0,
    }
    said = claims(home)
    assert false_ones(said["briefed"]) == {
        "files_modified: never/touched.py": "not in the diff",
        "files_modified without app.py": "changed, and not named",
        "blockers: none": "the checks do not pass",
        "completed: Everything is done and all tests pass": "the checks do not pass",
        "says: All 12 tests pass": "unittest",
        "says: Committed as 0123abc": "an agent commits nothing here",
    }
    assert false_ones(said["lister"]) == {"says: Done, 5 passed": "unittest"}
    assert false_ones(said["asker"]) == {
        "the task is done": "the agent changed nothing",
        "says: I wrote the module and pushed it": "an agent commits nothing here",
    }
    assert not said["looper"]["#1 passes"][1]
    states = {task["id"]: task["state"] for task in home.json("tasks")}
    assert states["briefed-tasks:T1"] == states["lister-tasks:T1"] == states["asker-tasks:T1"] == "blocked"
    texts = {item["agent"]: item["text"] for item in home.json("inbox") if item["kind"] == "review"}
    assert "6 claims do not hold" in texts["briefed"]
    assert home.git("log", "--format=%s", "main").count("\n") == 1, "nobody has committed to main"
    check_looper(home)
    check_second_run(home, model)


def false_ones(said: dict[str, tuple[str, bool]]) -> dict[str, str]:
    """Return the claims that do not hold, with the beginning of the fact."""
    known: tuple[str, ...] = (
        "not in the diff",
        "changed, and not named",
        "the checks do not pass",
        "unittest",
    )
    known += ("an agent commits nothing here", "the agent changed nothing")
    return {
        claim: next((words for words in known if fact.startswith(words)), fact)
        for claim, (fact, holds) in said.items()
        if not holds
    }


def check_looper(home: Home) -> None:
    """Who set `passes` by itself, and had no evidence, is not believed."""
    run = next(run for run in home.json("runs") if run["agent"] == "looper")
    assert all(one["state"] != "proved" for one in run["criteria"]), run["criteria"]


def check_second_run(home: Home, model: Foreign) -> None:
    """What is blocked waits for a person: running it all again does nothing by itself."""
    runs, files = len(home.json("runs")), files_of(home.root)
    run_all(home, ("briefed", "lister", "asker"))
    assert len(home.json("runs")) == runs
    assert files_of(home.root) == files


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.soak)])
def test_a_worker_that_is_killed_again_and_again_does_nothing_twice(home: Home, kills: int) -> None:
    seed = 7 if kills == 3 else random.randrange(1_000_000)
    print(f"seed {seed}")
    dice = random.Random(seed)
    equip(home)
    with playing(honest()) as model:
        home.model_at(model.url)

        def deaths() -> None:
            until(lambda: model.requests)
            for _ in range(kills):
                time.sleep(dice.uniform(0.1, 1.2))  # the moment of a death is what is tried here
                kill(home)

        assert run_all(home, meanwhile=deaths) == dict.fromkeys(STEMS, 0)
    check_files(home)
    runs = home.json("runs")
    assert len(runs) == len(STEMS)
    for run in runs:
        subjects = home.git("log", "--format=%s", f"main..{run['branch']}").splitlines()
        assert len(subjects) == (2 if run["agent"] == "looper" else 1), subjects
    assert [message["agent"] for message in home.json("messages")] == ["Team Lead"], "told once"
    assert len(home.json("runs", "--all")) == len(STEMS) + 1, "one consultation"
    assert {item["kind"] for item in home.json("inbox")} == {"review"}
