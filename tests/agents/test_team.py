"""The team is read from every place, the nearest wins, names are found however they are spelled."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentboard_agents.config import AgentConfig, Config
from agentboard_agents.team import Team, load_team
from agentboard_agents.team_layout import layout_of
from agentboard_tasks.files import Root


def define(place: Path, name: str, body: str = "You are an agent.", *, file: str | None = None) -> None:
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{file or name}.md").write_text(f"---\nname: {name}\ndescription: d\n---\n{body}\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    return root


def team_of(project: Path, **more: object) -> Team:
    return load_team(Root(str(project)), **more)  # type: ignore[arg-type]


def test_no_agents_is_an_empty_team(project: Path) -> None:
    assert team_of(project) == Team()


def test_all_places_are_read(project: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    extra = tmp_path / "extra"
    define(project / ".claude/agents", "one")
    define(project / ".claude/agents/deep/down", "two")
    define(project / ".opencode/agent", "three")
    define(project / "agents", "four")
    define(home / ".claude/agents", "five")
    define(project / "more", "six")
    define(extra, "seven")
    team = team_of(project, home=str(home), config=Config(agent_directories=("more", str(extra))))
    assert sorted(agent.name for agent in team.agents) == sorted(
        ["one", "two", "three", "four", "five", "six", "seven"]
    )
    assert team.problems == ()
    five = team.find("five")
    assert five is not None
    assert five.file == str(home / ".claude/agents/five.md")


def test_the_nearest_wins_and_the_other_is_shown(project: Path, tmp_path: Path) -> None:
    define(project / "sub/.claude/agents", "same", "near")
    define(project / ".claude/agents", "same", "root")
    define(tmp_path / "home/.claude/agents", "same", "home")
    home = str(tmp_path / "home")
    team = team_of(project, home=home, working_directory="sub")
    assert [agent.body.strip() for agent in team.agents] == ["near"]
    shadowed = [
        problem for problem in team.problems if "shadowed by sub/.claude/agents/same.md" in problem.message
    ]
    assert [problem.file for problem in shadowed] == [
        ".claude/agents/same.md",
        f"{home}/.claude/agents/same.md",
    ]
    assert [agent.body.strip() for agent in team_of(project).agents] == ["root"]


def test_two_files_with_one_name_in_one_place(project: Path) -> None:
    define(project / ".claude/agents", "same", file="a")
    define(project / ".claude/agents", "same", file="b")
    team = team_of(project)
    assert [agent.stem for agent in team.agents] == ["a"]
    assert "duplicate" in team.problems[0].message


def test_find_by_name_stem_and_likeness(project: Path) -> None:
    define(project / ".claude/agents", "Architecture Lead", file="arch")
    define(project / ".claude/agents", "backend-worker")
    define(project / ".claude/agents", "x-one", file="X")
    team = team_of(project)
    found = {
        name: team.find(name)
        for name in ("Architecture Lead", "arch", "architecture-lead", "Backend Worker", "x")
    }
    assert {name: agent.stem if agent else None for name, agent in found.items()} == {
        "Architecture Lead": "arch",
        "arch": "arch",
        "architecture-lead": "arch",
        "Backend Worker": "backend-worker",
        "x": "X",
    }
    assert team.find("nobody") is None


def test_a_likeness_of_two_agents_finds_neither(project: Path) -> None:
    define(project / ".claude/agents", "API Lead", file="one")
    define(project / ".claude/agents", "api-lead", file="two")
    team = team_of(project)
    assert team.find("Api lead") is None
    assert team.find("api-lead") is not None


def test_lead_and_peers_by_display_name(project: Path) -> None:
    place = project / ".claude/agents"
    define(place, "architecture-lead", "Role: Lead\nTier: 1\nLead: none")
    define(place, "db-architect")
    define(
        place, "engineer", "- Lead: Architecture Lead\n- Tier: 2\n- Peers: DB Architect, Remotion Engineer"
    )
    team = team_of(project)
    engineer = team.find("engineer")
    lead = team.find("architecture-lead")
    assert engineer is not None
    assert lead is not None
    assert team.lead_of(engineer) == lead
    assert team.lead_of(lead) is None
    assert [peer.name for peer in team.peers_of(engineer)] == ["db-architect"]
    assert team.unknown_to(engineer) == ("Remotion Engineer",)


def test_readmes_notes_and_links_are_no_agents(project: Path) -> None:
    place = project / ".claude/agents"
    define(place, "real")
    (place / "README.md").write_text("# Agents\n")
    (place / "link.md").symlink_to(place / "real.md")
    (project / "agents").mkdir()
    (project / "agents/notes.md").write_text("Some notes on our agents.\n")
    (project / "agents/page.md").write_text("---\ntitle: Our agents\nlayout: page\n---\nThey work.\n")
    (project / "agents/plain.md").write_text("You are a plain agent.\n")
    team = team_of(project)
    assert [agent.name for agent in team.agents] == ["plain", "real"]
    assert [problem.file for problem in team.problems if "link" in problem.message] == [
        ".claude/agents/link.md"
    ]


def test_a_directory_of_agents_that_is_a_link_is_a_problem(project: Path) -> None:
    define(project / "elsewhere", "one")
    (project / ".claude").mkdir(exist_ok=True)
    (project / ".claude/agents").symlink_to(project / "elsewhere")
    team = team_of(project)
    assert team.agents == ()
    assert [problem.file for problem in team.problems] == [".claude/agents"]


def test_an_unchanged_file_is_not_parsed_again(project: Path) -> None:
    place = project / ".claude/agents"
    define(place, "one")
    define(place, "two")
    before = team_of(project)
    define(place, "two", "You are changed, and longer.")
    after = load_team(Root(str(project)), before=before)
    assert after.find("one") is before.find("one")
    two = after.find("two")
    assert two is not None
    assert "changed" in two.body


def test_a_file_that_is_too_large_is_a_problem(project: Path) -> None:
    place = project / ".claude/agents"
    define(place, "small")
    define(place, "large", "x" * 400_000)
    team = team_of(project)
    assert [agent.name for agent in team.agents] == ["small"]
    assert [problem.file for problem in team.problems] == [".claude/agents/large.md"]


def test_the_layout_takes_the_places_that_definitions_name(project: Path) -> None:
    place = project / ".claude/agents"
    define(place, "worker", "Shared artifacts directory: /project/shared/")
    define(
        place, "looper", "Loop over `work/api_prd.json` until each `passes`, log to `work/api_progress.txt`"
    )
    layout = layout_of(team_of(project), Config(artifact_directories=("out",)))
    assert layout.artifacts[:2] == ("out", "shared")
    assert (layout.prds, layout.progress) == (("work/api_prd.json",), ("work/api_progress.txt",))
    assert layout.owners == {"work/api_prd.json": "looper", "work/api_progress.txt": "looper"}


def test_what_is_no_file_among_definitions_is_said_and_never_opened(project: Path) -> None:
    define(project / ".claude/agents", "one")
    os.mkfifo(project / ".claude/agents/pipe.md")
    team = team_of(project)
    assert [agent.name for agent in team.agents] == ["one"]
    assert [problem.file for problem in team.problems] == [".claude/agents/pipe.md"]


def test_a_definition_in_another_suffix_is_said_to_be_none(project: Path) -> None:
    place = project / ".claude/agents/sub"
    define(place, "one")
    for name in ("two.MD", "three.markdown", "README.MD", "four.txt"):
        (place / name).write_text((place / "one.md").read_text())
    (project / "agents").mkdir()
    (project / "agents/PAGE.MD").write_text("x")
    team = team_of(project)
    assert [agent.name for agent in team.agents] == ["one"]
    hints = [(problem.file, problem.hint) for problem in team.problems]
    assert hints == [
        (".claude/agents/sub/three.markdown", "rename it to .claude/agents/sub/three.md"),
        (".claude/agents/sub/two.MD", "rename it to .claude/agents/sub/two.md"),
    ]


def test_links_of_the_users_own_are_followed(project: Path, tmp_path: Path) -> None:
    define(tmp_path / "dotfiles/agents", "mine")
    (tmp_path / "home").mkdir()
    (tmp_path / "home/.claude").symlink_to(tmp_path / "dotfiles")
    team = team_of(project, home=str(tmp_path / "home"))
    assert [agent.file for agent in team.agents] == [str(tmp_path / "home/.claude/agents/mine.md")]
    assert team.problems == ()


def test_the_configuration_chooses_the_way_of_working(project: Path) -> None:
    define(project / ".claude/agents", "one")
    define(project / ".claude/agents", "Two Words", file="two")
    config = Config(agents={"one": AgentConfig(protocol="ralph"), "two": AgentConfig(protocol="brief")})
    team = team_of(project, config=config)
    assert {agent.name: agent.protocol for agent in team.agents} == {"one": "ralph", "Two Words": "brief"}
    assert {agent.protocol for agent in team_of(project).agents} == {"checklist"}
