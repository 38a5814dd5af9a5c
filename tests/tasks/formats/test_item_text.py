"""What the text of an item, and the lines under it, say besides its title."""

from __future__ import annotations

import pytest

from agentboard_tasks.formats import checklist
from agentboard_tasks.formats.errors import FormatError
from agentboard_tasks.model import State


def test_an_id_joins_what_it_is_part_of() -> None:
    data = b"- [ ] US1-T1: one\n- [ ] US1-T2: two, deps: US1-T1\n- [ ] FEAT-01-02 three\n- [ ] UTF-8 4\n"
    found = checklist.parse(data, "t.md")
    assert [task.key for task in found.tasks] == ["US1-T1", "US1-T2", "FEAT-01-02", "UTF-8"]
    assert found.tasks[1].depends_on == ("US1-T1",)
    assert found.problems == ()


def test_an_id_has_parts() -> None:
    data = b"- [ ] T1. one\n- [ ] **T1.1**: two\n- [ ] T1.1.1 three\n- [ ] US2.4: four\n- [ ] AB012.5b five\n"
    found = checklist.parse(data, "t.md")
    assert [task.key for task in found.tasks] == ["T1", "T1.1", "T1.1.1", "US2.4", "AB012.5b"]
    assert [task.title for task in found.tasks] == ["one", "two", "three", "four", "five"]
    assert found.problems == ()


@pytest.mark.parametrize(
    "lines",
    [
        b"  - Acceptance criteria:\n    - a\n    - b\n  - Priority: High\n  - Notes of mine\n",
        b"  - **Acceptance Criteria:**\n  - a\n  - b\n  - Depends on: T2\n  - Notes of mine\n",
        b"  Acceptance criteria:\n  - a\n  - b\n\n  More:\n  - c\n",
        b"\t- Done when:\n\t\t- a\n\t\t- b\n\t- Estimate: 2h\n",
    ],
)
def test_criteria_end_where_what_announces_them_does(lines: bytes) -> None:
    (task,) = checklist.parse(b"- [ ] T1 x\n" + lines, "t.md").tasks
    assert task.criteria == ("a", "b")


def test_a_box_that_touches_its_text_stays_one() -> None:
    data = b"# T\n[~] in progress, [!] blocked\n\n- [x]Ship\n- [ ] T2\n"
    for state in (State.IN_PROGRESS, State.BLOCKED, State.SKIPPED, State.TODO):
        after = checklist.set_state(data, "t.md", checklist.parse(data, "t.md").tasks[0].key, state, today="")
        assert [(task.title, task.state) for task in checklist.parse(after, "t.md").tasks] == [
            ("Ship", state),
            ("T2", State.TODO),
        ]


def test_an_item_without_a_text_gets_no_date_and_keeps_its_key() -> None:
    data = b"## To Do\n- [ ]\n## Done\n- [x] a (completed: 2026-01-01)\n"
    (empty, _) = checklist.parse(data, "t.md").tasks
    after = checklist.set_state(data, "t.md", empty.key, State.DONE, today="2026-01-02")
    assert after == b"## To Do\n## Done\n- [x]\n- [x] a (completed: 2026-01-01)\n"
    assert checklist.parse(after, "t.md").tasks[0].key == empty.key


def test_a_numbered_bullet_above_a_rule_is_no_heading() -> None:
    data = b"## To Do\n- [ ] a\n## Done\n- [x] b\n\n1. plain\n---\n- [x] c\n"
    assert [task.section for task in checklist.parse(data, "t.md").tasks] == ["To Do", "Done", "Done"]


def test_an_item_never_moves_to_where_it_is_none() -> None:
    for under in (b"", b"\n- [~] = soon\n"):  # what stands in its place would count instead
        data = b"## To Do\n- [ ] a\n## Done\nLegend:\n" + under + b"## Notes\n"
        key = checklist.parse(data, "t.md").tasks[0].key
        with pytest.raises(FormatError, match="would not be read"):
            checklist.set_state(data, "t.md", key, State.DONE, today="2026-01-02")


def test_a_quoted_item_after_a_bom_holds_its_quoted_lines() -> None:
    data = b"\xef\xbb\xbf> - [ ] T1 a\n> more\n"
    after = checklist.set_state(data, "t.md", "T1", State.BLOCKED, today="", reason="no key")
    (task,) = checklist.parse(after, "t.md").tasks
    assert (task.state, task.reason) == (State.BLOCKED, "no key")


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ("**Depends on:** T1, T2", ("T1", "T2")),
        ("- **Dependencies**: T1 and T2", ("T1", "T2")),
        ("Depends on: Task 1, task 2.1", ("1", "2.1")),
        ("_Depends on: 1.1, 1.2_", ("1.1", "1.2")),
        ("- Dependencies: `T1`, `T2`; T3", ("T1", "T2", "T3")),
        ("- Depends on: T001 (the schema), US-2 (api), and #3", ("T001", "US-2", "#3")),
        ("- deps: [T1,T2]", ("T1", "T2")),
        ("- depends: T1 & T2 / T3", ("T1", "T2", "T3")),
        ("- Dependencies: None", ()),
        ("- Depends on the weather and T2", ()),
    ],
)
def test_what_comes_first_in_every_spelling(text: str, needs: tuple[str, ...]) -> None:
    (under,) = checklist.parse(f"- [ ] T9 x\n  {text}\n".encode(), "t.md").tasks
    assert under.depends_on == needs
    (within,) = checklist.parse(f"- [ ] T9 x ({text.removeprefix('- ')})\n".encode(), "t.md").tasks
    assert within.depends_on == needs


@pytest.mark.parametrize(
    ("text", "priority"),
    [("**Priority**: \U0001f534 High", 1), ("_Priority:_ P2", 2), ("low priority, high effort", None)],
)
def test_a_priority_behind_a_sign(text: str, priority: int | None) -> None:
    (task,) = checklist.parse(f"- [ ] T9 x ({text})\n".encode(), "t.md").tasks
    assert task.priority == priority
