"""Reading a list again after a change gives what reading it afresh gives, and is quick where it is to be."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentboard_tasks.formats import checklist
from agentboard_tasks.formats.reparse import Reading, again, read
from agentboard_tasks.model import State
from tests.tasks.formats.generated import markdown, task_lists

FEW = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=(HealthCheck.too_slow,)
)
FILES = st.sampled_from(["a-tasks.md", "todo.md"])
STATES = st.sampled_from([State.DONE, State.TODO, State.IN_PROGRESS, State.BLOCKED, State.SKIPPED])


def agrees(before: Reading, new: bytes) -> Reading | None:
    """What is read again, if quickly, is what is read afresh."""
    after = again(before, new)
    assert after is None or after == read(new, before.value.file, before.value.agent)
    return after


@FEW
@given(st.one_of(markdown(), task_lists()), st.integers(0, 50), STATES, FILES)
def test_a_task_in_another_state_read_again(data: bytes, choice: int, state: State, file: str) -> None:
    before = read(data, file)
    if before.value.tasks:
        key = before.value.tasks[choice % len(before.value.tasks)].key
        agrees(before, checklist.set_state(data, file, key, state, today="2026-11-20"))


@FEW
@given(task_lists(), st.text("ab T1#", max_size=9), STATES, FILES)
def test_an_added_task_read_again(data: bytes, title: str, state: State, file: str) -> None:
    agrees(read(data, file), checklist.add(data, title, state, file=file))


@FEW
@given(markdown(), markdown())
def test_any_other_file_read_again(old: bytes, new: bytes) -> None:
    agrees(read(old, "t.md"), new)


@FEW
@given(markdown(), st.integers(0, 500), st.sampled_from([b"x", b"[", b"\n", b"`", b" ", b"<!--", b"#", b""]))
def test_one_byte_changed_and_read_again(data: bytes, at: int, piece: bytes) -> None:
    at %= len(data) + 1
    agrees(read(data, "t.md"), data[:at] + piece + data[at + 1 :])


LINES = [
    b"# Tasks",
    b"# Done",
    b"## To Do",
    b"## In Progress",
    b"## Completed",
    b"### Later",
    b"## Legend",
    b"Legend:",
    b"Conventions:",
    b"",
    b"",
    b"- [ ] T1 one",
    b"- [ ] T2 two",
    b"- [x] three",
    b"- [ ] three",
    b"- [x] four (completed: 2026-01-02)",
    b"* [~] five",
    b"  - [ ] nested",
    b"  a detail",
    b"Blocked: no",
    b"  Blocked: why",
    b"prose",
    b"===",
    b"---",
    b"- [~] = doing",
]


@pytest.mark.parametrize("seed", range(8))
def test_lines_that_come_go_and_move(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(400):
        lines = chance.choices(LINES, k=chance.randint(1, 14))
        data = b"\n".join([*lines, b""])
        before = read(data, chance.choice(["a-tasks.md", "t.md"]))
        for _ in range(chance.randint(1, 2)):
            at = chance.randrange(len(lines) + 1)
            match chance.randrange(3):
                case 0:
                    lines.insert(at, chance.choice(LINES))
                case 1 if at < len(lines):
                    del lines[at]
                case _:
                    lines[at:at] = [lines.pop()] if lines else []
        agrees(before, b"\n".join([*lines, b""]))


def long_list(done: int = 900) -> bytes:
    todo = [f"- [ ] {f'T{number:04} ' if number % 2 else ''}do thing {number}" for number in range(1_500)]
    over = [f"- [x] ready {number} (completed: 2026-01-02)" for number in range(done)]
    return "\n".join(
        ["# T", "", "## In Progress", "", "## To Do", *todo, "", "## Completed", *over, ""]
    ).encode()


@pytest.mark.parametrize("number", [0, 701, 1_499])
@pytest.mark.parametrize("state", [State.IN_PROGRESS, State.DONE])
def test_a_task_that_moves_far_is_read_again_quickly(number: int, state: State) -> None:
    before = read(long_list(), "be-tasks.md")
    key = before.value.tasks[number].key
    new = checklist.set_state(before.data, "be-tasks.md", key, state, today="2026-11-20")
    assert agrees(before, new) is not None


def test_ticks_and_added_lines_are_read_again_quickly() -> None:
    before = read(long_list(), "be-tasks.md")
    assert agrees(before, before.data.replace(b"- [ ] do thing 8\n", b"- [x] do thing 8\n")) is not None
    assert agrees(before, checklist.add(before.data, "one more", State.TODO)) is not None
    assert agrees(before, before.data.replace(b"- [x] ready 4 (completed: 2026-01-02)\n", b"")) is not None


def test_the_first_line_ticked_is_read_again_quickly() -> None:
    for mark in (b"", b"\xef\xbb\xbf"):
        before = read(mark + b"- [ ] one\n- [ ] two\n", "t.md")
        assert agrees(before, mark + b"- [x] one\n- [ ] two\n") is not None


def test_ids_that_are_used_twice_stay_a_problem_when_a_box_is_ticked() -> None:
    data = b"## To Do\n- [ ] T1 a\n- [ ] T1 b\n- [ ] T2 c\n\n## Completed\n"
    before = read(data, "a-tasks.md")
    for old in (b"- [ ] T1 b", b"- [ ] T2 c"):
        ticked = data.replace(old, old.replace(b"[ ]", b"[x]"))
        found = again(before, ticked)
        assert found is not None
        assert found.value == read(ticked, "a-tasks.md").value
        assert any("the id T1 is that of line 2" in problem.message for problem in found.value.problems)
