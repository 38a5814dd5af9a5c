"""Only the files module, and its private parts, write, rename or remove files."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
FLOORS = ("tasks/agentboard_tasks", "agents/agentboard_agents", "tui/agentboard_tui")

OWN = "the files module or a private part of it"
DATABASE = "creates agentboard's own SQLite file, private from the first byte"
STATE = "makes or clears agentboard's own state directory, outside of the project"
SCRATCH = "a temporary directory of its own"
DEVICES = "device nodes of its own, beside the machine's"
CONTROL_GROUP = "kernel control groups, not files"
ALLOWED = {
    "tasks/agentboard_tasks/files.py": OWN,
    "tasks/agentboard_tasks/beneath.py": OWN,
    "tasks/agentboard_tasks/beneath_append.py": OWN,
    "tasks/agentboard_tasks/beneath_swap.py": OWN,
    "tasks/agentboard_tasks/beneath_write.py": OWN,
    "agents/agentboard_agents/engine/dbos.py": DATABASE,
    "agents/agentboard_agents/schema.py": DATABASE,
    "agents/agentboard_agents/small_database.py": DATABASE,
    "agents/agentboard_agents/project.py": STATE,
    "agents/agentboard_agents/repository/history.py": STATE,
    "agents/agentboard_agents/repository/landing.py": STATE,
    "agents/agentboard_agents/repository/landing_index.py": STATE,
    "agents/agentboard_agents/repository/look.py": STATE,
    "agents/agentboard_agents/repository/plumbing.py": STATE,
    "agents/agentboard_agents/repository/snapshot.py": STATE,
    "agents/agentboard_agents/repository/worktrees.py": STATE,
    "agents/agentboard_agents/review/parties.py": STATE,
    "agents/agentboard_agents/session_git.py": STATE,
    "agents/agentboard_agents/worker_lock.py": STATE,
    "agents/agentboard_agents/worker_start.py": STATE,
    "agents/agentboard_agents/worker_tidy.py": STATE,
    "agents/agentboard_agents/gates/baseline.py": SCRATCH,
    "agents/agentboard_agents/protocols/changeset_claims.py": SCRATCH,
    "agents/agentboard_agents/sandbox/choice.py": SCRATCH,
    "agents/agentboard_agents/sandbox/devices.py": DEVICES,
    "agents/agentboard_agents/sandbox/landlock.py": SCRATCH,
    "agents/agentboard_agents/sandbox/limits.py": CONTROL_GROUP,
    "tui/agentboard_tui/cli/demonstration.py": SCRATCH,
    "tui/agentboard_tui/demo/proving.py": SCRATCH,
}
"""File -> why it may; everything else goes through `agentboard_tasks.files`."""

OS_CALLS = frozenset(
    {"rename", "renames", "replace", "unlink", "remove", "rmdir", "removedirs", "mkdir", "makedirs", "mkfifo"}
    | {"mknod", "link", "symlink", "truncate", "ftruncate", "chmod", "fchmod", "lchmod", "chown", "fchown"}
    | {"lchown", "utime", "setxattr", "removexattr"}
)
WRITE_FLAGS = frozenset({"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"})
PATH_CALLS = frozenset(
    ("write_text", "write_bytes", "touch", "symlink_to", "hardlink_to", "rmdir", "unlink", "mkdir", "chmod")
)
SHUTIL_READS = frozenset({"which", "disk_usage", "get_terminal_size"})
TEMPORARY = frozenset({"NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile", "mkdtemp", "mkstemp"})
OPENS = frozenset({"open", "io.open", "builtins.open", "os.fdopen"})


def writes(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each call that changes the file system."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _writes(node):
            yield node.lineno, ast.unparse(node)[:80]


def _writes(call: ast.Call) -> bool:
    name = ast.unparse(call.func)
    module, _, attribute = name.rpartition(".")
    if name == "os.open":
        return "os.devnull" not in ast.unparse(call) and any(
            flag in ast.unparse(call) for flag in WRITE_FLAGS
        )
    if attribute == "open" or name in OPENS:
        return "os.devnull" not in ast.unparse(call) and _mode_writes(call, 1 if name in OPENS else 0)
    if attribute == "replace" and module != "os":  # Path.replace has one argument, str.replace two
        return len(call.args) == 1 and not call.keywords
    table = {"os": attribute in OS_CALLS, "shutil": attribute not in SHUTIL_READS}
    return table.get(module, attribute in TEMPORARY or (bool(module) and attribute in PATH_CALLS))


def _mode_writes(call: ast.Call, position: int) -> bool:
    """Tell whether an open call has a mode that writes, or one that cannot be told."""
    mode: ast.expr | None = next((word.value for word in call.keywords if word.arg == "mode"), None)
    if mode is None and len(call.args) > position:
        mode = call.args[position]
    if isinstance(mode, ast.Constant) and isinstance(mode.value, str):
        return set(mode.value) <= set("rwaxbt+U") and bool(set(mode.value) & set("wax+"))
    return False


@pytest.mark.parametrize("floor", FLOORS)
def test_only_files_writes(floor: str) -> None:
    found = [
        f"{name}:{line}: {text}"
        for path in sorted((HERE / floor).rglob("*.py"))
        if (name := path.relative_to(HERE).as_posix()) not in ALLOWED
        for line, text in writes(path.read_text())
    ]
    assert found == [], "use agentboard_tasks.files, or give a reason in ALLOWED:\n" + "\n".join(found)


def test_nothing_of_the_files_floor_is_allowed_but_the_files_module() -> None:
    floor = [name for name, why in ALLOWED.items() if name.startswith("tasks/") and why != OWN]
    assert floor == []


@pytest.mark.parametrize(
    "source",
    [
        "open(p, 'w')",
        "open(p, mode='ab')",
        "io.open(p, 'r+')",
        "path.open('x')",
        "os.open(p, os.O_RDONLY | os.O_CREAT)",
        "os.replace(a, b)",
        "os.unlink(a)",
        "shutil.rmtree(a)",
        "Path(a).write_text('x')",
        "path.mkdir()",
        "path.replace(other)",
        "tempfile.mkdtemp()",
        "TemporaryDirectory()",
        "os.fdopen(d, 'wb')",
    ],
)
def test_the_scan_sees_writing(source: str) -> None:
    assert list(writes(source))


@pytest.mark.parametrize(
    "source", ["open(p)", "open(p, 'rb')", "os.open(p, os.O_RDONLY)", "text.replace('a', 'b')", "path.open()"]
)
def test_the_scan_lets_reading_pass(source: str) -> None:
    assert not list(writes(source))
