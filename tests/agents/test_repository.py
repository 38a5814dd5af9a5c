"""Worktrees and commits on real repositories: what git says afterwards is what is asserted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentboard_agents.repository import BadName, GitFault, Repository
from tests.support.projects import make_project
from tests.support.shell import until


def git(where: Path, *arguments: str) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(where), "GIT_CONFIG_NOSYSTEM": "1"}
    words = ["git", "-c", "user.name=Human", "-c", "user.email=human@example.com", *arguments]
    return subprocess.run(
        words, cwd=where, env=environment, check=True, capture_output=True, text=True
    ).stdout


def put(root: Path, **files: str | bytes) -> None:
    for name, content in files.items():
        write(root, name, content)


def write(root: Path, name: str, content: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "project"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    write(place, "a.py", "one\n")
    write(place, "src/b.py", "two\n")
    write(place, ".gitignore", "*.pyc\nbuild/\n")
    write(place, "run.sh", "#!/bin/sh\n").chmod(0o755)
    (place / "link").symlink_to("a.py")
    git(place, "add", ".")
    git(place, "commit", "-qm", "start")
    return place


@pytest.fixture
def repository(root: Path, tmp_path: Path) -> Repository:
    return Repository(str(root), str(tmp_path / "state"))


@pytest.fixture
def tree(repository: Repository, tmp_path: Path) -> Path:
    path = tmp_path / "state" / "worktrees" / "r1"
    assert repository.add_worktree(str(path), "ab/backend/t1", repository.base()) == "ab/backend/t1"
    return path


def test_head_is_the_commit_and_branch(repository: Repository, root: Path) -> None:
    commit = git(root, "rev-parse", "HEAD").strip()
    assert (repository.head().commit, repository.head().branch) == (commit, "main")
    git(root, "pack-refs", "--all")
    assert repository.head().commit == commit
    git(root, "checkout", "-q", "--detach")
    assert (repository.head().commit, repository.head().branch) == (commit, None)


def test_a_repository_without_a_commit_says_what_to_do(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    repository = Repository(str(tmp_path), str(tmp_path / "state"))
    assert (repository.head().commit, repository.head().branch) == (None, "main")
    with pytest.raises(GitFault, match=r"no commit yet.*make one"):
        repository.base()


def test_no_repository_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(GitFault, match="not a git repository"):
        Repository(str(tmp_path))


def test_a_worktree_has_the_files_of_its_base_and_is_clean(tree: Path, root: Path) -> None:
    assert (tree / "src/b.py").read_text() == "two\n"
    assert os.access(tree / "run.sh", os.X_OK)
    assert os.readlink(tree / "link") == "a.py"
    assert git(tree, "status", "--porcelain") == ""
    assert git(tree, "branch", "--show-current").strip() == "ab/backend/t1"
    assert git(root, "status", "--porcelain") == ""


def test_adding_it_again_keeps_the_work_in_it(repository: Repository, tree: Path) -> None:
    write(tree, "a.py", "mine\n")
    assert repository.add_worktree(str(tree), "ab/backend/t1", "HEAD") == "ab/backend/t1"
    assert (tree / "a.py").read_text() == "mine\n"


def test_a_taken_branch_gets_a_number(repository: Repository, tree: Path) -> None:
    other, third = tree.parent / "r2", tree.parent / "r3"
    assert repository.add_worktree(str(other), "ab/backend/t1", "HEAD") == "ab/backend/t1-2"
    assert repository.add_worktree(str(third), "ab/backend/t1", "HEAD") == "ab/backend/t1-3"
    assert repository.add_worktree(str(other), "ab/backend/t1", "HEAD") == "ab/backend/t1-2"


def test_a_branch_left_by_an_interrupted_start_is_used(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    git(root, "branch", "ab/backend/t9")
    assert repository.add_worktree(str(tmp_path / "w"), "ab/backend/t9", "HEAD") == "ab/backend/t9"


def test_a_branch_of_the_user_is_never_used(repository: Repository, root: Path, tmp_path: Path) -> None:
    git(root, "branch", "feature")
    assert repository.add_worktree(str(tmp_path / "w"), "feature", "HEAD") == "feature-2"


def test_a_removed_directory_is_made_again_from_its_branch(repository: Repository, tree: Path) -> None:
    write(tree, "new.py", "x\n")
    repository.commit_worktree(str(tree), "ab/backend/t1", "work")
    subprocess.run(["rm", "-rf", str(tree)], check=True)
    assert repository.add_worktree(str(tree), "ab/backend/t1", "HEAD") == "ab/backend/t1"
    assert (tree / "new.py").read_text() == "x\n"


def test_many_worktrees_at_once(repository: Repository, tmp_path: Path) -> None:
    paths = [str(tmp_path / "many" / f"r{number}") for number in range(8)]

    def add(path: str) -> str:
        own = Repository(repository.root, repository.state)  # as another process would
        return own.add_worktree(path, "ab/x/same", "HEAD")

    with ThreadPoolExecutor(8) as pool:
        branches = list(pool.map(add, paths))
    assert len(set(branches)) == 8
    for path in paths:
        assert git(Path(path), "status", "--porcelain") == ""


@pytest.mark.parametrize(
    "name", ["-x", "a..b", "a b", "", "x.lock", "a//b", "HEAD", "refs/heads/x", "a\x1b[0m", ".x"]
)
def test_bad_branch_names_never_reach_git(repository: Repository, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadName):
        repository.add_worktree(str(tmp_path / "w"), name, "HEAD")


@pytest.mark.parametrize("revision", ["--output=/tmp/x", "HEAD@{1}", ":/start", "HEAD~1", "nothing-there"])
def test_expressions_and_options_are_no_revisions(repository: Repository, revision: str) -> None:
    with pytest.raises(GitFault):
        repository.resolve(revision)


def test_a_commit_has_every_change_and_nothing_else(repository: Repository, tree: Path, root: Path) -> None:
    base = repository.base()
    write(tree, "a.py", "changed\n")
    write(tree, "new/deep.py", "deep\n")
    write(tree, "odd\nname", "x\n")
    write(tree, "cache.pyc", "ignored\n")
    write(tree, "tool.sh", "#!/bin/sh\n").chmod(0o755)
    (tree / "src/b.py").unlink()
    (tree / "outside").symlink_to("/etc/passwd")
    made = repository.commit_worktree(str(tree), "ab/backend/t1", "Work\n\nWhy", author="Back End <b@x.org>")
    assert made is not None
    expected = ("a.py", "new/deep.py", "odd\nname", "outside", "src/b.py", "tool.sh")
    assert made.files == repository.changed_files(base, made.commit) == expected
    assert made.parent == base
    listed = git(root, "ls-tree", "-r", made.commit)
    assert "100755 blob" in next(line for line in listed.splitlines() if line.endswith("tool.sh"))
    assert "120000 blob" in next(line for line in listed.splitlines() if line.endswith("outside"))
    assert (
        git(root, "show", "-s", "--format=%an <%ae>|%B", made.commit).strip()
        == "Back End <b@x.org>|Work\n\nWhy"
    )
    assert git(tree, "status", "--porcelain") == ""
    assert git(root, "status", "--porcelain") == ""
    assert git(root, "fsck", "--strict") == ""


def test_what_commands_leave_behind_is_nobodys_work(
    repository: Repository, tree: Path, root: Path, tmp_path: Path
) -> None:
    for name in ("__pycache__/a.cpython-311.x", "src/.mypy_cache/3.11/a.json", "node_modules/left/pad.js"):
        write(tree, name, "made by a command\n")
    write(tree, "a.py", "changed\n")
    made = repository.commit_worktree(str(tree), "ab/backend/t1", "Work")
    assert made is not None
    assert made.files == ("a.py",)

    write(root, "node_modules/own.js", "tracked on purpose\n")
    git(root, "add", "-f", "node_modules")
    git(root, "commit", "-qm", "vendored")
    other = tmp_path / "state" / "worktrees" / "r2"
    repository.add_worktree(str(other), "ab/backend/t2", "HEAD")
    write(other, "node_modules/own.js", "changed on purpose\n")
    made = repository.commit_worktree(str(other), "ab/backend/t2", "Work")
    assert made is not None
    assert made.files == ("node_modules/own.js",)


def test_nothing_changed_is_no_commit(repository: Repository, tree: Path) -> None:
    assert repository.commit_worktree(str(tree), "ab/backend/t1", "empty") is None
    os.utime(tree / "a.py", (1, 1))
    assert repository.commit_worktree(str(tree), "ab/backend/t1", "touched") is None


def test_a_second_commit_call_commits_nothing_twice(repository: Repository, tree: Path, root: Path) -> None:
    write(tree, "a.py", "changed\n")
    assert repository.commit_worktree(str(tree), "ab/backend/t1", "once") is not None
    again = Repository(str(root), repository.state)
    assert again.commit_worktree(str(tree), "ab/backend/t1", "once") is None
    assert git(root, "rev-list", "--count", "ab/backend/t1").strip() == "2"


def test_a_lock_left_by_a_dead_process_does_not_stop_a_commit(repository: Repository, tree: Path) -> None:
    for index in (Path(repository.state) / "git/indexes").iterdir():
        Path(f"{index}.lock").touch()
    write(tree, "a.py", "changed\n")
    assert repository.commit_worktree(str(tree), "ab/backend/t1", "work") is not None


def test_a_lost_index_changes_no_result(repository: Repository, tree: Path) -> None:
    for index in (Path(repository.state) / "git/indexes").iterdir():
        index.unlink()
    write(tree, "a.py", "changed\n")
    repository.add_worktree(str(tree), "ab/backend/t1", "HEAD")
    made = repository.commit_worktree(str(tree), "ab/backend/t1", "work")
    assert made is not None
    assert made.files == ("a.py",)


def test_excluded_paths_stay_as_the_parent_has_them(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    write(root, ".claude/tasks/x-tasks.md", "old\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "tasks")
    tree = tmp_path / "w"
    branch = repository.add_worktree(str(tree), "ab/x/t", "HEAD")
    write(tree, ".claude/tasks/x-tasks.md", "new\n")
    write(tree, "shared/note.md", "new\n")
    write(tree, "sharedness.md", "ours\n")
    made = repository.commit_worktree(str(tree), branch, "work", exclude=(".claude/tasks", "shared/"))
    assert made is not None
    assert made.files == ("sharedness.md",)
    assert repository.file_at(made.commit, ".claude/tasks/x-tasks.md") == b"old\n"


def test_directories_and_files_can_take_each_others_place(repository: Repository, tree: Path) -> None:
    (tree / "a.py").unlink()
    write(tree, "a.py/inner", "x\n")
    (tree / "src/b.py").unlink()
    (tree / "src").rmdir()
    write(tree, "src", "now a file\n")
    made = repository.commit_worktree(str(tree), "ab/backend/t1", "swap")
    assert made is not None
    assert {"a.py/inner", "src"} <= set(repository.files(made.commit))
    assert not {"a.py", "src/b.py"} & set(repository.files(made.commit))


def test_a_directory_swapped_for_a_link_takes_nothing_from_outside(
    repository: Repository, tree: Path, tmp_path: Path
) -> None:
    write(tmp_path, "secrets/b.py", "secret\n")
    (tree / "src/b.py").unlink()
    (tree / "src").rmdir()
    (tree / "src").symlink_to(tmp_path / "secrets")
    made = repository.commit_worktree(str(tree), "ab/backend/t1", "swap")
    assert made is not None
    assert "src" in repository.files(made.commit)
    assert "src/b.py" not in repository.files(made.commit)
    assert repository.file_at(made.commit, "src") != b"secret\n"


def test_what_cannot_enter_a_commit_is_named(repository: Repository, tree: Path) -> None:
    write(tree, "vendor/.GIT/config", "[core]\n")
    write(tree, "odd/git~1", "x\n")
    os.mkfifo(tree / "pipe")
    (tree / "a.py").unlink()
    os.mkfifo(tree / "a.py")
    nested = tree / "nested"
    nested.mkdir()
    git(nested, "init", "-q")
    write(nested, "f", "x\n")
    write(tree, "good.py", "x\n")
    made = repository.commit_worktree(str(tree), "ab/backend/t1", "work")
    assert made is not None
    assert made.files == ("good.py",)
    assert {left.path for left in made.left_out} >= {"a.py", "nested/", "odd/git~1", "vendor/.GIT/config"}


def test_line_endings_are_converted_and_unchanged_files_keep_their_blob(root: Path, tmp_path: Path) -> None:
    write(root, "crlf.txt", b"kept\r\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "crlf")
    write(root, ".gitattributes", "*.txt text\n*.bat text eol=crlf\n")
    git(root, "add", ".gitattributes")
    git(root, "commit", "-qm", "attributes")
    repository = Repository(str(root), str(tmp_path / "state"))
    tree = tmp_path / "w"
    branch = repository.add_worktree(str(tree), "ab/x/t", "HEAD")
    write(tree, "run.bat", b"echo\r\n")
    os.utime(tree / "crlf.txt", (1, 1))
    made = repository.commit_worktree(str(tree), branch, "work")
    assert made is not None
    assert made.files == ("run.bat",)
    assert repository.file_at(made.commit, "run.bat") == b"echo\n"
    assert repository.file_at(made.commit, "crlf.txt") == b"kept\r\n"


def test_a_changed_lfs_path_is_refused_with_the_reason(root: Path, tmp_path: Path) -> None:
    write(root, ".gitattributes", "*.png filter=lfs diff=lfs merge=lfs -text\n")
    write(root, "logo.png", "version https://git-lfs.github.com/spec/v1\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "lfs")
    repository = Repository(str(root), str(tmp_path / "state"))
    tree = tmp_path / "w"
    branch = repository.add_worktree(str(tree), "ab/x/t", "HEAD")
    write(tree, "code.py", "x\n")
    assert repository.commit_worktree(str(tree), branch, "unchanged pointer") is not None
    write(tree, "logo.png", b"\x89PNG")
    with pytest.raises(GitFault, match=r"logo\.png.*lfs"):
        repository.commit_worktree(str(tree), branch, "picture")


def test_a_submodule_entry_is_kept(root: Path, tmp_path: Path) -> None:
    commit = git(root, "rev-parse", "HEAD").strip()
    git(root, "update-index", "--add", "--cacheinfo", f"160000,{commit},library")
    git(root, "commit", "-qm", "submodule")
    repository = Repository(str(root), str(tmp_path / "state"))
    tree = tmp_path / "w"
    branch = repository.add_worktree(str(tree), "ab/x/t", "HEAD")
    (tree / "library").rmdir()
    write(tree, "a.py", "changed\n")
    made = repository.commit_worktree(str(tree), branch, "work")
    assert made is not None
    assert f"160000 commit {commit}\tlibrary" in git(root, "ls-tree", made.commit)


def test_removing_archives_uncommitted_work_first(repository: Repository, tree: Path, root: Path) -> None:
    write(tree, "draft.py", "unfinished\n")
    kept = repository.remove_worktree(str(tree))
    assert kept == "refs/agentboard/archive/r1"
    assert git(root, "show", f"{kept}:draft.py") == "unfinished\n"
    assert not tree.exists()
    assert str(tree) not in git(root, "worktree", "list")
    assert repository.tip("ab/backend/t1") is not None


def test_removing_landed_work_archives_nothing(repository: Repository, tree: Path, root: Path) -> None:
    write(tree, "a.py", "done\n")
    repository.commit_worktree(str(tree), "ab/backend/t1", "work")
    git(root, "merge", "-q", "ab/backend/t1")
    assert repository.remove_worktree(str(tree)) is None
    assert git(root, "for-each-ref", "refs/agentboard") == ""


def test_what_is_set_aside_leaves_the_tree_as_its_branch_has_it(
    repository: Repository, tree: Path, root: Path
) -> None:
    put(tree, **{"a.py": "changed\n", "new/deep.py": "new\n", "shared/note.md": "shared\n", "x.pyc": "cache"})
    (tree / "src/b.py").unlink()
    (tree / "link").unlink()
    write(tree, "link/in.py", "a directory in its place\n")
    (tree / "outside").symlink_to("/etc/passwd")
    kept = repository.set_aside(str(tree), "ab/backend/t1", ["shared"])
    assert kept is not None
    assert git(root, "show", f"{kept}:a.py") == "changed\n"
    assert git(root, "show", f"{kept}:new/deep.py") == "new\n"
    assert git(tree, "status", "--porcelain").splitlines() == ["?? shared/"]
    assert (tree / "src/b.py").read_text() == "two\n"
    assert os.readlink(tree / "link") == "a.py"
    assert os.access(tree / "run.sh", os.X_OK)
    assert (tree / "x.pyc").exists(), "what git ignores is left alone"
    assert repository.set_aside(str(tree), "ab/backend/t1", ["shared"]) is None
    write(tree, "a.py", "again\n")
    made = repository.commit_worktree(str(tree), "ab/backend/t1", "next", exclude=["shared"])
    assert made is not None
    assert made.files == ("a.py",)


def test_archives_never_replace_each_other(repository: Repository, tree: Path, root: Path) -> None:
    write(tree, "draft.py", "first\n")
    first = repository.remove_worktree(str(tree))
    repository.add_worktree(str(tree), "ab/backend/t1", "HEAD")
    write(tree, "draft.py", "second\n")
    second = repository.remove_worktree(str(tree))
    assert (first, second) == ("refs/agentboard/archive/r1", "refs/agentboard/archive/r1-2")
    assert git(root, "show", f"{first}:draft.py") == "first\n"


def test_reading_differences_logs_and_files(repository: Repository, tree: Path) -> None:
    base = repository.base()
    write(tree, "a.py", "changed\n")
    made = repository.commit_worktree(str(tree), "ab/backend/t1", "Subject\n\nBody")
    assert made is not None
    text = repository.diff(base, made.commit)
    assert "-one\n+changed\n" in text
    assert repository.diff(base, made.commit, paths=("src",)) == ""
    assert [(e.subject, e.body) for e in repository.recent_log("ab/backend/t1", 5)] == [
        ("Subject", "Body"),
        ("start", ""),
    ]
    assert repository.file_at(base, "a.py") == b"one\n"
    assert repository.file_at(base, "missing") is None
    assert repository.merge_base("main", "ab/backend/t1") == base
    assert [(c.path, c.status, c.added, c.removed) for c in repository.changes(base, made.commit)] == [
        ("a.py", "M", 1, 1)
    ]


def test_a_huge_difference_is_cut(repository: Repository, tree: Path) -> None:
    base = repository.base()
    write(tree, "big.txt", "0123456789abcdef\n" * 400_000)
    made = repository.commit_worktree(str(tree), "ab/backend/t1", "big")
    assert made is not None
    text = repository.diff(base, made.commit)
    assert len(text) < 5_000_000
    assert "cut here" in text


def test_an_export_is_the_commit_and_nothing_more(repository: Repository, tmp_path: Path) -> None:
    place = tmp_path / "export"
    repository.export("HEAD", str(place))
    assert sorted(os.listdir(place)) == [".gitignore", "a.py", "link", "run.sh", "src"]
    with pytest.raises(GitFault, match="not empty"):
        repository.export("HEAD", str(place))


def test_the_users_index_and_files_stay_byte_for_byte(
    repository: Repository, root: Path, tmp_path: Path
) -> None:
    write(root, "staged.py", "staged\n")
    git(root, "add", "staged.py")
    write(root, "a.py", "being edited\n")
    before = ((root / ".git/index").read_bytes(), git(root, "status", "--porcelain"))
    tree = tmp_path / "w"
    branch = repository.add_worktree(str(tree), "ab/x/t", "HEAD")
    write(tree, "n.py", "x\n")
    repository.commit_worktree(str(tree), branch, "work")
    repository.remove_worktree(str(tree))
    assert ((root / ".git/index").read_bytes(), git(root, "status", "--porcelain")) == before


def test_a_linked_work_tree_of_the_user_is_a_project_too(root: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "-q", "-b", "side", str(linked))
    repository = Repository(str(linked), str(tmp_path / "state"))
    assert repository.head().branch == "side"
    tree = tmp_path / "w"
    branch = repository.add_worktree(str(tree), "ab/x/t", "HEAD")
    write(tree, "n.py", "x\n")
    assert repository.commit_worktree(str(tree), branch, "work") is not None


def test_five_thousand_files_are_quick(root: Path, tmp_path: Path) -> None:
    for number in range(5_000):
        write(root, f"many/{number % 50}/{number}.txt", f"{number}\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "many")
    repository = Repository(str(root), str(tmp_path / "state"))
    tree = tmp_path / "w"
    branch = repository.add_worktree(str(tree), "ab/x/t", "HEAD")
    write(tree, "many/0/0.txt", "changed\n")
    made = repository.commit_worktree(str(tree), branch, "one of many")
    assert made is not None
    assert made.files == ("many/0/0.txt",)


def test_importing_it_and_reading_head_imports_no_gitpython(root: Path) -> None:
    code = (
        "import sys; from agentboard_agents.repository import Repository; "
        f"print(Repository({str(root)!r}).head().branch, 'git' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["main", "False"]


def test_a_change_in_the_second_of_the_checkout_is_committed(tmp_path: Path) -> None:
    """Same size, same inode, same second: git tells it from an unchanged file by content alone."""
    root = make_project(tmp_path / "repo", {"a.txt": "two\n"})
    repository = Repository(str(root), str(tmp_path / "state"))
    trees = [str(tmp_path / f"tree{number}") for number in range(5)]
    branches = [repository.add_worktree(tree, f"ab/x/{Path(tree).name}", repository.base()) for tree in trees]
    for tree in trees:
        with (Path(tree) / "a.txt").open("r+b") as stream:
            stream.write(b"TWO\n")
    edited = int(time.time())
    until(lambda: int(time.time()) > edited)
    for tree, branch in zip(trees, branches, strict=True):
        assert repository.commit_worktree(tree, branch, "shout") is not None, tree
