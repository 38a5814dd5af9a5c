"""Task lists: states from sections, boxes and legends; keys; patches in the file's own style."""

from __future__ import annotations

import pytest

from agentboard_tasks.formats import checklist
from agentboard_tasks.formats.errors import FormatError, NoSuchTask
from agentboard_tasks.model import Contradiction, State, Task

FILE = ".claude/tasks/api-engineer-tasks.md"
SECTIONS = b"""# Api Engineer Tasks

## In Progress
- [ ] Write the login endpoint
  - [ ] check the password

## To Do
- [ ] Write the logout endpoint
- [ ] Write the docs

## Completed
- [x] Lay out the project (completed: 2026-01-02)
"""


def tasks(data: bytes, file: str = "todo.md") -> dict[str, Task]:
    return {task.title: task for task in checklist.parse(data, file).tasks}


def states(data: bytes, file: str = "todo.md") -> dict[str, State]:
    return {title: task.state for title, task in tasks(data, file).items()}


def set_by_title(data: bytes, title: str, state: State, file: str = FILE, reason: str | None = None) -> str:
    key = tasks(data, file)[title].key
    return checklist.set_state(data, file, key, state, today="2026-11-20", reason=reason).decode()


def test_sections_are_the_states() -> None:
    listed = checklist.parse(SECTIONS, FILE)
    assert listed.sections
    assert listed.agent == "api-engineer"
    assert listed.title == "Api Engineer Tasks"
    assert states(SECTIONS, FILE) == {
        "Write the login endpoint": State.IN_PROGRESS,
        "check the password": State.TODO,
        "Write the logout endpoint": State.TODO,
        "Write the docs": State.TODO,
        "Lay out the project": State.DONE,
    }
    assert tasks(SECTIONS, FILE)["Lay out the project"].completed == "2026-01-02"


def test_done_moves_the_item_with_its_block_to_the_top_and_dates_it() -> None:
    after = set_by_title(SECTIONS, "Write the login endpoint", State.DONE)
    moved = "- [x] Write the login endpoint (completed: 2026-11-20)\n  - [ ] check the password\n"
    done = f"## Completed\n{moved}- [x] Lay out"
    assert done in after
    back = set_by_title(after.encode(), "Write the login endpoint", State.IN_PROGRESS)
    assert back.encode() == SECTIONS


def test_the_date_is_written_as_the_file_writes_it() -> None:
    data = SECTIONS.replace(b"(completed: 2026-01-02)", b"\xe2\x9c\x85 2026-01-02")
    assert "Write the docs ✅ 2026-11-20" in set_by_title(data, "Write the docs", State.DONE)


def test_a_missing_section_is_made_where_it_belongs() -> None:
    data = b"# T\n\n## To Do\n- [ ] a\n- [ ] b\n\n## Blocked\n"
    after = set_by_title(data, "b", State.DONE)
    done = "- [x] b (completed: 2026-11-20)\n"
    assert after == f"# T\n\n## To Do\n- [ ] a\n\n## Blocked\n\n## Completed\n{done}"


def test_no_section_is_made_for_what_is_in_progress_or_blocked() -> None:
    data = b"# T\n\n## To Do\n- [ ] a\n\n## Completed\n- [x] b (completed: 2026-01-01)\n"
    assert set_by_title(data, "a", State.IN_PROGRESS).encode() == data
    back = "# T\n\n## To Do\n- [ ] b\n{}- [ ] a\n\n## Completed\n"
    assert set_by_title(data, "b", State.IN_PROGRESS) == back.format("")
    assert set_by_title(data, "b", State.BLOCKED) == back.format("  Blocked: no reason given\n")


def test_the_legend_says_in_progress_where_no_section_does() -> None:
    data = b"Legend: [~] in progress, [!] blocked\n\n## To Do\n- [ ] a\n- [ ] b\n\n## Completed\n- [x] c\n"
    begun = set_by_title(data, "a", State.IN_PROGRESS).encode()
    assert begun == data.replace(b"- [ ] a", b"- [~] a")
    stuck = set_by_title(begun, "b", State.BLOCKED, reason="why").encode()
    assert stuck == begun.replace(b"- [ ] b", b"- [!] b\n  Blocked: why")
    assert states(stuck, FILE) == {"a": State.IN_PROGRESS, "b": State.BLOCKED, "c": State.DONE}
    assert checklist.parse(stuck, FILE).problems == ()
    assert set_by_title(stuck, "a", State.DONE).startswith("Legend")


