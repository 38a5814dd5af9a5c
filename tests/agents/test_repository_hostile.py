"""A repository that tries to run code through every door of git; a canary file shows whether one opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentboard_agents.repository import Repository
from tests.agents.test_repository import git, write

HOOKS = (
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-rewrite",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "prepare-commit-msg",
    "reference-transaction",
    "push-to-checkout",
    "update",
    "post-update",
)
DOORS = (
    "core.fsmonitor",
    "core.sshCommand",
    "core.pager",
    "core.editor",
    "core.askPass",
    "core.gitProxy",
    "core.alternateRefsCommand",
    "diff.external",
    "diff.evil.textconv",
    "diff.evil.command",
    "merge.evil.driver",
    "filter.evil.clean",
    "filter.evil.smudge",
    "filter.evil.process",
    "gpg.program",
    "credential.helper",
    "sequence.editor",
    "interactive.diffFilter",
    "pager.log",
    "pager.diff",
    "uploadpack.packObjectsHook",
    "trailer.evil.command",
)
ALIASES = ("status", "ls-files", "read-tree", "worktree", "rev-parse")


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def hostile(tmp_path: Path, canary: Path) -> Path:
    root = tmp_path / "hostile"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    write(root, ".gitattributes", "[attr]sly filter=evil diff=evil merge=evil\n* sly\n*.x filter=evil\n")
    write(root, "a.x", "one\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "start")
    script = write(root, "evil.sh", f'#!/bin/sh\necho ran "$0" "$@" >> \'{canary}\'\ncat\n')
    script.chmod(0o755)
    arm(root, root / ".git", script)
    return root


def arm(root: Path, git_dir: Path, script: Path) -> None:
    lines = ["[extensions]", "worktreeConfig = true", "[gc]", "auto = 1", "[commit]", "gpgSign = true"]
    lines += [
        "[log]",
        "showSignature = true",
        "[protocol]",
        "allow = always",
        "[core]",
        f"hooksPath = {script.parent}/hooks",
    ]
    for door in DOORS:
        section, _, name = door.rpartition(".")
        head, _, sub = section.partition(".")
        lines += [f'[{head} "{sub}"]' if sub else f"[{head}]", f"{name} = {script}"]
    lines += ["[alias]", *(f"{name} = !{script}" for name in ALIASES)]
    text = "\n".join(lines) + "\n"
    with (git_dir / "config").open("a") as file:
        file.write(text)
    write(git_dir, "config.worktree", text.replace("[extensions]\nworktreeConfig = true\n", ""))
    for place in (git_dir / "hooks", script.parent / "hooks"):
        place.mkdir(exist_ok=True)
        for hook in HOOKS:
            (place / hook).unlink(missing_ok=True)
            (place / hook).symlink_to(script)


def everything(root: Path, tmp_path: Path) -> None:
    """Do all that agentboard does with a repository, with work of an agent in it."""
    repository = Repository(str(root), str(tmp_path / "state"))
    tree = tmp_path / "w"
    base = repository.base()
    branch = repository.add_worktree(str(tree), "ab/x/t", "HEAD")
    write(tree, "a.x", "changed\n")
    write(tree, "new.x", "new\n")
    made = repository.commit_worktree(str(tree), branch, "work")
    assert made is not None
    assert made.files == ("a.x", "new.x")
    assert "+changed" in repository.diff(base, made.commit)
    assert repository.changed_files(base, made.commit) == ("a.x", "new.x")
    assert repository.recent_log(branch, 5)[0].subject == "work"
    assert repository.merge_base("main", branch) == base
    assert repository.file_at(made.commit, "a.x") == b"changed\n"
    repository.export(made.commit, str(tmp_path / "export"))
    write(tree, "draft.x", "draft\n")
    assert repository.remove_worktree(str(tree)) is not None


def test_the_canary_sings_when_plain_git_is_used(hostile: Path, canary: Path) -> None:
    git(hostile, "status")
    assert canary.exists()


def test_nothing_of_the_repository_runs(hostile: Path, canary: Path, tmp_path: Path) -> None:
    everything(hostile, tmp_path)
    assert not canary.exists(), canary.read_text()


def test_nothing_of_the_environment_runs(
    hostile: Path, canary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = str(hostile / "evil.sh")
    for name in (
        "GIT_EXTERNAL_DIFF",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_EDITOR",
        "GIT_PAGER",
        "PAGER",
        "GIT_ASKPASS",
    ):
        monkeypatch.setenv(name, script)
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'core.fsmonitor'='{script}'")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere")
    monkeypatch.setenv("GIT_TRACE2", str(canary))
    home = tmp_path / "home"
    write(home, ".gitconfig", f"[core]\n\tfsmonitor = {script}\n\thooksPath = {hostile}/hooks\n")
    monkeypatch.setenv("HOME", str(home))
    everything(hostile, tmp_path)
    assert not canary.exists(), canary.read_text()


def test_a_git_file_that_points_elsewhere_is_not_followed(
    hostile: Path, canary: Path, tmp_path: Path
) -> None:
    root = tmp_path / "honest"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    write(root, "a.txt", "one\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "start")
    repository = Repository(str(root), str(tmp_path / "state"))
    tree = tmp_path / "w"
    branch = repository.add_worktree(str(tree), "ab/x/t", "HEAD")
    (tree / ".git").unlink()
    write(tree, ".git", f"gitdir: {hostile / '.git'}\n")
    write(tree, "a.txt", "changed\n")
    made = repository.commit_worktree(str(tree), branch, "work")
    assert made is not None
    assert repository.tip(branch) == made.commit
    repository.remove_worktree(str(tree))
    assert not tree.exists()
    assert not canary.exists(), canary.read_text()


def test_a_git_directory_in_place_of_the_file_is_not_used(
    canary: Path, tmp_path: Path, hostile: Path
) -> None:
    repository = Repository(str(hostile), str(tmp_path / "state"))
    tree = tmp_path / "w"
    branch = repository.add_worktree(str(tree), "ab/x/t", "HEAD")
    (tree / ".git").unlink()
    (tree / ".git").mkdir()
    git(tree, "init", "-q")
    arm(tree, tree / ".git", hostile / "evil.sh")
    write(tree, "a.x", "changed\n")
    made = repository.commit_worktree(str(tree), branch, "work")
    assert made is not None
    assert made.files == ("a.x",)
    repository.remove_worktree(str(tree))
    assert not canary.exists(), canary.read_text()


def test_a_required_filter_is_a_refusal_not_a_run(hostile: Path, canary: Path, tmp_path: Path) -> None:
    with (hostile / ".git/config").open("a") as file:
        file.write('[filter "evil"]\nrequired = true\n')
    with pytest.raises(Exception, match="filter 'evil'"):
        everything(hostile, tmp_path)
    assert not canary.exists(), canary.read_text()


def test_the_environment_of_git_is_exactly_ours(
    hostile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-key")
    shown = tmp_path / "bin"
    write(shown, "git", f"#!/bin/sh\nenv > '{tmp_path}/environment'\nexit 1\n").chmod(0o755)
    repository = Repository(str(hostile), str(tmp_path / "state"))
    monkeypatch.setenv("PATH", f"{shown}:{os.environ['PATH']}")
    assert repository.tip("main") is None
    text = (tmp_path / "environment").read_text()
    assert "GIT_CONFIG_NOSYSTEM=1" in text
    assert "canary-key" not in text
