"""The board's files follow the disk: what is new shows, what breaks keeps its last good value."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from time import monotonic

import pytest

from agentboard_agents.project import Project
from agentboard_agents.survey import Survey
from agentboard_tasks.workspace import Workspace
from agentboard_tui.cli.entry import run
from agentboard_tui.files_keeper import Keeper
from agentboard_tui.files_watch import FilesWatch
from tests.support.projects import AGENT, make_project
from tests.support.shell import until

DEADLINE = 20.0
STORIES = {"userStories": [{"id": 1, "title": "Log in", "passes": False}]}


class Seen:
    """What a watch reported, and waiting for more."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.news = threading.Condition()
        self.survey: Survey | None = None
        self.watch = FilesWatch(Project.open(str(root)), self._loaded, self._failed)

    def _loaded(self, survey: Survey) -> None:
        with self.news:
            self.survey = survey
            self.news.notify_all()

    def _failed(self, reason: str) -> None:
        raise AssertionError(reason)

    def until(self, holds: Callable[[Survey], bool]) -> Survey:
        """Wait until the newest survey is as wanted."""
        deadline = monotonic() + DEADLINE
        with self.news:
            while self.survey is None or not holds(self.survey):
                assert self.news.wait(deadline - monotonic()), self.survey
            return self.survey

    def titles(self, *wanted: str) -> Survey:
        """Wait until the tasks have these titles."""
        return self.until(lambda found: {task.title for task in found.workspace.tasks} >= set(wanted))

    def write(self, name: str, text: str) -> None:
        """Write a file of the project, with its directories."""
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Seen]:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    found = Seen(make_project(tmp_path / "shop"))
    found.watch.start()
    yield found
    found.watch.stop()


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("tasks/shop_prd.json", json.dumps(STORIES), "Log in"),
        ("prd.json", json.dumps(STORIES), "Log in"),
        ("fix_plan.md", "- [ ] mend\n", "mend"),
        ("specs/cart/tasks.md", "- [ ] T001 pay\n", "pay"),
        ("tasks/later.md", "- [ ] wait\n", "wait"),
        (".claude/tasks/new-tasks.md", "- [ ] rest\n", "rest"),
        (".beads/issues.jsonl", '{"id": "b-1", "title": "bead"}\n', "bead"),
    ],
)
def test_a_new_file_of_tasks_shows(seen: Seen, name: str, text: str, title: str) -> None:
    seen.titles("Greet the world")
    seen.write(name, text)
    seen.titles("Greet the world", title)


def test_what_breaks_keeps_its_last_good_value_when_the_team_changes(seen: Seen) -> None:
    seen.write("prd.json", json.dumps(STORIES))
    before = seen.titles("Log in")
    seen.write("prd.json", '{"userSto')
    seen.until(lambda found: bool(found.workspace.stale))
    seen.write(".claude/agents/second.md", AGENT.replace("name: api-engineer", "name: second"))
    after = seen.until(lambda found: len(found.team.agents) == 2)
    assert "Log in" in {task.title for task in after.workspace.tasks}
    assert [kept.file for kept in after.workspace.stale] == ["prd.json"]
    assert after.team.find("api-engineer") is before.team.find("api-engineer")
    assert after.workspace.lists[0] is before.workspace.lists[0]


def test_definitions_in_a_configured_directory_are_watched(seen: Seen) -> None:
    seen.write(".agentboard.yaml", "agent_directories: [crew]\n")
    seen.until(lambda found: found.config.agent_directories == ("crew",))
    seen.write("crew/second.md", AGENT.replace("name: api-engineer", "name: second"))
    seen.until(lambda found: len(found.team.agents) == 2)


def test_a_list_that_the_team_file_names_is_shown_and_followed(seen: Seen) -> None:
    seen.write("docs/lists/web.md", "## To Do\n- [ ] Paint\n")
    seen.write("tasks.md", "# Tasks\n\n## Task Lists\n- Web: `docs/lists/web.md`\n")
    seen.titles("Paint")
    seen.write("docs/lists/web.md", "## To Do\n- [ ] Paint\n- [ ] Sand\n")
    seen.titles("Paint", "Sand")


def test_tasks_of_a_team_of_claude_code_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    team = tmp_path / "HOME" / ".claude" / "tasks" / "red"
    team.mkdir(parents=True)
    (team / "1.json").write_text('{"id": "1", "subject": "Dig", "status": "pending"}')
    seen = Seen(make_project(tmp_path / "shop"))
    seen.watch.start()
    try:
        seen.titles("Dig")
        (team / "2.json").write_text('{"id": "2", "subject": "Fill", "status": "pending"}')
        seen.titles("Dig", "Fill")
    finally:
        seen.watch.stop()


def test_an_agent_of_the_directory_where_we_stand_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    root = make_project(tmp_path / "shop", {"web/src/x.txt": "x"})
    seen = Seen(root / "web/src")
    seen.watch.start()
    try:
        seen.until(lambda found: found.team.agents == ())
        seen.root = root
        seen.write("web/.claude/agents/near.md", AGENT.replace("api-engineer", "near"))
        seen.until(lambda found: [agent.name for agent in found.team.agents] == ["near"])
    finally:
        seen.watch.stop()


def test_what_a_file_held_before_is_kept_and_printed(
    seen: Seen, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    words = ["-C", str(seen.root), "versions", ".claude/tasks/a-tasks.md"]

    def kept() -> list[dict[str, str]]:
        run([*words, "--json"])
        found: list[dict[str, str]] = json.loads(capfdbinary.readouterr().out or b"[]")
        return found

    seen.write(".claude/tasks/a-tasks.md", "## To Do\n- [ ] Sow\n")
    until(lambda: len(kept()) == 1)  # a version is kept after it is shown
    seen.write(".claude/tasks/a-tasks.md", "## To Do\n- [ ] Reap\n")
    until(lambda: len(kept()) == 2)
    seen.watch.stop()
    newest, older = kept()
    assert run([*words, older["version"][:10]]) == 0
    assert capfdbinary.readouterr().out == b"## To Do\n- [ ] Sow\n"
    assert run([*words, newest["version"]]) == 0
    assert capfdbinary.readouterr().out == b"## To Do\n- [ ] Reap\n"
    assert run([*words, "nonsense"]) == 1


def test_a_version_that_is_replaced_as_soon_as_it_shows_is_kept(
    seen: Seen, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    seen.titles("Greet the world")
    shown = [f"Step {number}" for number in range(5)]
    for title in shown:
        seen.write(".claude/tasks/a-tasks.md", f"## To Do\n- [ ] {title}\n")
        seen.titles(title)
    seen.watch.stop()
    words = ["-C", str(seen.root), "versions", ".claude/tasks/a-tasks.md"]
    run([*words, "--json"])
    for version in json.loads(capfdbinary.readouterr().out):
        run([*words, version["version"]])
    kept = capfdbinary.readouterr().out.decode()
    assert all(f"- [ ] {title}\n" in kept for title in shown)


def test_a_board_may_be_left_while_its_files_are_read_for_the_first_time(tmp_path: Path) -> None:
    project = Project.open(str(make_project(tmp_path / "shop")))
    switching = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(300):
            keeper = Keeper(project)
            reader = threading.Thread(target=keeper.keep, args=(Workspace(), Workspace(), {}))
            reader.start()
            keeper.stop()
            reader.join()
    finally:
        sys.setswitchinterval(switching)
