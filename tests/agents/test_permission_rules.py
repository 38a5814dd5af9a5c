"""Permission rules: which acts each kind of rule is about; deny before ask before allow."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentboard_agents.permission_policy import Policy, act_of
from agentboard_agents.permission_rules import Rule, parse_rule
from agentboard_agents.permission_settings import settings_of
from agentboard_agents.permissions import approved, hidden_characters

ROOTS = ("/state/worktrees/r1", "/home/ann/shop", "/project")


def rule(text: str) -> Rule:
    found = parse_rule(text, "s.json")
    assert found is not None
    return found


def verdict(tool: str, given: dict[str, object], **lists: list[str]) -> str:
    parts = {name: tuple(rule(text) for text in texts) for name, texts in lists.items()}
    policy = Policy(parts.get("deny", ()), parts.get("ask", ()), parts.get("allow", ()))
    return policy.decide(act_of(tool, given, "", ROOTS)).verdict


@pytest.mark.parametrize(
    ("text", "tool", "given", "about"),
    [
        ("Read(.env)", "Read", {"file_path": "app/.env"}, True),
        ("Read(/.env)", "Read", {"file_path": "app/.env"}, False),
        ("Read(./secrets/**)", "Grep", {"path": "secrets/a", "pattern": "x"}, True),
        ("Read(*.pem)", "Read", {"file_path": "/state/worktrees/r1/keys/a.pem"}, True),
        ("Read(*.pem)", "Read", {"file_path": "/project/./x/../keys/a.pem"}, True),
        ("Read(.env)", "Bash", {"command": "cat < ./.env"}, True),
        ("Read(.env)", "Bash", {"command": "grep x .env | wc"}, True),
        ("Edit(src/**)", "Write", {"file_path": "src/a.py"}, True),
        ("Edit(src/**)", "NotebookEdit", {"notebook_path": "src/a.ipynb"}, True),
        ("Edit(src/**)", "Read", {"file_path": "src/a.py"}, False),
        ("Edit(src/**)", "Bash", {"command": "echo x > src/a.py"}, True),
        ("WebFetch(domain:evil.com)", "WebFetch", {"url": "https://a.evil.com:443/x"}, True),
        ("WebFetch(domain:evil.com)", "WebFetch", {"url": "https://notevil.com/x"}, False),
        ("WebFetch(domain:evil.com)", "WebFetch", {"url": "https://good.com@evil.com/"}, True),
        ("mcp__db", "mcp__db__query", {}, True),
        ("mcp__db__*", "mcp__db__query", {}, True),
        ("mcp__db__query", "mcp__db__drop", {}, False),
        ("Agent(Explorer)", "Task", {"subagent_type": "explorer"}, True),
        ("Bash", "Bash", {"command": "ls"}, True),
        ("Bash(git push *)", "Bash", {"command": "cd x && git -C . push -f"}, True),
        ("Bash(rm -rf *)", "Bash", {"command": "rm -r -f x"}, True),
        ("Bash(rm *)", "Bash", {"command": "echo rm"}, False),
    ],
)
def test_a_deny_rule_reaches_whatever_it_may_be_about(
    text: str, tool: str, given: dict[str, object], about: bool
) -> None:
    assert (verdict(tool, given, deny=[text]) == "deny") == about


HIDDEN = """\
/bin/rm x
r''m x
$'\\x72m' x
xargs rm
find . -exec rm {} ;
cat <(rm x)
bash -ec 'rm x'
bash <<< 'rm x'
eval "r"m x
alias y=rm; y x
trap 'rm x' EXIT
f() { rm x; }; f
x=$(rm x)
git -c alias.x='!rm x' x
env -S 'A=1 rm x'
flock x -c 'rm x'
script -c 'rm x'
at now <<< 'rm x'
! time nice -n 5 rm x"""
UNCLEAR = """\
echo 'rm x' | sh
cat x | bash -e
{rm,x}
r?m x
a=rm; $a x
bash -c "$CMD"
sh -s"""
OTHERS = """\
echo rm x
git rm x
grep -r rm x
bash --version
bash run.sh
ls *.py
cat <<< rm"""


@pytest.mark.parametrize("command", [*HIDDEN.splitlines(), "sh <<E\nrm x\nE", "rm\\\n x"])
def test_a_denied_command_is_found_where_it_hides(command: str) -> None:
    assert verdict("Bash", {"command": command}, deny=["Bash(rm *)"]) == "deny"


@pytest.mark.parametrize("command", UNCLEAR.splitlines())
def test_a_command_that_may_be_a_denied_one_asks(command: str) -> None:
    assert verdict("Bash", {"command": command}, deny=["Bash(rm *)"]) == "ask"


def test_a_file_is_found_in_a_command_that_is_too_long_to_read() -> None:
    command = f"echo {'a' * 50_000}; cat .env"
    assert verdict("Bash", {"command": command}, deny=["Read(.env)"]) == "deny"


@pytest.mark.parametrize("command", OTHERS.splitlines())
def test_a_command_that_is_another_one_does_not_ask(command: str) -> None:
    assert verdict("Bash", {"command": command}, deny=["Bash(rm *)"]) == "unsaid"


def test_deny_wins_over_ask_and_ask_over_allow() -> None:
    ls: dict[str, object] = {"command": "ls -la"}
    assert verdict("Bash", ls, deny=["Bash(ls *)"], ask=["Bash(ls *)"], allow=["Bash(ls *)"]) == "deny"
    assert verdict("Bash", ls, ask=["Bash(ls *)"], allow=["Bash(ls *)"]) == "ask"
    assert verdict("Bash", ls, allow=["Bash(ls *)"]) == "allow"
    assert verdict("Bash", ls) == "unsaid"


@pytest.mark.parametrize("command", ["$X y", "ls; `x` y", "if", 'eval "$A"; "$B" c'])
def test_a_command_that_cannot_be_read_asks_where_rules_mind_commands(command: str) -> None:
    assert verdict("Bash", {"command": command}, deny=["Bash(rm *)"]) == "ask"
    assert verdict("Bash", {"command": command}, allow=["Bash(ls *)"]) == "unsaid"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.com/good.com",
        "https://good.com.evil.com",
        "ftp://good.com",
        "https://u@good.com",
        "//good.com",
        "https://good.com\\@evil.com",
    ],
)
def test_an_allowed_domain_is_that_host_alone(url: str) -> None:
    assert verdict("WebFetch", {"url": url}, allow=["WebFetch(domain:good.com)"]) == "unsaid"
    assert verdict("WebFetch", {"url": "https://good.com/x"}, allow=["WebFetch(domain:good.com)"]) == "allow"


def test_rules_that_are_none_are_problems_and_a_broken_list_is_no_crash() -> None:
    found = settings_of(
        {"permissions": {"allow": ["Bash(", 3, None, "Bash(ls)"], "deny": "x"}}, "s.json", own=False
    )
    assert [str(one) for one in found.allow] == ["Bash(ls)"]
    assert [str(one) for one in found.deny] == ["x"]
    assert len(found.problems) == 4


@given(
    st.text(max_size=300), st.sampled_from(["Bash(rm *)", "Bash(git push:*)", "Read(.env)", "Edit(/a/**)"])
)
def test_no_command_breaks_the_rules(command: str, text: str) -> None:
    assert verdict("Bash", {"command": command}, deny=[text], allow=[text]) in {
        "deny",
        "ask",
        "allow",
        "unsaid",
    }


def test_invisible_characters_are_named() -> None:
    assert hidden_characters("ls \u202eab\u200b\x1b\n\t") == ("<U+202E>", "<U+200B>", "␛")
    assert hidden_characters("grep 'ü' datei") == ()


@pytest.mark.parametrize(
    "answer", ["approve", "always for this run", "yes", "approve: fine", "Always", "once", "for this project"]
)
def test_what_counts_as_a_yes(answer: str) -> None:
    assert approved(answer)
    assert not approved(f"do not {answer}")


NESTED = {
    "substitutions": "$(" * 6_600,
    "quotes": "'\"" * 9_000,
    "many commands": "a;" * 9_900,
    "many words": "a " * 9_900,
    "evals": "eval " * 3_900,
    "shells": "sh -c 'sh -c \"sh -c ls\"' " * 700,
    "prefixes": "xargs " * 3_000,
}


def spent() -> float:
    """Return the processor's time of this process and of those that it started, in seconds."""
    return sum(os.times()[:4])


@pytest.mark.parametrize("name", NESTED)
def test_no_command_takes_long_to_judge(name: str) -> None:
    allow = [f"Bash(tool{number} *)" for number in range(200)]
    begun = spent()
    verdict("Bash", {"command": NESTED[name]}, deny=["Bash(rm *)", "Read(.env)"], allow=allow)
    assert spent() - begun < 4.0
