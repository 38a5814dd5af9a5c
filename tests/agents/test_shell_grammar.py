"""The grammar of the shell: a process apart, so that no hostile command and no broken grammar harms us."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentboard_agents import shell_grammar, shell_words
from agentboard_agents.permission_policy import Policy, act_of
from agentboard_agents.permission_rules import Rule
from agentboard_agents.shell_words import Plain, Seen, commands_in, plain_command
from agentboard_tui.cli.entry import run

UNREADABLE = {
    "a NUL": "ls\0-la",
    "half a surrogate": "ls \ud83d",
    "too long": "ls " + "a" * 20_000,
    "open quotes": "ls 'a",
    "open brackets": "$(" * 5_000,
    "deep expansions": "${x:-" * 3_000 + "}" * 3_000,
    "too many words": "a;" * 9_900,
}


def verdict(
    command: str,
    *,
    deny: tuple[Rule, ...] = (),
    ask: tuple[Rule, ...] = (),
    allow: tuple[Rule, ...] = (),
) -> str:
    return Policy(deny, ask, allow).decide(act_of("Bash", {"command": command}, "", ())).verdict


@pytest.fixture
def forget() -> None:
    shell_words.read.cache_clear()


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_neither_plain_nor_readable(name: str) -> None:
    assert plain_command(UNREADABLE[name]) is None
    assert not commands_in(UNREADABLE[name]).readable


def test_twenty_thousand_characters_are_read() -> None:
    command = "echo '" + "a" * (20_000 - 7) + "'"
    assert plain_command(command) == Plain(("echo", command[6:-1]))


@pytest.mark.parametrize("code", [*range(1, 32), 0x7F, 0x85, 0x9B, 0x200B, 0x202E, 0x2028, 0xFEFF])
def test_no_control_character_outside_of_quotes_is_plain(code: int) -> None:
    odd = chr(code)
    spaces = odd in "\t\n"
    assert plain_command(f"ls{odd}x") == (Plain(("ls", "x")) if odd == "\t" else None)
    assert (plain_command(f"{odd}ls") is None) != spaces
    assert (plain_command(f"ls -a{odd}") is None) != spaces
    assert plain_command(f"echo 'a{odd}b'") == (Plain(("echo", f"a{odd}b")) if odd != "\r" else None)


def test_a_carriage_return_hides_no_command() -> None:
    """bash takes it for a letter, shfmt for a blank, after which a comment may begin."""
    assert commands_in("x\r#y; rm z").commands[-1] == ("rm", "z")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_to_an_end(text: str) -> None:
    assert isinstance(commands_in(text), Seen)
    plain_command(text)


@pytest.mark.soak
@settings(max_examples=5_000, deadline=None)
@given(st.text("ab '\"\\\n\t$`(){}[]<>|&;#!=*?~-\r\x01é\x85\ud83d", max_size=80))
def test_any_text_of_live_characters_is_read_to_an_end(text: str) -> None:
    assert isinstance(commands_in(text), Seen)
    plain_command(text)


BROKEN = {
    "crashes": "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)",
    "crashes after its answer": 'print(\'{"Type":"File"}\', flush=True); import os; os.abort()',
    "fails in an odd way": "raise SystemExit(2)",
    "hangs": "import time; time.sleep(600)",
    "hangs with a child of its own": "import os, time; os.fork(); time.sleep(600)",
    "leaves a child that holds the pipe": "import os, time; os.fork() or time.sleep(600)",
    "prints nothing": "pass",
    "prints garbage": "print('\\x00\\xff not a tree')",
    "prints a list": "print('[]')",
    "prints another object": "print('{}')",
    "prints a tree of something else": 'print(\'{"Type":"File","Cmd":{"Type":"CallExpr","Args":[3]}}\')',
    "prints a tree without end": 'print(\'{"Type":"File","Stmts":\' + "[" * 100000)',
    "prints without end": "while True: print('x' * 65536)",
}


def grammar_of(directory: Path, body: str) -> str:
    script = directory / "shfmt"
    script.write_text(f"#!{sys.executable} -IS\nimport sys\nif True:\n    {body}\n")
    script.chmod(0o755)
    return str(script)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_grammar_asks_and_harms_nobody(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget: None
) -> None:
    path = grammar_of(tmp_path, BROKEN[name])
    monkeypatch.setattr(shell_grammar, "program", lambda: path)
    monkeypatch.setattr(shell_grammar, "TIME_LIMIT", 0.5)
    began = time.monotonic()
    assert verdict("ls -la", deny=(Rule("Bash", "rm *"),), allow=(Rule("Bash", "ls *"),)) == "ask"
    assert verdict("ls -la", allow=(Rule("Bash", "ls *"),)) == "unsaid"
    assert time.monotonic() - began < 10
    monkeypatch.undo()
    assert verdict("ls -la", deny=(Rule("Bash", "rm *"),), allow=(Rule("Bash", "ls *"),)) == (
        "ask" if name == "prints without end" else "allow"
    ), "a fault is not remembered, a tree that is too large is"
    shell_words.read.cache_clear()


def test_a_missing_grammar_asks_and_doctor_says_so(
    monkeypatch: pytest.MonkeyPatch, forget: None, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shell_grammar, "program", lambda: None)
    assert verdict("ls -la", ask=(Rule("Bash", "rm *"),), allow=(Rule("Bash", "ls *"),)) == "ask"
    assert verdict("cat .env", deny=(Rule("Read", ".env"),)) == "deny"
    assert run(["doctor"]) == 0
    assert "shfmt is missing" in capsys.readouterr().out
    monkeypatch.undo()
    assert run(["doctor"]) == 0
    assert "commands are read by shfmt" in capsys.readouterr().out


def test_the_grammar_is_the_installed_one_whatever_path_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    grammar_of(tmp_path, f"open({str(canary)!r}, 'w')")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    shell_grammar.program.cache_clear()
    shell_words.read.cache_clear()
    assert plain_command("ls -la") == Plain(("ls", "-la"))
    assert shell_grammar.program() != str(tmp_path / "shfmt")
    assert not canary.exists()


def test_the_grammar_is_given_nothing_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget: None
) -> None:
    told = tmp_path / "told"
    path = grammar_of(
        tmp_path, f"import os; open({str(told)!r}, 'w').write(repr((dict(os.environ), os.getcwd())))"
    )
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary")
    monkeypatch.setattr(shell_grammar, "program", lambda: path)
    commands_in("ls environment")
    assert "canary" not in told.read_text()
    assert told.read_text().endswith("'/')")


LIVE = "ab-=.,:/~*?+%@^ '\"\\\n\t\r$`(){}[]<>|&;#!\x01é\x85\u00a0"
BASH = shutil.which("bash") or "bash"
RECORD = 'args() { printf "%s\\0" "$@"; }; '


def words_for_bash(command: str, directory: str) -> list[str] | None:
    """Return the words that bash itself hands over, with no program in reach; `None` for an error."""
    done = subprocess.run(
        [BASH, "--norc", "--noprofile", "-c", RECORD + command],
        cwd=directory,
        env={"PATH": "/nonexistent", "HOME": "/home/somebody", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=False,
    )
    text = done.stdout.decode("utf-8", "surrogateescape")
    return text.split("\0")[:-1] if done.returncode == 0 else None


def check_against_bash(text: str, directory: str) -> bool:
    """Check one text; tell whether it was plain."""
    plain = plain_command(f"args {text}")
    if plain is None:
        return False
    assert plain.argv[0] == "args"
    assert words_for_bash(f"args {text}", directory) == list(plain.argv[1:] or [""])
    return True


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(LIVE, max_size=6), max_size=4))
def test_what_is_plain_is_what_bash_reads(tmp_path: Path, words: list[str]) -> None:
    check_against_bash(" ".join(words), str(tmp_path))


@pytest.mark.soak
@settings(max_examples=8_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(LIVE, max_size=6) | st.text("ab'\"\\ ", max_size=8), max_size=5))
def test_what_is_plain_is_what_bash_reads_in_many_texts(tmp_path: Path, words: list[str]) -> None:
    check_against_bash(" ".join(words), str(tmp_path))


@pytest.mark.parametrize(
    "text", ["a 'b c' \"d\"", "-x=1 *.py", "a''b \"\" ''", '\'\n\' "a\\"b"', "2>&1 x >/dev/null"]
)
def test_plain_texts_are_read_as_bash_reads_them(tmp_path: Path, text: str) -> None:
    assert check_against_bash(text, str(tmp_path)) or ">" in text


def test_the_comparison_with_bash_sees_a_missing_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forget: None
) -> None:
    assert not check_against_bash("~/x", str(tmp_path))
    shell_words.read.cache_clear()
    monkeypatch.setattr(shell_words, "HOME", re.compile(r"(?!)"))
    with pytest.raises(AssertionError):
        check_against_bash("~/x", str(tmp_path))
    shell_words.read.cache_clear()
