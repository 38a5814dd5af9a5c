"""The board shows the team at once, a changed file at once, and what any other process does."""

from __future__ import annotations

from statistics import median
from time import perf_counter

from tests.support.shell import Home

LIST = ".claude/tasks/api-engineer-tasks.md"
FIRST_PICTURE = 5.0
"""Seconds; the demand is 2 on a quiet machine."""
FILE_TO_SCREEN = 1.0
"""Seconds; the demand is 0.2 on a quiet machine."""


def test_agents_and_tasks_show_at_once_and_appended_lines_too(home: Home) -> None:
    home.take_sample()
    list_file = home.root / LIST
    list_file.write_text(list_file.read_text().split("## Completed")[0])
    with home.board() as screen:
        screen.wait_for("stock-engineer")
        screen.wait_for("T1 Create users")
        first = perf_counter() - screen.started
        waits: list[float] = []
        for number in range(10):
            with list_file.open("a") as file:
                file.write(f"- [ ] X{number} Appended\n")
            waits.append(screen.wait_for(f"X{number} Appended"))
    print(f"first picture {first:.2f} s; file to screen p50 {median(waits):.3f} s, max {max(waits):.3f} s")
    assert first < FIRST_PICTURE
    assert median(waits) < FILE_TO_SCREEN


def test_two_boards_and_a_command_agree(home: Home) -> None:
    with home.board() as wide, home.board(80, 24) as small:
        for screen in (wide, small):
            screen.wait_for("T1 Greet the world")
        home.agentboard("set", "T1", "in_progress")
        for screen in (wide, small):
            screen.wait_for("In progress (1)")
        home.agentboard("set", "T1", "done")
        for screen in (wide, small):
            screen.wait_gone("In progress (1)")
            screen.wait_for("Done (1)")
    assert "- [x] T1 Greet the world (completed: 20" in (home.root / LIST).read_text()


def test_an_agent_whose_file_is_written_shows_up_and_one_that_is_removed_goes(home: Home) -> None:
    with home.board() as screen:
        screen.wait_for("T1 Greet the world")
        place = home.root / ".claude/agents/night-owl.md"
        place.write_text("---\nname: night-owl\ndescription: works late\n---\nWork late.\n")
        screen.wait_for("night-owl")
        place.unlink()
        screen.wait_gone("night-owl")
        screen.wait_for("api-engineer")
