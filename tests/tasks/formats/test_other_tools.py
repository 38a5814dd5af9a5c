"""Files of other tools, read only; and the one door to every task file."""

from __future__ import annotations

import pytest

from agentboard_tasks.formats import beads, claudecode, fixplan, taskcard, taskfile, taskmaster
from agentboard_tasks.formats.errors import FormatError, NoSuchTask
from agentboard_tasks.model import Prd, State, TaskList

CARD = (
    b"---\r\ntask_id: T-1\r\nstatus: pending # now\r\npriority: high\r\n"
    b"assignee: '@ann'\r\ndepends_on: [T-0]\r\n---\r\n# Do\r\n"
)


def test_claude_code_tasks_and_inboxes() -> None:
    data = b'{"id": "3", "subject": "S", "status": "in_progress", "blockedBy": ["1"], "owner": "w"}'
    task = claudecode.parse_task(data, "t/3.json")
    assert (task.key, task.state, task.depends_on, task.agent, task.read_only) == (
        "3",
        State.IN_PROGRESS,
        ("1",),
        "w",
        True,
    )
    (letter,) = claudecode.parse_inbox(
        b'[{"from": "a", "text": "hi", "timestamp": "t", "read": true}, 3]', "i.json"
    )
    assert (letter.sender, letter.text, letter.read) == ("a", "hi", True)
    with pytest.raises(FormatError):
        claudecode.parse_inbox(b"{}", "i.json")


def test_usage_is_counted_once_per_message() -> None:
    line = b'{"message": {"id": "m", "usage": {"input_tokens": 3, "output_tokens": 2}}}'
    usage = claudecode.parse_usage([line, line, b'{"usage"', b"{}"])
    assert (usage.input, usage.output, usage.messages) == (3, 2, 1)


def test_task_master_with_tags_and_float_ids() -> None:
    data = b'{"m": {"tasks": [{"id": 1.0, "title": "A", "status": "deferred", "dependencies": [2.0],\n'
    data += b'"subtasks": [{"id": 1, "title": "s", "status": "done"},\n'
    data += b'{"id": 1.2, "title": "t", "status": "review"}]}]}}'
    parent, first, second = taskmaster.parse(data, "tasks.json").tasks
    assert (parent.key, parent.state, parent.depends_on) == ("1", State.SKIPPED, ("2",))
    assert [(one.key, one.parent) for one in (first, second)] == [("1.1", "1"), ("1.2", "1")]
    assert (first.state, second.state) == (State.DONE, State.IN_PROGRESS)


def test_beads_pass_over_a_torn_line() -> None:
    data = b'{"id": "b-1", "title": "T", "status": "open",'
    data += b'"dependencies": [{"depends_on_id": "b-2", "type": "blocks"}]}\n{"id'
    found = beads.parse(data, "issues.jsonl")
    assert [(task.key, task.depends_on) for task in found.tasks] == [("b-1", ("b-2",))]
    assert found.problems[0].line == 2


def test_an_epic_of_beads_is_what_its_issues_are_part_of_and_holds_none_up() -> None:
    data = b'{"id": "b-2", "title": "T", "status": "open", "dependencies": ['
    data += b'{"depends_on_id": "b-1", "type": "parent-child"}, {"depends_on_id": "b-3"},'
    data += b'{"depends_on_id": "b-4", "type": "discovered-from"}]}\n'
    (issue,) = beads.parse(data, "issues.jsonl").tasks
    assert (issue.parent, issue.depends_on) == ("b-1", ("b-3",))


PLAN = b"""# Fix plan, high priority
- Read this first

## High Priority
- [ ] Fix the parser
- Note: it is in src/parser

## Medium Priority
1. Speed up startup
2. **Cache** results
   - with a limit

## Low-level design
- two passes

## Completed
* Set the project up

## Future
<!--
- not yet
-->
- Themes
- Fix the parser

## Notes
- Focus on the MVP

### High
- keep it simple

## Workflow
- [ ] Ship
"""


def test_bullets_of_a_plan_with_boxes_count_under_headings_that_say_what_they_are() -> None:
    tasks = fixplan.parse(PLAN, "fix_plan.md").tasks
    assert [(task.title, task.state, task.priority, task.read_only) for task in tasks] == [
        ("Fix the parser", State.TODO, 1, False),
        ("Speed up startup", State.TODO, 2, True),
        ("**Cache** results", State.TODO, 2, True),
        ("Set the project up", State.DONE, None, True),
        ("Themes", State.TODO, None, True),
        ("Ship", State.TODO, None, False),
    ]
    assert [fixplan.OPTIONAL in task.tags for task in tasks] == [False, False, False, False, True, False]
    ticked = taskfile.set_state(PLAN, "fix_plan.md", tasks[0].key, State.DONE, today="2026-01-02")
    assert fixplan.parse(ticked, "fix_plan.md").tasks[0].state is State.DONE


def test_what_a_plan_without_boxes_notes_is_nothing_to_do() -> None:
    data = b"# Plan overview\r\n- a\r\n## Urgent\r\n- b\r\n## Key learnings:\r\n- c\r\n```\r\n- d\r\n```\r\n"
    tasks = fixplan.parse(data, "fix_plan.md").tasks
    assert [(task.title, task.priority, task.source.line) for task in tasks] == [("a", None, 2), ("b", 0, 4)]