def test_a_section_below_the_same_parent_is_preferred() -> None:
    data = b"## A\n### To Do\n- [ ] one\n### Done\n## B\n### To Do\n- [ ] two\n### Done\n"
    after = set_by_title(data, "two", State.DONE, "x.md")
    assert after.endswith("## B\n### To Do\n### Done\n- [x] two (completed: 2026-11-20)\n")


def test_blocked_is_a_line_under_the_item_and_goes_away() -> None:
    after = set_by_title(SECTIONS, "Write the docs", State.BLOCKED, reason="no\nwords")
    assert "- [ ] Write the docs\n  Blocked: no words\n" in after
    found = tasks(after.encode(), FILE)["Write the docs"]
    assert (found.state, found.reason) == (State.BLOCKED, "no words")
    assert set_by_title(after.encode(), "Write the docs", State.TODO).encode() == SECTIONS


def test_a_blocked_section_takes_the_item_and_its_reason() -> None:
    data = SECTIONS + b"\n## Blocked\n"
    after = set_by_title(data, "Write the docs", State.BLOCKED, reason="why")
    assert after.endswith("## Blocked\n- [ ] Write the docs\n  Blocked: why\n")


def test_contradictions_are_two_facts() -> None:
    data = b"# T\n## To Do\n- [x] ticked\n## Completed\n- [ ] unticked\n"
    listed = checklist.parse(data, FILE)
    assert [task.state for task in listed.tasks] == [State.TODO, State.DONE]
    assert listed.tasks[0].contradiction == Contradiction(State.TODO, State.DONE)
    assert [problem.line for problem in listed.problems] == [3, 5]


@pytest.mark.parametrize(
    ("heading", "state"),
    [
        (b"## To Do", State.TODO),
        (b"## \xf0\x9f\x9a\xa7 In Progress (3)", State.IN_PROGRESS),
        (b"### Completed Tasks:", State.DONE),
        (b"## **Done** \xe2\x9c\x85", State.DONE),
        (b"## TODO items", State.TODO),
        (b"Blocked\n-------", State.BLOCKED),
        (b'## <a id="d"></a>Done {#done} <!-- by hand -->', State.DONE),
        (b"## Tasks In Progress", State.IN_PROGRESS),
    ],
)
def test_a_heading_that_is_a_state_word(heading: bytes, state: State) -> None:
    listed = checklist.parse(b"# T\n\n" + heading + b"\n- [ ] a\n", FILE)
    assert listed.sections
    assert listed.tasks[0].state is state


@pytest.mark.parametrize(
    "heading", [b"## MARK AS IN-PROGRESS IMMEDIATELY", b"## Before Marking Complete", b"# Done"]
)
def test_a_heading_that_only_contains_a_state_word(heading: bytes) -> None:
    listed = checklist.parse(heading + b"\n- [ ] a\n", FILE)
    assert not listed.sections
    assert listed.tasks[0].state is State.TODO


def test_boxes_decide_elsewhere_and_markers_are_conventions() -> None:
    data = b"- [ ] a\n* [x] b\n1. [X] c\n+ [~] d\n- [!] e\n- [>] f\n- [-] g\n- [SKIP] h\n- [?] i\n"
    assert list(states(data).values()) == [
        State.TODO,
        State.DONE,
        State.DONE,
        State.IN_PROGRESS,
        State.BLOCKED,
        State.SKIPPED,
        State.SKIPPED,
        State.SKIPPED,
        State.OTHER,
    ]


@pytest.mark.parametrize(
    "line", [b"- [P] tag", b"- [Story] a", b"- [US1] b", b"- [x](link)", b"- [1] note", b"text [ ] a"]
)
def test_what_is_no_box(line: bytes) -> None:
    assert checklist.parse(line + b"\n", "todo.md").tasks == ()


