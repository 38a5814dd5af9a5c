"""Teams and sessions of Claude Code: those of this project are shown, read only; others are not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentboard_tasks.files import Root
from agentboard_tasks.layout import Layout
from agentboard_tasks.model import State
from agentboard_tasks.workspace import Workspace, load
from agentboard_tasks.workspace_claude import transcripts, usage_of

SESSION = "0f8fad5b-d9cb-469f-a165-70867728950e"
TASK = {"id": "1", "subject": "Dig", "description": "deep", "status": "in_progress", "owner": "mole"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "project").mkdir()
    return tmp_path / "home"


def put(home: Path, rel: str, value: object) -> None:
    place = home / ".claude" / rel
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(value if isinstance(value, str) else json.dumps(value))


def read(home: Path, before: Workspace | None = None) -> Workspace:
    return load(Root(str(home.parent / "project")), Layout(), before, str(home))


def test_tasks_of_a_team_are_tasks_in_order_and_read_only(home: Path) -> None:
    for number in (10, 9, 1):
        put(home, f"tasks/red/{number}.json", TASK | {"id": str(number), "blockedBy": ["1"]})
    put(home, "tasks/red/.lock", "")
    tasks = read(home).tasks
    assert [task.id for task in tasks] == ["red:1", "red:9", "red:10"]
    first = tasks[0]
    assert (first.title, first.state, first.agent, first.section) == (
        "Dig",
        State.IN_PROGRESS,
        "mole",
        "red",
    )
    assert first.read_only
    assert first.source.file == str(home / ".claude/tasks/red/1.json")


@pytest.mark.parametrize(
    ("members", "shown"),
    [
        ([{"name": "a", "cwd": "{project}/sub"}], True),
        ([{"name": "a", "cwd": "/elsewhere"}, {"name": "b", "cwd": "{project}"}], True),
        ([{"name": "a", "cwd": "/elsewhere"}], False),
        ([{"name": "a", "cwd": "{project}2"}], False),
        ([{"name": "a"}], True),
    ],
)
def test_a_team_is_shown_where_it_works(home: Path, members: list[dict[str, str]], shown: bool) -> None:
    project = str(home.parent / "project")
    put(home, "tasks/red/1.json", TASK)
    put(home, "teams/red/config.json", json.dumps({"members": members}).replace("{project}", project))
    assert bool(read(home).tasks) is shown


def test_a_session_is_shown_where_its_transcript_is(home: Path) -> None:
    put(home, f"tasks/{SESSION}/1.json", TASK)
    assert read(home).tasks == ()
    slug = "".join(letter if letter.isalnum() else "-" for letter in str(home.parent / "project"))
    put(home, f"projects/{slug}/{SESSION}.jsonl", "")
    assert [task.title for task in read(home).tasks] == ["Dig"]


def test_letters_are_kept_by_agent(home: Path) -> None:
    letter = {"from": "lead", "text": "hello", "timestamp": "2026-01-01T00:00:00Z", "read": True}
    put(home, "teams/red/inboxes/mole.json", [letter])
    (team,) = read(home).teams
    (inbox,) = team.inboxes
    assert (inbox.agent, inbox.team, inbox.letters[0].text) == ("mole", "red", "hello")


def test_a_broken_file_is_a_problem_and_hides_nothing_else(home: Path) -> None:
    put(home, "tasks/red/1.json", TASK)
    put(home, "tasks/red/2.json", '{"id": "2", "subj')
    put(home, "teams/red/inboxes/mole.json", "{}")
    found = read(home)
    assert [task.title for task in found.tasks] == ["Dig"]
    assert [problem.file.rpartition("/")[2] for problem in found.problems] == ["2.json", "mole.json"]


def test_a_second_reading_keeps_what_is_the_same_and_sees_what_is_not(home: Path) -> None:
    put(home, "tasks/red/1.json", TASK)
    put(home, "tasks/blue/1.json", TASK)
    before = read(home)
    put(home, "tasks/blue/1.json", TASK | {"status": "completed"})
    after = read(home, before)
    red, blue = (str(home / f".claude/tasks/{name}") for name in ("red", "blue"))
    assert after.files[red] is before.files[red]
    assert after.files[blue] is not before.files[blue]
    assert {task.id: task.state for task in after.tasks} == {
        "blue:1": State.DONE,
        "red:1": State.IN_PROGRESS,
    }


def test_usage_is_summed_over_transcripts_once_for_each_message(home: Path) -> None:
    slug = "".join(letter if letter.isalnum() else "-" for letter in str(home.parent / "project"))
    line = json.dumps({"message": {"id": "m1", "usage": {"input_tokens": 3, "output_tokens": 2}}})
    other = json.dumps({"message": {"id": "m2", "usage": {"input_tokens": 1, "cache_read_input_tokens": 7}}})
    put(home, f"projects/{slug}/a.jsonl", f"{line}\n{line}\nnot json\n")
    put(home, f"projects/{slug}/b.jsonl", f"{other}\n{other[:20]}")
    found = transcripts(str(home), str(home.parent / "project"))
    used = usage_of(str(home), found)
    assert (len(found), used.input, used.output, used.cache_read, used.messages) == (2, 4, 2, 7, 2)
