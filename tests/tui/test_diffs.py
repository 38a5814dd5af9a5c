"""Diffs cut into files and hunks."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from agentboard_agents.project import Project
from agentboard_tui.diffs import DiffFault, parse, read_diff

DIFF = """\
diff --git a/shop/a.py b/shop/a.py
index 1..2 100644
--- a/shop/a.py
+++ b/shop/a.py
@@ -1,2 +1,3 @@
 keep
-old
+new
+--- not a header
diff --git a/b c.txt b/b c.txt
new file mode 100644
--- /dev/null
+++ b/b c.txt
@@ -0,0 +1 @@
+x
"""


def test_files_and_their_counts() -> None:
    files = parse(DIFF)
    assert [(file.path, file.counts) for file in files] == [("shop/a.py", (2, 1)), ("b c.txt", (1, 0))]


def test_a_removed_line_that_looks_like_a_header_is_a_line() -> None:
    text = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- gone\n"
    assert [line.kind for line in parse(text)[0].lines] == ["hunk", "remove"]


def test_rubbish_is_no_crash() -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    chance = random.Random(seed)
    for _ in range(200):
        parse("".join(chance.choice("diff --git a/b +-@\n\\ \x1b") for _ in range(300)))


def test_an_unknown_run_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    subprocess.run(["git", "init", "-q", str(tmp_path / "p")], check=True)
    with pytest.raises(DiffFault, match="no run"):
        read_diff(Project.open(str(tmp_path / "p")), "rnone")
