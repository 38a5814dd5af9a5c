"""No path and no race leads outside of the root, and git's own files are never written."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentboard_tasks import beneath
from agentboard_tasks.files import FileFault, Missing, Refused, Root, TooLarge

CANARY = b"canary"

UPWARDS = [
    *("/".join([".."] * depth + ["outside"]) for depth in range(1, 12)),
    *(
        "/".join(["a"] * down + [".."] * (down + up) + ["outside"])
        for down in range(1, 8)
        for up in range(1, 5)
    ),
    *("/".join(["a", "."] * down + [".."] * (down + 1) + ["outside"]) for down in range(1, 6)),
    "..",
    "../",
    "a/..",
    "a/../..",
    "./..",
    "./../outside",
    "a/./../../outside",
    "a/../../project/../outside",
]
ABSOLUTE = [
    "/",
    "//",
    "///etc/passwd",
    "//etc/passwd",
    "/etc/passwd",
    "/etc/shadow",
    "/proc/self/root/etc/passwd",
    "/proc/self/cwd/../outside",
    "/proc/self/fd/0",
    "/dev/null",
    "/dev/stdin",
    "/dev/tty",
    "/tmp",
    "/root/.ssh/authorized_keys",
    "{outside}",
    "{outside}/",
    "//{outside}",
]
MALFORMED = [
    "a//b",
    "a/",
    "a//",
    "//",
    "a/\0b",
    "\0",
    "a\0",
    "outside\0.md",
    "../outside\0",
    "x" * 256,
    "é" * 128,
    "/".join(["y" * 200] * 30),
    "\ud800",
    "a/\udfff\ud83d",
    "",
    ".",
    "./",
    "./.",
]
LINKED = [
    f"{link}{rest}"
    for link in ("up", "abs", "file", "chain", "loop", "a/up", "proc", "self", "dangling")
    for rest in ("", "/outside", "/outside/x", "/x", "/../outside", "/./outside", "/etc/passwd")
]
GIT = [
    ".git",
    ".GIT",
    ".Git",
    ".gIt",
    ".giT",
    ".git.",
    ".git..",
    ".git ",
    ".git  ",
    ".git . ",
    ".git. .",
    " .git",
    ".git::$INDEX_ALLOCATION",
    ".git:stream",
    ".git::$DATA",
    ".GIT:x",
    "git~1",
    "GIT~1",
    "git~2",
    "Git~10",
    ".g\u200cit",
    ".\u200dgit",
    ".gi\u202et",
    ".git\u200e",
    "\ufeff.git",
    ".g\u206ait",
    ".git\u2060",
    ".ｇｉｔ",
    "．git",
    ".ＧＩＴ",
    ".\u00adgit",
    "a\\.git",
    ".git\\config",
    "x\\.GIT\\y",
]
IN_GIT = [
    pattern.format(git=name)
    for name in GIT
    for pattern in ("{git}", "{git}/config", "{git}/hooks/pre-commit", "sub/{git}/x", "a/b/{git}")
]
READING = [*UPWARDS, *ABSOLUTE, *MALFORMED, *LINKED]
WRITING = [*READING, *IN_GIT]


def snapshot(place: Path) -> dict[str, bytes | str]:
    """Return everything beneath `place`, contents and link targets."""
    found: dict[str, bytes | str] = {}
    for above, directories, files in os.walk(place):
        for name in [*directories, *files]:
            path = Path(above, name)
            if path.is_symlink():
                found[str(path)] = os.readlink(path)
            else:
                found[str(path)] = path.read_bytes() if path.is_file() else ""
    return found


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project full of ways out, beside what must not change."""
    outside, project = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    (outside / "outside").write_bytes(CANARY)
    (outside / "x").write_bytes(CANARY)
    (project / "a" / "a" / "a").mkdir(parents=True)
    (project / ".git" / "hooks").mkdir(parents=True)
    (project / ".git" / "config").write_bytes(CANARY)
    for name, aim in {
        "up": "../outside",
        "abs": str(outside),
        "file": "../outside/x",
        "chain": "up",
        "loop": "loop",
        "a/up": "../../outside",
        "proc": "/proc/self/root",
        "self": ".",
        "dangling": "../outside/new",
    }.items():
        os.symlink(aim, project / name)
    return tmp_path


@pytest.fixture(params=["openat2", "stepwise"])
def root(request: pytest.FixtureRequest, place: Path, monkeypatch: pytest.MonkeyPatch) -> Root:
    if request.param == "stepwise":
        monkeypatch.setattr(beneath, "supported", lambda: False)
    return Root(str(place / "project"))


