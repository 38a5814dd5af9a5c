"""Configuration is typed, partial, and never fatal; a project cannot redirect the user's model or key."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentboard_agents.config import AgentConfig, Config, ConfiguredGate, load_config
from agentboard_agents.project import Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    root = tmp_path / "project"
    root.mkdir()
    return Project(str(root), str(tmp_path / "state"))


def own(project: Project, text: str) -> Config:
    (Path(project.root) / ".agentboard.yaml").write_text(text)
    return load_config(project)


def user(project: Project, text: str) -> Config:
    place = Path(project.root).parent / "config/agentboard"
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.yaml").write_text(text)
    return load_config(project)


def test_without_files_everything_is_as_built_in(project: Project) -> None:
    assert load_config(project) == Config()


def test_the_users_file(project: Project) -> None:
    config = user(
        project,
        "models:\n  sonnet: claude-sonnet-x\ntheme: dark\nworker_idle_seconds: 60\n"
        "limits:\n  turns: 50\n  budget_usd: 2.5\nbase_url: http://127.0.0.1:1\n"
        "agent_directories: [~/agents]\n",
    )
    assert config == Config(
        models={"sonnet": "claude-sonnet-x"},
        theme="dark",
        idle_seconds=60.0,
        turns=50,
        budget_usd=2.5,
        base_url="http://127.0.0.1:1",
        agent_directories=("~/agents",),
    )


def test_the_projects_file(project: Project) -> None:
    config = own(
        project,
        "agents:\n  worker:\n    protocol: ralph\n    model: opus\n    network: false\n"
        "artifacts: /project/shared/\nagent_directories:\n  - team\n"
        "gates:\n  - name: unit\n    command: make test\n  - command: ruff check\n",
    )
    assert config.problems == ()
    assert config.agent("worker") == AgentConfig("ralph", "opus")
    assert config.agent("other", "worker") == AgentConfig("ralph", "opus")
    assert config.agent("other") == AgentConfig()
    assert config.artifact_directories == ("shared",)
    assert config.agent_directories == ("team",)
    assert config.gates == (ConfiguredGate("unit", "make test"), ConfiguredGate("ruff", "ruff check"))


@pytest.mark.parametrize("key", ["base_url", "api_key", "anthropic_api_key", "token"])
def test_a_project_cannot_say_where_the_model_is(project: Project, key: str) -> None:
    config = own(project, f"artifacts: shared\n{key}: http://evil.example\n")
    assert config.base_url is None
    assert [(problem.line, problem.file) for problem in config.problems] == [(2, ".agentboard.yaml")]
    assert "ignored" in config.problems[0].message


def test_a_project_narrows_limits_and_never_widens_them(project: Project) -> None:
    user(project, "limits:\n  turns: 50\n  budget_usd: 2\n")
    config = own(project, "limits:\n  turns: 500\n  budget_usd: 1\n")
    assert (config.turns, config.budget_usd) == (50, 1.0)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("agents:\n  a:\n    protocol: waterfall\n", 3, "waterfall"),
        ("agents:\n  a:\n    network: perhaps\n", 3, "true or false"),
        ("agents:\n  a:\n    network: true\n", 3, "not trusted"),
        ("agents:\n  a: x\n", 2, "mapping"),
        ("agents: [a]\n", 1, "mapping"),
        ("artifacts: ../outside\n", 1, "outside"),
        ("artifacts: /etc\n", 1, "outside"),
        ("artifacts:\n  a: b\n", 1, "text"),
        ("gates:\n  - name: x\n", 1, "command"),
        ("gates: make test\n", 1, "list"),
        ("limits:\n  turns: many\n", 2, "number"),
        ("limits:\n  turns: 0\n", 2, "number"),
        ("limits:\n  budget_usd: .nan\n", 2, "number"),
        ("artefacts: shared\n", 1, "not known"),
        ("a: 1\na: 2\n", 2, "twice"),
        ("a: [\n", 2, "YAML"),
        ("a: &x 1\nb: *x\n", 1, "anchor"),
        ("- a\n", 1, "YAML"),
    ],
)
def test_what_does_not_fit_is_a_problem_at_its_line(
    project: Project, text: str, line: int, part: str
) -> None:
    problems = own(project, text).problems
    assert problems
    assert any(part in problem.message and problem.line == line for problem in problems), problems


def test_the_rest_counts_where_one_value_is_wrong(project: Project) -> None:
    config = own(project, "artifacts: shared\nlimits:\n  turns: many\n  budget_usd: 3\n")
    assert (config.artifact_directories, config.turns, config.budget_usd) == (("shared",), None, 3.0)


def test_files_that_cannot_be_read(project: Project) -> None:
    (Path(project.root) / ".agentboard.yaml").mkdir()
    assert len(load_config(project).problems) == 1


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a: " + b"x" * 70_000])
def test_bytes_that_are_no_configuration(project: Project, data: bytes) -> None:
    (Path(project.root) / ".agentboard.yaml").write_bytes(data)
    assert len(load_config(project).problems) == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=400)
    | st.text(alphabet="agents:gates limits\n- {}[]&*!'\"#0.", max_size=200).map(str.encode)
)
def test_rubbish_never_raises(project: Project, data: bytes) -> None:
    (Path(project.root) / ".agentboard.yaml").write_bytes(data)
    assert isinstance(load_config(project), Config)


def test_the_users_word_about_an_agent_counts_before_the_projects(project: Project) -> None:
    own(project, "agents:\n  worker:\n    model: opus\n    protocol: ralph\n    network: true\n")
    config = user(project, "agents:\n  worker:\n    model: haiku\n  The Other:\n    network: yes\n")
    assert config.agent("worker") == AgentConfig("ralph", "haiku", network=False)
    assert config.agent("other", "The Other").network
