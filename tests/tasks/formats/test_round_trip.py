"""After any edit the difference is the intended line or member, and nothing else, over generated files."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from agentboard_tasks.formats import checklist, prd, taskfile
from agentboard_tasks.model import State, Task, TaskList
from tests.tasks.formats.generated import markdown, prds, task_lists

BOM = b"\xef\xbb\xbf"
FILE = ".claude/tasks/backend-tasks.md"
PLAIN = "todo.md"
STATES = st.sampled_from([State.TODO, State.IN_PROGRESS, State.BLOCKED, State.DONE, State.SKIPPED])
UNHURRIED = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
FEW = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=UNHURRIED)
MANY = settings(max_examples=20_000, deadline=None, suppress_health_check=UNHURRIED, print_blob=True)


def bare_lines(data: bytes) -> Counter[bytes]:
    return Counter(line.rstrip(b"\r\n") for line in data.removeprefix(BOM).splitlines() if line.strip())


def unindented_lines(data: bytes) -> Counter[bytes]:
    """The lines without their indent: among items that are indented a moved item is indented too."""
    return Counter(line.lstrip() for line in bare_lines(data).elements())


def ends(data: bytes) -> Counter[bytes]:
    return Counter(line[len(line.rstrip(b"\r\n")) :] for line in data.splitlines(keepends=True))


def pick(data: bytes, file: str, choice: int) -> Task:
    tasks = checklist.parse(data, file).tasks
    assume(tasks)
    return tasks[choice % len(tasks)]


def check_edit(data: bytes, file: str, choice: int, state: State, *, exact: bool = False) -> None:
    """Every line but the task's own is kept; new ones are its head, a reason, a heading."""
    task = pick(data, file, choice)
    after = checklist.set_state(data, file, task.key, state, today="2026-11-20", reason="why")
    lines = bare_lines if exact else unindented_lines
    lost, gained = lines(data) - lines(after), lines(after) - lines(data)
    head = data.removeprefix(BOM).splitlines()[task.source.line - 1]
    head = head if exact else head.lstrip()
    for line in lost:
        assert line == head or b"locked:" in line
    extra = [line for line in gained if b"[" not in line and b"Blocked: why" not in line]
    assert len(extra) <= 1
    assert all(line.lstrip().startswith(b"#") for line in extra)
    assert sum(gained.values()) <= 3
    assert data[:3] != b"\xef\xbb\xbf" or after[:3] == b"\xef\xbb\xbf"
    ended = data[-1:] in (b"\n", b"\r")
    last = data.splitlines()[-1]
    if ended or after.splitlines()[-1].rstrip().startswith(last.rstrip()):  # it is still the last line
        assert (after[-1:] in (b"\n", b"\r")) == ended


def check_state(data: bytes, file: str, choice: int, state: State) -> None:
    """The file says the new state when it is read again, where its format can say it."""
    task = pick(data, file, choice)
    after = checklist.set_state(data, file, task.key, state, today="2026-11-20", reason="why")
    before_list, after_list = checklist.parse(data, file), checklist.parse(after, file)
    assert sorted(one.key for one in after_list.tasks) == sorted(one.key for one in before_list.tasks)
    twins = [one for one in before_list.tasks if one.key.startswith(f"{task.key}.")]
    if task.parent is None and not twins and "." not in task.key:
        found = next(one for one in after_list.tasks if one.key == task.key)
        begun = state is State.IN_PROGRESS and found.state is State.TODO  # the store keeps that it was begun
        assert found.state is state or begun


@FEW
@given(markdown(), st.integers(0, 50), STATES)
def test_an_edit_changes_the_task_alone(data: bytes, choice: int, state: State) -> None:
    check_edit(data, PLAIN, choice, state)


@FEW
@given(task_lists(), st.integers(0, 50), STATES)
def test_a_move_keeps_every_other_line(data: bytes, choice: int, state: State) -> None:
    check_edit(data, FILE, choice, state, exact=True)
    check_state(data, FILE, choice, state)


@pytest.mark.soak
@MANY
@given(st.one_of(markdown(), task_lists()), st.integers(0, 50), STATES, st.sampled_from([FILE, PLAIN]))
def test_an_edit_changes_the_task_alone_in_many_cases(
    data: bytes, choice: int, state: State, file: str
) -> None:
    check_edit(data, file, choice, state)


@FEW
@given(markdown(), st.integers(0, 50))
def test_a_state_that_the_task_has_changes_nothing(data: bytes, choice: int) -> None:
    task = pick(data, PLAIN, choice)
    assume(task.state is not State.OTHER and task.contradiction is None)
    assert checklist.set_state(data, PLAIN, task.key, task.state, today="2026-11-20") == data