@pytest.mark.parametrize(
    "legend",
    [
        b"Legend: [ ] todo, [-] blocked, [x] done\n",
        b"## Legend\n- [ ] = to do\n- [-] = blocked\n\n## Work\n",
        b"- `[-]` Blocked\n",
        b"| Box | Meaning |\n|---|---|\n| `[-]` | blocked |\n",
        b"| Box | Meaning |\n|---|---|\n| [-] | Blocked |\n",
        b"**Legend:**\n\n- [ ] Not begun yet\n- [-] Blocked\n",
        b"Legend:\n```\n[ ] to do\n[-] blocked\n```",
        b"## Task Status\n\n- [ ] Open\n- [-] Blocked: somebody must help\n\n## Work\n",
    ],
)
def test_a_legend_in_the_file_wins(legend: bytes) -> None:
    assert states(legend + b"\n- [-] a\n") == {"a": State.BLOCKED}


def test_in_progress_is_written_only_with_a_legend() -> None:
    assert set_by_title(b"- [ ] a\n", "a", State.IN_PROGRESS, "x.md") == "- [ ] a\n"
    legend = b"`[~]` in progress, `[!]` blocked\n\n- [ ] a\n"
    assert set_by_title(legend, "a", State.IN_PROGRESS, "x.md").endswith("- [~] a\n")
    assert set_by_title(legend, "a", State.BLOCKED, "x.md", "r").endswith("- [!] a\n  Blocked: r\n")


def test_fences_and_comments_hide_boxes() -> None:
    data = (
        b"- [ ] a\n  ```\n  - [ ] no\n  ```\n~~~\n- [ ] no\n~~~\n<!--\n- [ ] no\n-->\n- [ ] b <!-- id -->\n"
    )
    assert list(states(data)) == ["a", "b"]


def test_an_open_fence_ends_at_the_next_section() -> None:
    listed = checklist.parse(b"```\n- [ ] no\n\n## More\n- [ ] yes\n", "todo.md")
    assert [task.title for task in listed.tasks] == ["yes"]
    assert listed.problems[0].line == 1


def test_ids_tags_and_detail() -> None:
    data = b"""- [ ] **T001**: [P] [US1] Make it (P1) (depends on T002, #12)
  Some detail.
  Acceptance criteria:
  - it works
- [ ] T002 Base
- [ ] 1.2.3 Deep
- [ ] #12 Issue
- [ ] US-001: Story
"""
    first, *others = checklist.parse(data, "specs/tasks.md").tasks
    assert (first.id, first.title, first.tags, first.priority) == (
        "tasks:T001",
        "Make it (P1) (depends on T002, #12)",
        ("P", "US1"),
        1,
    )
    assert first.depends_on == ("T002", "#12")
    assert first.criteria == ("it works",)
    assert [task.key for task in others] == ["T002", "1.2.3", "#12", "US-001"]


def test_keys_survive_moves_and_edits_and_tell_twins_apart() -> None:
    before = checklist.parse(b"- [ ] same\n- [ ] same\n- [ ] T1 a\n- [ ] T1 b\n", "todo.md").tasks
    after = checklist.parse(b"# New\n\n- [x] **same** (completed: 2026-01-01)\n", "todo.md").tasks
    assert len({task.key for task in before}) == 4
    assert before[1].key == f"{before[0].key}.2"
    assert after[0].key == before[0].key
    assert checklist.parse(b"- [ ] a\n", "-x.md").tasks[0].id.startswith("x:")


def test_an_edit_keeps_bom_line_ends_tabs_and_the_missing_newline() -> None:
    data = b"\xef\xbb\xbf- [ ] a\r\n\t- [ ] b \xff\r- [ ] c  \n* [ ] last"
    key = tasks(data)["last"].key
    after = checklist.set_state(data, "todo.md", key, State.BLOCKED, today="", reason="r")
    assert after == data + b"\n  Blocked: r"
    first = checklist.set_state(data, "todo.md", tasks(data)["a"].key, State.DONE, today="")
    assert first == data.replace(b"[ ] a", b"[x] a")


