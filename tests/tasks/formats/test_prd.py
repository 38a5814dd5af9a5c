"""PRDs: variants, the next story, what is wrong with dependencies, and edits of one member."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from agentboard_tasks.formats import prd, taskfile
from agentboard_tasks.formats.errors import FormatError, NoSuchTask
from agentboard_tasks.model import Prd, State

SEED_SHAPE = b"""{
  "featureName": "Refunds", "branchName": "feat/refunds", "overview": "Give money back", "agent": "backend",
  "dependencies": ["database"],
  "userStories": [
    {"id": 1, "title": "Schema", "priority": 2, "description": "d", "acceptanceCriteria": ["a"],
     "technicalNotes": ["n"], "passes": false},
    {"id": 2, "title": "Route", "priority": 1, "passes": false, "dependsOn": [1]},
    {"id": 3, "title": "Docs", "priority": 2e0, "passes": false}
  ]
}
"""


def of(*stories: Mapping[str, object]) -> Prd:
    return prd.parse(json.dumps({"stories": stories}).encode(), "prd.json")


def test_the_seed_shape() -> None:
    found = prd.parse(SEED_SHAPE, "tasks/backend_prd.json")
    assert (found.feature, found.branch, found.agent, found.needs, found.team) == (
        "Refunds",
        "feat/refunds",
        "backend",
        ("database",),
        "backend",
    )
    first = found.stories[0]
    assert (first.id, first.criteria, first.notes, first.source.line) == ("backend_prd:1", ("a",), ("n",), 5)
    assert found.problems == ()


def test_kin_and_array_roots() -> None:
    kin = {
        "id": "US-001",
        "title": "T",
        "acceptance": ["x"],
        "inProgress": True,
        "checkpoint": True,
        "passes": False,
    }
    story = of(kin).stories[0]
    assert (story.key, story.state, story.criteria, story.checkpoint) == (
        "US-001",
        State.IN_PROGRESS,
        ("x",),
        True,
    )
    bare = prd.parse(
        b'[{"description": "Do it", "steps": ["s"], "passes": true}]', "feature_list.json"
    ).stories[0]
    assert (bare.title, bare.state, bare.criteria) == ("Do it", State.DONE, ("s",))


def test_next_is_lowest_priority_number_then_file_order_with_dependencies_passed() -> None:
    found = prd.parse(SEED_SHAPE, "p.json")
    assert prd.next_story(found) == found.stories[0]
    assert prd.next_story(found, frozenset({"1"})) == found.stories[1]
    assert prd.next_story(found, frozenset({"1", "2", "3"})) is None


def test_dependency_faults_are_problems() -> None:
    found = of(
        {"id": 1, "passes": False, "dependsOn": [2]},
        {"id": 2, "passes": False, "dependsOn": [1]},
        {"id": 3, "passes": False, "dependsOn": [9, 1]},
    )
    text = " | ".join(problem.message for problem in found.problems)
    assert "story 3 depends on 9" in text
    assert "none of them is ever next: 1, 2" in text
    assert prd.next_story(found) is None


def test_duplicates_and_missing_passes_are_problems() -> None:
    data = b'{"stories": [{"id": 1, "title": "a"}, {"id": 1, "title": "b", "passes": true, "passes": false}]}'
    found = prd.parse(data, "p.json")
    text = " | ".join(problem.message for problem in found.problems)
    assert "the id 1 is used 2 times" in text
    assert "`passes` is given twice" in text
    assert "has no `passes`" in text
    assert len({story.key for story in found.stories}) == 2


@pytest.mark.parametrize("data", [b"{}", b"[]", b"[1]", b'{"tasks": []}', b'"x"', b'{"stories": {}}'])
def test_other_json_is_not_a_prd(data: bytes) -> None:
    with pytest.raises(prd.NotAPrd):
        prd.parse(data, "p.json")
    assert taskfile.parse(data, "p.json") is None


def test_broken_json_says_where() -> None:
    with pytest.raises(FormatError) as caught:
        prd.parse(b'{"stories": [\n  {"id": 1,}\n]}', "p.json")
    assert (caught.value.problem.line, caught.value.problem.column) == (2, 12)


def test_passes_changes_five_bytes() -> None:
    assert prd.set_passes(SEED_SHAPE, "3", True) == SEED_SHAPE.replace(
        b'2e0, "passes": false', b'2e0, "passes": true'
    )
    assert prd.set_passes(SEED_SHAPE, "3", False) == SEED_SHAPE


def test_a_missing_member_is_added_as_the_others_are_written() -> None:
    data = b'{"stories": [\r\n\t{\r\n\t\t"id" : 7\r\n\t}\r\n]}'
    assert (
        prd.set_passes(data, "7", True)
        == b'{"stories": [\r\n\t{\r\n\t\t"id" : 7,\r\n\t\t"passes" : true\r\n\t}\r\n]}'
    )


def test_a_value_keeps_its_own_type() -> None:
    data = b'{"stories": [{"id": 1, "passes": "false"}, {"id": 2, "passes": 0}]}'
    assert b'"passes": "true"' in prd.set_passes(data, "1", True)
    assert b'"passes": 1}' in prd.set_passes(data, "2", True)


def test_in_progress_only_where_the_file_uses_it() -> None:
    def edited(data: bytes, state: State) -> bytes:
        return taskfile.set_state(data, "p.json", "1", state, today="")

    assert edited(SEED_SHAPE, State.IN_PROGRESS) == SEED_SHAPE
    uses = b'{"stories": [{"id": 1, "passes": false, "inProgress": false}]}'
    assert b'"inProgress": true' in edited(uses, State.IN_PROGRESS)
    assert b'"passes": true, "inProgress": false' in edited(edited(uses, State.IN_PROGRESS), State.DONE)


def test_an_unknown_story() -> None:
    with pytest.raises(NoSuchTask):
        prd.set_passes(SEED_SHAPE, "99", True)


def test_a_list_of_ids_and_titles_is_one_of_stories_and_nothing_of_them_is_dropped() -> None:
    data = b'[{"id": "US-1", "title": "a", "notes": "n", "completionNotes": "c", "targetFiles": ["a.py"]}]'
    (story,) = prd.parse(data, "prd.json").stories
    assert (story.key, story.title, story.notes) == ("US-1", "a", ("n", "c", "a.py"))
    with pytest.raises(prd.NotAPrd):
        prd.parse(b'[{"name": "x"}, 3]', "prd.json")


@pytest.mark.parametrize("value", ["NaN", "-Infinity", "9" * 5_000])
def test_a_value_that_is_no_json_is_found(value: str) -> None:
    data = '{"stories": [\n {"title": "NaN \\" Infinity",\n  "priority": ' + value + "}]}"
    with pytest.raises(FormatError) as caught:
        prd.parse(data.encode(), "prd.json")
    assert (caught.value.problem.line, caught.value.problem.column) == (3, 15)


def test_utf_16_is_said_to_be_that() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        data = '\ufeff{"stories": []}'.encode(encoding)
        with pytest.raises(FormatError, match="UTF-16"):
            prd.parse(data, "prd.json")


def test_a_story_with_a_status_and_no_passes_gets_another_status() -> None:
    data = b'{"stories": [{"id": 1, "title": "a", "status": "To Do"},'
    data += b'{"id": 2, "title": "b", "status": "complete"}, {"id": 3, "status": "todo", "passes": false}]}'
    assert "passes" not in " ".join(one.message for one in prd.parse(data, "prd.json").problems)
    for state, word in ((State.DONE, b"complete"), (State.IN_PROGRESS, b"In Progress")):
        after = taskfile.set_state(data, "prd.json", "1", state, today="")
        assert after == data.replace(b"To Do", word)
        assert prd.parse(after, "prd.json").stories[0].state is state
    done = taskfile.set_state(data, "prd.json", "3", State.DONE, today="")
    assert done == data.replace(b'"passes": false', b'"passes": true')


def test_a_story_without_a_title_is_called_by_what_is_wanted() -> None:
    data = b'{"stories": [{"id": "US-1", "asA": "guest", "iWant": "to log in", "passes": false}]}'
    assert prd.parse(data, "prd.json").stories[0].title == "to log in"


def test_a_story_that_does_not_pass_is_what_its_status_says() -> None:
    found = of(
        {"id": 1, "passes": False, "status": "in_progress"},
        {"id": 2, "passes": False, "status": "Blocked: no key"},
        {"id": 3, "passes": False, "status": "cancelled"},
        {"id": 4, "passes": False, "status": "draft"},
    )
    states = [State.IN_PROGRESS, State.BLOCKED, State.SKIPPED, State.TODO]
    assert [story.state for story in found.stories] == states
    assert found.problems == ()
    assert [story.key for story in (prd.next_story(found),) if story] == ["1"]


def test_passes_and_another_member_that_deny_each_other_are_two_facts() -> None:
    found = of(
        {"id": 1, "passes": False, "status": "done"},
        {"id": 2, "passes": True, "status": "in progress"},
        {"id": 3, "passes": True, "blocked": True},
        {"id": 4, "passes": True, "status": "verified", "inProgress": False},
    )
    assert [story.state for story in found.stories] == [State.TODO, *[State.DONE] * 3]
    assert [problem.message for problem in found.problems] == [
        "`passes` of story 1 is false, the rest of it says done",
        "`passes` of story 2 is true, the rest of it says in_progress",
        "`passes` of story 3 is true, the rest of it says blocked",
    ]


STATES = (State.TODO, State.IN_PROGRESS, State.BLOCKED, State.DONE)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(
    "story",
    [
        b'{"id": 1, "passes": false, "blocked": true, "inProgress": false}',
        b'{"id": 1, "passes": true, "blocked": false, "in_progress": true}',
        b'{"id": 1, "passes": "false", "blocked": "true", "inProgress": 0}',
        b'{"id": 1, "passes": false, "status": "in-progress"}',
        b'{"id": 1, "passes": true, "status": "completed"}',
        b'{"id": 1, "passes": false, "status": "on hold"}',
    ],
)
def test_a_story_is_set_from_every_state_to_every_other(story: bytes, state: State) -> None:
    data = b'{"stories": [' + story + b"]}"
    after = taskfile.set_state(data, "prd.json", "1", state, today="")
    found = prd.parse(after, "prd.json")
    assert found.stories[0].state is state
    assert not [problem for problem in found.problems if "the rest of it" in problem.message]
    assert [len(json.loads(text)["stories"][0]) for text in (data, after)] == [len(json.loads(story))] * 2


def test_a_member_that_tells_why_a_story_is_blocked_is_no_flag() -> None:
    data = b'{"stories": [{"id": 1, "passes": false, "blocked": "no key yet"}]}'
    for state in STATES:
        assert b'"no key yet"' in taskfile.set_state(data, "prd.json", "1", state, today="")
