"""Hostile names, titles, model texts and tool outputs are shown, never obeyed; clicks only select."""

from __future__ import annotations

import json

import pytest

from tests.blackbox.hostile import PAYLOADS, foreign, hostile
from tests.support.modelserver import ModelServer, call, calls, say
from tests.support.shell import Home
from tests.support.terminal import Screen

WALK = (
    ("2", "T1"),
    ("3", "INBOX"),
    ("1", "TASKS"),
)


def poison(home: Home) -> None:
    """Put every payload wherever a file of the project is shown: one agent, task, story and file each."""
    agents, tasks, shared = home.root / ".claude/agents", home.root / ".claude/tasks", home.root / "shared"
    shared.mkdir()
    (home.root / "tasks").mkdir()
    stories: list[dict[str, object]] = []
    for number, (name, payload) in enumerate(PAYLOADS.items()):
        quoted = json.dumps(f"{name} {payload}")
        file_name = (name + payload).replace("/", "_")
        front = f"---\nname: {quoted}\ndescription: {quoted}\nmodel: {quoted}\n---\nBe {payload}\n"
        (agents / f"{file_name}.md").write_text(front)
        (shared / f"{file_name}.json").write_text("{}")
        stories.append({"id": f"S{number}", "title": f"{name} {payload}", "passes": False, "priority": 1})
    lines = [f"- [ ] H{number} {payload}\n" for number, payload in enumerate(PAYLOADS.values())]
    (tasks / "api-engineer-tasks.md").write_text("## To Do\n- [ ] T1 Greet\n" + "".join(lines))
    prd = {"project": hostile(), "branchName": "main", "userStories": stories}
    (home.root / "tasks/evil_prd.json").write_text(json.dumps(prd))
    log = f"## 2026-01-01 {hostile()}\nStory: S1 {hostile()}\n- learnt {hostile()}\n---\n"
    (home.root / "tasks/evil_progress.txt").write_text(log)
    (home.root / ".git/HEAD").write_text("ref: refs/heads/" + hostile() + "\n")


def walk(screen: Screen) -> None:
    """Look at everything."""
    screen.wait_for("T1 Greet")
    for key, shown in WALK:
        screen.press(key)
        screen.wait_for(shown)
        screen.settle(0.15, 3)
    for keys in (
        ["j"],
        ["j"],
        ["j"],
        ["space"],
        ["tab"],
        ["j"],
        ["enter"],
        ["esc"],
        ["tab"],
        ["enter"],
        ["esc"],
        ["tab"],
        ["j"],
        ["esc"],
        ["?"],
        ["esc"],
        [":"],
        ["esc"],
        ["d"],
        ["down", "right"],
        ["esc"],
    ):
        screen.press(*keys)
        screen.settle(0.12, 2)


@pytest.mark.parametrize("size", [(120, 40), (60, 20)])
def test_hostile_files_are_shown_and_not_obeyed(home: Home, size: tuple[int, int]) -> None:
    poison(home)
    with home.board(*size) as screen:
        if size[0] >= 120:
            walk(screen)
        else:
            screen.wait_for("T1 Greet")
            screen.press("tab")
            screen.settle()
        assert screen.process.poll() is None
        assert "␛" in screen.text()
        assert foreign(screen.raw) == []
        screen.press("q")
        assert screen.ended() == 0


def test_hostile_models_and_tools_are_shown_and_not_obeyed(home: Home) -> None:
    text = hostile()
    (home.root / "evil.txt").write_text(text)
    with ModelServer(
        calls(("Read", {"file_path": "evil.txt"}), ("Bash", {"command": "cat evil.txt"}), text=text),
        call("Write", file_path=f"made {text}".replace("/", "_")[:60], content=text),
        call("TodoWrite", todos=[{"content": text, "status": "in_progress", "activeForm": text}]),
        call("NoSuchTool" + text.replace(" ", ""), x=text),
        call("AskUserQuestion", question=f"Shall we {text}", options=[text, "no"]),
        say(text),
    ) as server:
        home.model_at(server.url)
        with home.board() as screen:
            screen.wait_for("T1 Greet")
            screen.press("j", "d")
            screen.wait_for("ready: checklist")
            screen.press("enter")
            screen.wait_for("● question api-engineer", 30)
            for key in ("3", "1", "enter", "esc", "a"):
                screen.press(key)
                screen.settle(0.2, 3)
            assert "EVILCLICK" in screen.text()
            screen.settle(0.5)
            screen.press("2")
            screen.wait_for("review", 30)
            screen.press("enter")
            screen.settle()
            assert foreign(screen.raw) == []
            screen.press("esc")
            screen.settle()
            screen.press("q")
            assert screen.ended() == 0


def test_clicks_on_every_cell_of_hostile_text_do_nothing_but_select(home: Home) -> None:
    poison(home)
    before = {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}
    with home.board(100, 30) as screen:
        screen.wait_for("T1 Greet")
        screen.settle()
        for row in range(30):
            for column in range(row % 3, 100, 3):
                screen.click(column, row)
            screen.settle(0.05, 2)
            screen.press("esc")
            screen.settle(0.05, 2)
        assert screen.process.poll() is None
        assert foreign(screen.raw) == []
        screen.wait_for("agentboard")
    assert {path: path.read_bytes() for path in home.root.rglob("*") if path.is_file()} == before
    assert home.json("runs") == []