def test_a_section_made_on_top_goes_after_the_bom() -> None:
    data = b"\xef\xbb\xbf## Completed\n- [x] a\n"
    after = checklist.set_state(data, FILE, tasks(data, FILE)["a"].key, State.TODO, today="")
    assert after == b"\xef\xbb\xbf## To Do\n- [ ] a\n\n## Completed\n"


def test_an_unknown_key_and_the_state_other_are_refused() -> None:
    with pytest.raises(NoSuchTask, match="no task"):
        checklist.set_state(SECTIONS, FILE, "nope", State.DONE, today="")
    with pytest.raises(FormatError):
        checklist.set_state(
            SECTIONS, FILE, tasks(SECTIONS, FILE)["Write the docs"].key, State.OTHER, today=""
        )


def test_add_goes_last_in_its_section() -> None:
    assert b"- [ ] Write the docs\n- [ ] New one\n" in checklist.add(SECTIONS, "New\none")
    assert checklist.add(b"* [ ] a\r\n", "b") == b"* [ ] a\r\n* [ ] b\r\n"
    assert checklist.parse(checklist.add(b"", "b"), "todo.md").tasks[0].title == "b"


@pytest.mark.parametrize("after", [b"---", b"***", b"> note", b"</details>", b"<!-- end -->", b"_ _ _"])
def test_what_starts_a_block_of_its_own_stays_when_the_item_above_it_moves(after: bytes) -> None:
    data = b"## To Do\n- [ ] a\n" + after + b"\n\n## Completed\n- [x] b (completed: 2026-01-02)\n"
    moved = b"## To Do\n" + after + b"\n\n## Completed\n- [x] a (completed: 2026-11-20)\n- [x] b "
    assert set_by_title(data, "a", State.DONE).encode().startswith(moved)


@pytest.mark.parametrize("prose", [b"(none)", b"_No tasks_", b"Work that is\nunder way:"])
def test_what_a_section_says_of_itself_stays_when_an_item_comes_and_goes(prose: bytes) -> None:
    data = b"## In Progress\n" + prose + b"\n\n## To Do\n- [ ] a\n\n## Completed\n" + prose + b"\n"
    begun = set_by_title(data, "a", State.IN_PROGRESS).encode()
    assert begun.startswith(b"## In Progress\n" + prose + b"\n- [ ] a\n\n## To Do\n\n")
    assert set_by_title(begun, "a", State.TODO).encode() == data
    done = set_by_title(begun, "a", State.DONE).encode()
    assert done == data.replace(b"- [ ] a\n", b"") + b"- [x] a (completed: 2026-11-20)\n"


def test_no_blank_line_is_added_where_the_file_has_none() -> None:
    data = b"## In Progress\n## To Do\n- [ ] a\n## Completed\n"
    assert set_by_title(data, "a", State.IN_PROGRESS) == "## In Progress\n- [ ] a\n## To Do\n## Completed\n"


def test_blocked_within_a_quotation_is_a_quoted_line() -> None:
    data = b"> - [ ] a\n> - [ ] b\n"
    after = set_by_title(data, "a", State.BLOCKED, "todo.md", "why")
    assert after == "> - [ ] a\n>   Blocked: why\n> - [ ] b\n"
    assert tasks(after.encode())["a"].reason == "why"
    assert set_by_title(after.encode(), "a", State.TODO, "todo.md").encode() == data


@pytest.mark.parametrize("title", [b"## Task Status", b"**Conventions:**", b"## Statuses"])
def test_tasks_under_what_could_be_the_title_of_a_legend(title: bytes) -> None:
    data = b"# T\n\n" + title + b"\n\n- [x] T001 Set up\n- [ ] Open the shop\n- [~] Done soon\n"
    assert states(data) == {
        "Set up": State.DONE,
        "Open the shop": State.TODO,
        "Done soon": State.IN_PROGRESS,
    }


def test_utf_16_is_said_to_be_that() -> None:
    listed = checklist.parse("\ufeff- [ ] a\n".encode("utf-16-le"), "todo.md")
    assert (listed.tasks, [problem.line for problem in listed.problems]) == ((), [1])
    assert "UTF-16" in listed.problems[0].message