def test_the_corpus_is_large_enough() -> None:
    assert len(set(WRITING)) >= 250


def test_no_path_reads_outside(root: Root, place: Path) -> None:
    for rel in (path.format(outside=place / "outside/x") for path in READING):
        with pytest.raises((Refused, Missing, TooLarge)):
            root.read(rel)
        with pytest.raises((Refused, Missing, TooLarge)):
            root.read_settled(rel)
        with pytest.raises((Refused, Missing, TooLarge)):
            root.read_from(rel, 0, 100)
        if "/" in rel.strip("./"):
            with pytest.raises((Refused, Missing)):
                root.entries(rel)


def test_no_path_writes_outside_or_into_git(root: Root, place: Path) -> None:
    root.write("source", b"x")
    before = snapshot(place)
    acts: tuple[Callable[[str], object], ...] = (
        lambda rel: root.write(rel, b"evil"),
        lambda rel: root.write_new(rel, b"evil"),
        lambda rel: root.append(rel, b"evil"),
        lambda rel: root.make_directory(rel),
        lambda rel: root.rename("source", rel),
        lambda rel: root.swap(rel, CANARY, b"evil", lambda _: None),
        lambda rel: root.lock(rel).__enter__(),
    )
    for rel, act in itertools.product(WRITING, acts):
        with pytest.raises(FileFault):
            act(rel.format(outside=place / "outside/x"))
    assert snapshot(place) == before


@pytest.mark.parametrize("rel", IN_GIT, ids=ascii)
def test_no_spelling_of_git_is_written_or_removed(root: Root, rel: str) -> None:
    for act in (lambda: root.write(rel, b"evil"), lambda: root.remove(rel), lambda: root.rename(rel, "b")):
        with pytest.raises(Refused, match=r"git's own files|not valid"):
            act()


def test_what_only_looks_like_git_is_written(root: Root) -> None:
    for rel in (
        ".gitignore",
        ".github/workflows/ci.yml",
        "git",
        "legit",
        ".gitattributes",
        "my.git.md",
        "git~x",
    ):
        root.write(rel, b"fine")
        assert root.read(rel).data == b"fine"


SWAPPER = """
import os, sys
project, outside = sys.argv[1:]
os.chdir(project)
print("ready", flush=True)
while True:
    try:
        os.rename("d", "real"); os.symlink(outside, "d")
        os.unlink("d"); os.rename("real", "d")
        os.rename("d/f", "d/g"); os.symlink(outside + "/f", "d/f")
        os.unlink("d/f"); os.rename("d/g", "d/f")
    except OSError:
        for undo in (lambda: os.unlink("d"), lambda: os.rename("real", "d")):
            try: undo()
            except OSError: pass
"""


def race(root: Root, attempts: int, seed: int) -> int:
    """Read and write a path whose parts are swapped for links all the time; return how often that worked."""
    source = random.Random(seed)
    done = 0
    acts: tuple[Callable[[], object], ...] = (
        lambda: root.write("d/f", b"ours", durable=False),
        lambda: root.append("d/f", b"+", durable=False),
        lambda: root.read("d/f").data == CANARY and pytest.fail("read outside"),
        lambda: root.write("d/new/f", b"ours", durable=False),
        lambda: root.remove("d/new/f"),
        lambda: root.rename("d/new/f", "d/new/g"),
    )
    for _ in range(attempts):
        try:
            source.choice(acts)()
            done += 1
        except FileFault:
            continue
    return done


def swap_race(root: Root, tmp_path: Path, attempts: int) -> None:
    outside = tmp_path / "away"
    outside.mkdir()
    (outside / "f").write_bytes(CANARY)
    os.mkdir(f"{root.path}/d")
    Path(f"{root.path}/d/f").write_bytes(b"inside")
    argv = [sys.executable, "-c", SWAPPER, root.path, str(outside)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as swapper:
        try:
            assert swapper.stdout is not None
            swapper.stdout.readline()
            done = race(root, attempts, seed=20261120)
        finally:
            swapper.kill()
    assert done > attempts // 50, "the race never let anything through: it shows nothing"
    assert snapshot(outside) == {str(outside / "f"): CANARY}


def test_a_link_swap_race_gets_nothing_outside(root: Root, tmp_path: Path) -> None:
    swap_race(root, tmp_path, 2_000)


@pytest.mark.soak
def test_a_long_link_swap_race_gets_nothing_outside(root: Root, tmp_path: Path) -> None:
    swap_race(root, tmp_path, 20_000)