def test_the_task_of_a_card_is_for_the_first_of_several_people() -> None:
    card = b"---\nid: T-1\nstatus: Done\nassignee:\n  - '@ann'\n  - bob\n---\n- [ ] a\n- [ ]\n"
    found = taskcard.parse(card, "t.md")
    assert found is not None
    assert (found.tasks[0].agent, found.tasks[0].criteria) == ("ann", ("a",))
    again = taskfile.set_state(card, "t.md", "T-1", State.TODO, today="")
    assert again == card.replace(b"status: Done", b"status: To Do")


def test_optional_items_of_a_plan_are_marked() -> None:
    tasks = fixplan.parse(
        b"# Plan\n## High Priority\n- [ ] a\n## Future ideas\n- [ ] b\n", "fix_plan.md"
    ).tasks
    assert [(task.priority, fixplan.OPTIONAL in task.tags) for task in tasks] == [(1, False), (None, True)]
    plain = fixplan.parse(b"## Todo\n- a\n## Done\n* b\n", "fix_plan.md").tasks
    assert [(task.title, task.state) for task in plain] == [("a", State.TODO), ("b", State.DONE)]


def test_the_door_knows_the_format() -> None:
    assert isinstance(taskfile.parse(b"- [ ] a\n", "a.md"), TaskList)
    assert isinstance(taskfile.parse(b'{"stories": []}', "a.json"), Prd)
    assert taskfile.parse(b"x = 1", "a.py") is None
    with pytest.raises(FormatError):
        taskfile.set_state(b"x", "a.py", "k", State.DONE, today="")


def test_a_card_is_one_task_and_its_status_is_patched_in_its_own_words() -> None:
    listed = taskfile.parse(CARD, "tasks/T-1.md")
    assert isinstance(listed, TaskList)
    (task,) = listed.tasks
    assert (task.key, task.title, task.state, task.priority, task.agent) == (
        "T-1",
        "Do",
        State.TODO,
        1,
        "ann",
    )
    assert task.depends_on == ("T-0",)
    after = taskfile.set_state(CARD, "tasks/T-1.md", "T-1", State.DONE, today="")
    assert after == CARD.replace(b"status: pending # now", b"status: completed # now")
    with pytest.raises(NoSuchTask):
        taskfile.set_state(CARD, "tasks/T-1.md", "T-9", State.DONE, today="")


def test_a_status_may_be_a_sentence() -> None:
    data = b"---\ntask_id: 1\nstatus: Blocked until the keys are there\n---\n"
    listed = taskfile.parse(data, "t.md")
    assert isinstance(listed, TaskList)
    assert listed.tasks[0].state is State.BLOCKED


@pytest.mark.parametrize(
    ("file", "head", "body", "count"),
    [
        ("todo.md", "title: Mine\nstatus: active\n", "- [ ] a\n- [ ] b\n", 2),
        ("be-tasks.md", "id: 1\nstatus: active\n", "- [ ] a\n- [ ] b\n", 2),
        ("plan.md", "title: Mine\nstatus: active\n", "## To Do\n- [ ] a\n## Done\n- [x] b\n", 2),
        ("plan.md", "title: Mine\nstatus: active\n", "## Steps\n- [ ] a\n- [ ] b\n", 1),
        ("be-tasks.md", "task_id: 1\nstatus: active\n", "- [ ] a\n- [ ] b\n", 1),
        ("todo.md", "title: Mine\nstatus: active\n", "no boxes\n", 1),
    ],
)
def test_a_list_with_front_matter_is_still_a_list(file: str, head: str, body: str, count: int) -> None:
    listed = taskfile.parse(f"---\n{head}---\n{body}".encode(), file)
    assert isinstance(listed, TaskList)
    assert len(listed.tasks) == count


@pytest.mark.parametrize(
    ("status", "after"),
    [
        (b'status: "pending"  # why\n', b'status: "completed"  # why\n'),
        (b"status:\t'to do'\t\n", b"status:\t'done'\t\n"),
        (b"status:\n", b"status: done\n"),
        (b"status: # none yet\n", b"status: done # none yet\n"),
        (b"status: >\n  In progress,\n  waiting\n", b"status: done\n"),
        (b"state: open\nStatus: Open\n", b"state: open\nStatus: Closed\n"),
        (b"x: y\n", b"x: y\nstatus: done\n"),
        (b"status: todo\nstatus: todo\n", b"status: todo\nstatus: done\n"),
        (b"status: todo\nStatus: To Do\n", b"status: done\nStatus: To Do\n"),
    ],
)
def test_a_card_gets_its_status_and_keeps_every_other_byte(status: bytes, after: bytes) -> None:
    card = b"---\ntask_id: T-1\n%s---\nStatus: not this\n"
    done = taskfile.set_state(card % status, "t.md", "T-1", State.DONE, today="")
    assert done == card % after
    listed = taskfile.parse(done, "t.md")
    assert isinstance(listed, TaskList)
    assert listed.tasks[0].state is State.DONE


def test_a_card_whose_front_matter_is_not_closed_is_left_alone() -> None:
    card = b"---\ntask_id: T-1\nstatus: todo\n"
    assert taskfile.set_state(card, "t.md", "T-1", State.DONE, today="") == card
