"""Reading a list again after a change gives what reading it afresh gives."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentboard_tasks.formats import checklist
from agentboard_tasks.formats.reparse import reparse
from agentboard_tasks.model import State
from tests.tasks.formats.generated import markdown, task_lists

FEW = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=(HealthCheck.too_slow,)
)


@FEW
@given(
    st.one_of(markdown(), task_lists()),
    st.integers(0, 50),
    st.booleans(),
    st.sampled_from(["a-tasks.md", "todo.md"]),
)
def test_a_ticked_box_read_again(data: bytes, choice: int, done: bool, file: str) -> None:
    before = checklist.parse(data, file)
    if not before.tasks:
        return
    key = before.tasks[choice % len(before.tasks)].key
    after = checklist.set_state(data, file, key, State.DONE if done else State.TODO, today="2026-11-20")
    assert reparse(before, data, after) == checklist.parse(after, file)


@FEW
@given(markdown(), markdown())
def test_any_other_file_read_again(old: bytes, new: bytes) -> None:
    assert reparse(checklist.parse(old, "t.md"), old, new) == checklist.parse(new, "t.md")


@FEW
@given(markdown(), st.integers(0, 500), st.sampled_from([b"x", b"[", b"\n", b"`", b" ", b"<!--", b"#", b""]))
def test_one_byte_changed_and_read_again(data: bytes, at: int, piece: bytes) -> None:
    at %= len(data) + 1
    new = data[:at] + piece + data[at + 1 :]
    assert reparse(checklist.parse(data, "t.md"), data, new) == checklist.parse(new, "t.md")
