"""Workers killed at random moments in each way of working: nothing twice, nothing lost, every file true."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.conftest import is_worker
from tests.blackbox.foreign import Block, Foreign, say, use
from tests.blackbox.team_of_five import LAYOUTS, PRD, STEMS, Script, equip, playing, summary
from tests.blackbox.test_team_of_five import change_set, loops
from tests.support.shell import COMMAND, Home, until

FEEDBACK = "the module must also say OTHER"
ROUND, MOST_DEATHS = 90, 3
DAY = r"\d{4}-\d\d-\d\d"


def told(asked: dict[str, Any]) -> bool:
    """Whether the review's words have reached the conversation."""
    return FEEDBACK in json.dumps(asked["messages"])


def finished(asked: dict[str, Any]) -> list[Block]:
    """Return the tool calls of a conversation whose results are known: a death leaves some in doubt."""
    known: list[Block] = []
    called: list[Block] = []
    for message in asked["messages"]:
        parts: list[Block] = [part for part in message["content"] if isinstance(part, dict)]
        if message["role"] == "assistant":
            called = [part for part in parts if part["type"] == "tool_use"]
        results = [part for part in parts if part["type"] == "tool_result"]
        whole = [one for one in results if "interrupted: " not in json.dumps(one["content"])]
        known += [call for call in called for one in whole if one["tool_use_id"] == call["id"]]
    return known


def works(stem: str, *after: Block) -> Script:
    """Write a module, then go on; write it anew once the review has spoken; do what is in doubt again."""

    def script(asked: dict[str, Any], _said: int) -> list[Block]:
        texts = ["VALUE = 1\n"] + (["OTHER = 2\n"] if told(asked) else [])
        wanted = [use("Write", 1, file_path=f"{stem}.py", content=text) for text in texts]
        made = [call["input"] for call in finished(asked)]
        left = [call for call in (*wanted[:1], *after, *wanted[1:]) if call["input"] not in made]
        return left[:1] or [say("Done.")]

    return script


def changes(asked: dict[str, Any], _said: int) -> list[Block]:
    if not told(asked):
        return change_set("changer.py", "VALUE = 1\n")
    made = {"path": "changer.py", "action": "modify", "content": "OTHER = 2\n"}
    return [say(json.dumps({"files": [made], "explanation": "As the review says."}))]


def again(asked: dict[str, Any], said: int) -> list[Block]:
    if said == 0 and told(asked):
        return [use("Write", 1, file_path="two.py", content="OTHER = 2\n")]
    return loops(LAYOUTS["python"])(asked, said)


PLAN = [
    {"content": "T1 Write the lister module", "status": "completed"},
    {"content": "Read the rules", "status": "completed"},
]
SCRIPTS: dict[str, Script] = {
    "briefed": works("briefed", summary(files_modified=["briefed.py"])),
    "changer": changes,
    "looper": again,
    "asker": works("asker", use("SaveMemory", 3, topic="Modules", text="One value each.")),
    "lister": works("lister", use("TodoWrite", 4, todos=PLAN)),
}