def test_a_fence_that_is_set_in_a_little_hides_boxes_at_the_margin() -> None:
    data = b"Like this:\n\n  ```\n- [ ] no\n  ```\n- [ ] a\n- plain\n  ```\n  - [ ] no\n- [ ] b\n"
    assert list(states(data)) == ["a", "b"]


def test_a_box_that_disagrees_is_put_right_by_saying_the_state_again() -> None:
    data = b"## To Do\n- [x] a\n## Completed\n- [ ] b\n"
    assert set_by_title(data, "a", State.TODO).encode() == data.replace(b"[x] a", b"[ ] a")
    ticked = b"[x] b (completed: 2026-11-20)"
    assert set_by_title(data, "b", State.DONE).encode() == data.replace(b"[ ] b", ticked)


def test_skipped_is_written_as_the_legend_lets_it() -> None:
    data = b"Legend: [-] blocked\n\n- [ ] a\n"
    assert set_by_title(data, "a", State.SKIPPED, "x.md").encode() == data.replace(b"[ ]", b"[>]")


def test_a_starred_item_keeps_its_id() -> None:
    (task,) = checklist.parse(b"- [ ]* 1.2 Write the tests\n", "todo.md").tasks
    assert (task.key, task.title) == ("1.2", "Write the tests")


def test_an_item_that_moves_among_indented_ones_is_indented_like_them() -> None:
    data = b"## To Do\n- [ ] a\n  detail\n\n## In Progress\n\n  - [ ] b\n"
    after = set_by_title(data, "a", State.IN_PROGRESS)
    assert after == "## To Do\n\n## In Progress\n\n  - [ ] a\n    detail\n  - [ ] b\n"
    assert set(states(after.encode(), FILE).values()) == {State.IN_PROGRESS}


def test_text_and_a_rule_do_not_become_a_heading_when_the_item_between_them_moves() -> None:
    data = b"## To Do\nThese:\n- [ ] a\n---\n- [ ] b\n\n## Done\n- [x] c\n"
    after = set_by_title(data, "a", State.DONE)
    assert after.startswith("## To Do\nThese:\n\n---\n- [ ] b\n")
    assert states(after.encode(), FILE)["b"] is State.TODO


def test_an_underlined_heading_stays_one_when_an_item_comes_above_it() -> None:
    data = b"## In Progress\nTo Do\n-----\n- [ ] a\n- [ ] b\n"
    after = set_by_title(data, "a", State.IN_PROGRESS)
    assert after == "## In Progress\n- [ ] a\n\nTo Do\n-----\n- [ ] b\n"


@pytest.mark.parametrize("box", ["[ ]", "[~]"])
def test_what_is_begun_leaves_a_section_that_says_otherwise(box: str) -> None:
    legend = "Legend: [~] in progress\n\n" if box == "[~]" else ""
    blocked = f"{legend}## To Do\n- [ ] b\n\n## Blocked\n- [ ] a\n"
    after = set_by_title(blocked.encode(), "a", State.IN_PROGRESS)
    assert after == f"{legend}## To Do\n- {box} a\n- [ ] b\n\n## Blocked\n"
    done = f"{legend}## Blocked\n- [ ] b\n\n## Done\n- [x] a\n"
    after = set_by_title(done.encode(), "a", State.IN_PROGRESS)
    assert states(after.encode(), FILE) == {"a": State.IN_PROGRESS, "b": State.BLOCKED}
    assert "## In Progress\n" in after


def test_a_marker_of_the_legend_does_not_stand_in_for_a_section() -> None:
    data = b"Legend: [-] cancelled, [v] done\n\n## To Do\n- [ ] a\n\n## In Progress\n"
    for state in (State.SKIPPED, State.DONE):
        after = set_by_title(data, "a", state).encode()
        assert states(after, FILE) == {"a": state}
        assert checklist.parse(after, FILE).problems == ()


def test_a_date_that_is_there_twice_goes_as_one_and_the_key_stays() -> None:
    data = b"## To Do\n## Completed\n- [x] a (completed: 2026-01-02) (completed: 2026-01-03)\n"
    after = set_by_title(data, "a", State.TODO).encode()
    assert after == b"## To Do\n- [ ] a\n## Completed\n"
    assert tasks(after, FILE)["a"].key == tasks(data, FILE)["a"].key
