"""What a project wants in each new work tree: only after trust, in the sandbox, never in a commit."""

from __future__ import annotations

from pathlib import Path

from tests.blackbox.foreign import Foreign, say, use
from tests.support.projects import FILES
from tests.support.shell import Home

SETUP = """setup:
  copy: [local.json, data, .env, missing.txt]
  commands:
    - cat local.json > ready.txt && echo set up >> ready.txt
    - sh prepare.sh
"""
LOOK = "cat ready.txt .env data/deep/x.txt; cat tracked.txt; ls -l tool.sh"


def configured(place: Path, setup: str = SETUP) -> Home:
    home = Home(
        place,
        {
            **FILES,
            ".agentboard.yaml": setup,
            ".gitignore": ".env\ndata/\nready.txt\n",
            "prepare.sh": "echo prepared >> ready.txt\n",
            "tracked.txt": "tracked\n",
        },
    )
    (home.root / "local.json").write_text("{}\n")
    (home.root / ".env").write_text("MODE=local\n")
    (home.root / "data" / "deep").mkdir(parents=True)
    (home.root / "data" / "deep" / "x.txt").write_text("deep\n")
    (home.root / "data" / "out").symlink_to("/etc/hostname")
    return home


def output(model: Foreign) -> str:
    return str(model.results()[0]["content"])


def test_nothing_is_copied_or_run_before_trust_and_all_of_it_after(tmp_path: Path) -> None:
    home = configured(tmp_path)
    with Foreign([use("Bash", 1, command=LOOK)], [say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1")
        assert "No such file" in output(model)
        assert "local" not in output(model)
        (item,) = [item for item in home.json("inbox") if item["kind"] == "problem"]
        assert "wait for trust" in item["text"]
        asked = home.agentboard("trust", code=1).stdout
        assert "run when a work tree is made: sh prepare.sh" in asked
        assert "copy into each work tree" in asked
        home.agentboard("trust", "--yes")
        told = home.agentboard("run", "api-engineer", "--task", "T2").stdout
    assert "set up: sh prepare.sh → done" in told
    assert "not copied: missing.txt" in told
    seen = output(model)
    for text in ("{}", "set up", "prepared", "MODE=local", "deep", "tracked"):
        assert text in seen
    run = home.json("runs")[0]
    assert run["disk_bytes"] > 0
    assert not (Path(run["worktree"]) / "data" / "out").is_symlink()
    assert "local.json" not in home.git("diff", "--name-only", "main", run["branch"])
    (home.root / "prepare.sh").write_text("echo changed\n")
    assert "sh prepare.sh" in home.agentboard("trust", code=1).stdout, "a yes is about the script, too"


def test_a_set_up_that_fails_ends_the_run_before_the_model_is_asked(tmp_path: Path) -> None:
    home = configured(tmp_path, "setup:\n  commands: ['echo no such registry >&2; exit 3']\n")
    home.agentboard("trust", "--yes")
    with Foreign([say()]) as model:
        home.model_at(model.url)
        home.agentboard("run", "api-engineer", "--task", "T1", code=1)
        assert model.requests == []
    (run,) = home.json("runs")
    assert "exit 3 (no such registry)" in run["reason"]
    assert "no network" in run["reason"]


def test_a_path_that_leads_out_is_a_problem(tmp_path: Path) -> None:
    home = configured(tmp_path, "setup:\n  copy: [../secret, /etc/passwd, .git/config]\n")
    told = home.agentboard("check", code=1)
    assert (told.stdout + told.stderr).count("cannot take") == 3