class Deaths:
    """Kills the worker of a home at random moments, and counts."""

    def __init__(self, home: Home, dice: random.Random) -> None:
        self.home = home
        self.dice = dice
        self.count = 0

    def strike(self) -> None:
        """Kill the worker that is alive now, if there is one."""
        try:
            pid = self.home.worker_pid()
            if is_worker(pid):
                os.kill(pid, signal.SIGKILL)
                self.count += 1
        except (ProcessLookupError, IndexError, ValueError):
            return

    def during(self, *words: str) -> int:
        """Run a command, kill under it, and return its exit code."""
        command = [COMMAND, *words]
        process = subprocess.Popen(
            command, cwd=self.home.root, env=self.home.env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for _ in range(MOST_DEATHS):
            time.sleep(self.dice.uniform(0.05, 1.5))  # the moment of a death is what is tried here
            if process.poll() is not None:
                break
            self.strike()
        _, said = process.communicate(timeout=ROUND)
        assert b"Traceback" not in said, said
        return process.returncode


def one_run(place: Path, stem: str, dice: random.Random) -> int:
    """Let one agent work, be sent back, and work again, under fire; return how many workers died."""
    home = Home(place)
    equip(home)
    deaths = Deaths(home, dice)
    try:
        with playing(SCRIPTS) as model:
            home.model_at(model.url)
            assert deaths.during("run", stem) == 0, home.json("runs")
            check(home, stem, rounds=1)
            (run,) = home.json("runs")
            home.agentboard("reject", run["id"], "--reason", FEEDBACK)
            assert deaths.during("log", "-f", run["id"]) == 0, home.json("runs")
            until(lambda: home.json("runs")[0]["state"] == "review")
            check(home, stem, rounds=2)
            assert heard(model), "the review's words reached the model"
    finally:
        stop(home)
    return deaths.count


def heard(model: Foreign) -> bool:
    return any(told(asked) for asked in model.requests)


def stop(home: Home) -> None:
    for lock in home.state.glob("agentboard/*/worker.lock"):
        text = (lock.read_text().split() or [""])[0]
        if text.isdigit() and is_worker(int(text)):
            os.kill(int(text), signal.SIGKILL)


def check(home: Home, stem: str, rounds: int) -> None:
    """Each file is in its exact form, and each thing has happened once."""
    (run,) = home.json("runs")
    assert (run["state"], run["outcome"]) == ("review", "review"), run
    subjects = home.git("log", "--format=%s", f"main..{run['branch']}").splitlines()
    assert len(subjects) == (1 if stem != "looper" else 2) + rounds - 1, subjects
    name = "two.py" if stem == "looper" else f"{stem}.py"
    first = "VALUE = 2" if stem == "looper" else "VALUE = 1"
    assert home.git("show", f"{run['branch']}:{name}") == ("OTHER = 2" if rounds > 1 else first)
    (check_prd if stem == "looper" else check_list)(home, stem, rounds)
    if stem == "asker":
        (note,) = (home.root / ".claude/agents-memory/asker").iterdir()
        assert re.fullmatch(rf"{DAY}-modules\.md", note.name)
    if stem == "briefed":
        assert json.loads((home.root / "shared/briefed-summary.md").read_text().split("```")[1][4:])
    raised = [item["kind"] for item in home.json("inbox")]
    assert raised == ["review"], raised


def check_list(home: Home, stem: str, rounds: int) -> None:
    text = (home.root / f".claude/tasks/{stem}-tasks.md").read_text()
    head, _, completed = text.partition("## Completed\n")
    feedback = rf"\n  Feedback: {FEEDBACK}" if rounds > 1 else ""
    form = rf"- \[x\] T1 Write the {stem} module \(completed: {DAY}\){feedback}\n"
    form += rf"- \[x\] Read the rules \(completed: {DAY}\)\n" if stem == "lister" else ""
    assert re.fullmatch(form, completed), text
    assert "- [" not in head


def check_prd(home: Home, stem: str, rounds: int) -> None:
    prd = json.loads((home.root / f"tasks/{stem}_prd.json").read_text())
    assert prd == {**PRD, "userStories": [{**one, "passes": True} for one in PRD["userStories"]]}
    log = (home.root / f"tasks/{stem}_progress.txt").read_text()
    headings = re.findall(r"^## .*$", log, re.MULTILINE)
    assert headings == ["## Task #1: One", "## Task #2: Two", "## Task #2: Two"][: rounds + 1], log


QUICKLY = [(stem, 2) for stem in ("changer", "looper")]  # the team of five is killed together, elsewhere
FULLY = [pytest.param(stem, 50, marks=pytest.mark.soak) for stem in STEMS]


@pytest.mark.parametrize(("stem", "kills"), [*QUICKLY, *FULLY])
def test_a_killed_worker_costs_nothing(tmp_path: Path, stem: str, kills: int) -> None:
    seed = 11 if kills == 2 else random.randrange(1_000_000)
    print(f"seed {seed}")
    dice = random.Random(f"{seed} {stem}")
    died = number = 0
    while died < kills:
        number += 1
        died += one_run(tmp_path / str(number), stem, dice)
    print(f"{died} workers died in {number} runs")
