"""What the text of an item, and the lines under it, say besides its title."""

from __future__ import annotations

import pytest

from agentboard_tasks.formats import checklist


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