@FEW
@given(task_lists(), st.integers(0, 50))
def test_blocked_and_back_is_the_same_file(data: bytes, choice: int) -> None:
    task = pick(data, FILE, choice)
    assume(task.state in (State.TODO, State.IN_PROGRESS) and task.contradiction is None)
    assume(b"## Blocked" not in data and task.completed is None)
    blocked = checklist.set_state(data, FILE, task.key, State.BLOCKED, today="", reason="why")
    assert checklist.set_state(blocked, FILE, task.key, task.state, today="") == data


@FEW
@given(st.one_of(markdown(), task_lists()), st.text(max_size=20))
def test_an_added_item_is_one_more_line(data: bytes, title: str) -> None:
    after = checklist.add(data, title)
    assume(data.strip())
    assert not bare_lines(data) - bare_lines(after)
    assert sum((bare_lines(after) - bare_lines(data)).values()) == 1


def shared(one: bytes, other: bytes) -> int:
    """How many bytes at the start are the same."""
    pairs = zip(one, other, strict=False)
    return next((count for count, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def expected_passes(data: bytes, key: str, value: bool) -> Any:
    root = json.loads(data.decode("utf-8-sig"))
    for story in root.get("userStories", root.get("stories")):
        if str(story["id"]) == key:
            story["passes"] = value
    return root


@FEW
@given(prds(), st.integers(0, 9), st.booleans())
def test_passes_changes_one_member(data: bytes, choice: int, value: bool) -> None:
    stories = prd.parse(data, "prd.json").stories
    key = stories[choice % len(stories)].key
    after = prd.set_passes(data, key, value)
    assert json.loads(after.decode("utf-8-sig")) == expected_passes(data, key, value)
    assert len(after) - len(data) in (-1, 0, 1) or b'"passes"' in after
    prefix, suffix = shared(data, after), shared(data[::-1], after[::-1])
    assert max(0, len(data) - prefix - suffix) <= len(b"false")


@FEW
@given(prds(), st.integers(0, 9), STATES)
def test_a_prd_edit_through_the_one_door_stays_a_prd(data: bytes, choice: int, state: State) -> None:
    stories = prd.parse(data, "prd.json").stories
    key = stories[choice % len(stories)].key
    after = taskfile.set_state(data, "prd.json", key, state, today="")
    found = next(one for one in prd.parse(after, "prd.json").stories if one.key == key)
    assert (found.state is State.DONE) == (state is State.DONE)


STATUSES = st.sampled_from(
    [
        b"pending",
        b"in-progress",
        b"'done'",
        b'"To Do"',
        b"Blocked until Monday",
        b"cancelled # why",
        b"odd",
        b"",
    ]
)
KEYS = st.lists(
    st.sampled_from([b"priority: high", b"assignee: '@ann'", b"notes: caf\xff", b"tags: [a, b]", b"x: y"]),
    max_size=4,
    unique=True,
)


@st.composite
def cards(draw: st.DrawFn) -> bytes:
    """A file that is one task, with any line ends."""
    fields = [b"task_id: T-1", b"status: " + draw(STATUSES), *draw(KEYS)]
    lines = [b"---", *draw(st.permutations(fields)), b"---", b"# Card", b"- [ ] step \xff", b"status: not me"]
    end = draw(st.sampled_from([b"\n", b"\r\n"]))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + end.join(lines) + draw(st.sampled_from([b"", end]))


def check_card(data: bytes, state: State) -> None:
    """One line differs, and it is the status."""
    after = taskfile.set_state(data, "t.md", "T-1", state, today="2026-11-20")
    before_lines, after_lines = data.splitlines(keepends=True), after.splitlines(keepends=True)
    changed = [(one, two) for one, two in zip(before_lines, after_lines, strict=True) if one != two]
    assert len(changed) <= 1
    assert all(two.startswith(b"status: ") and ends(one) == ends(two) for one, two in changed)
    listed = taskfile.parse(after, "t.md")
    assert isinstance(listed, TaskList)
    assert [task.state for task in listed.tasks] == [state]


@FEW
@given(cards(), STATES)
def test_a_card_changes_its_status_alone(data: bytes, state: State) -> None:
    check_card(data, state)


@pytest.mark.soak
@MANY
@given(cards(), STATES)
def test_a_card_changes_its_status_alone_in_many_cases(data: bytes, state: State) -> None:
    check_card(data, state)


@pytest.mark.soak
@MANY
@given(prds(), st.integers(0, 9), st.booleans())
def test_passes_changes_one_member_in_many_cases(data: bytes, choice: int, value: bool) -> None:
    stories = prd.parse(data, "prd.json").stories
    key = stories[choice % len(stories)].key
    after = prd.set_passes(data, key, value)
    assert json.loads(after.decode("utf-8-sig")) == expected_passes(data, key, value)
    prefix, suffix = shared(data, after), shared(data[::-1], after[::-1])
    assert max(0, len(data) - prefix - suffix) <= len(b"false")
