"""Agent files of every way of working become definitions, with what is wrong said."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentboard_agents.definition import AgentDefinition, is_agent, parse
from agentboard_agents.definition_fields import split_tools, tool_names

BRIEF = b"""---
name: api-worker
description: Builds the API
tools: Glob, LS, Read, KillShell, Bash
Model: claude-opus-4-6
color: blue
---

Role: Staff Engineer
Specialization: APIs

Your working directory is: /project/api/

Your task: [The lead writes the task here]

Feature context: [The lead pastes the whole feature here]

Shared artifacts directory: /project/shared/

- e.g. /project/shared/order-api-schema.json

When done: write your summary to /project/shared/api-worker-summary.md and add a JSON block with:
{ completed, blockers, next_recommended_action, files_modified }
"""

CHANGESET = b"""---
name: API Worker
description: Writes change sets
tools: ['Bash', 'Glob', 'Read']
---

You are a worker.

Your role:
- Read the task

Output format:
{
  "files": [
    {"path": "a.py", "action": "create" | "modify", "content": "..."}
  ],
  "explanation": "why"
}

## Maturity Level: D2
Works alone

### Capabilities at this level:
- complex_logic
- error_handling

## Error Recovery
- Max correction attempts: 3
"""

RALPH = b"""---
name: API Python Expert
description: Loops over a PRD
mode: subagent
---

Load `tasks/api_prd.json`, find the first story where `passes: false`.
Read `tasks/api_progress.txt`. Append to progress.txt. All tests pass (`pytest` or alike).
"""

TABLE = b"""copied page text
4.2 KiB
| name | description | tools | model |
|---|---|---|---|
| senior-api-engineer | Writes code | Read, mcp__db__query | opus |
First Step
- Read the shared team protocol:
.claude/agents-shared/team-protocol.md - Read your memory directory:
.claude/agents-memory/senior-api-engineer/ - list files
- Read `api/CLAUDE.md`
Role: Senior API Engineer (Tier 2)
Hierarchy
- Lead: Architecture Lead
- Tier: 2
- Peers: API Architect, DB Architect
Memory
write to .claude/agents-memory/senior-api-engineer/<date>-<topic-slug>.md.
"""

CHECKLIST = b"""---
name: api-engineer
description: Keeps a task list
tools: Read, Write, TodoRead
---

# API Engineer Agent

Maintain your list in `.claude/tasks/api-engineer-tasks.md`. Read `CLAUDE.md`, then the "API Requirements"
section of `requirements.md`.

```markdown
## To Do
- [ ] Task description
```
"""


def messages(definition: AgentDefinition) -> str:
    return "\n".join(problem.message for problem in definition.problems)


def test_the_brief_has_its_placeholders_directories_and_summary() -> None:
    agent = parse(BRIEF, ".claude/agents/api-worker.md")
    assert (agent.name, agent.model, agent.color) == ("api-worker", "claude-opus-4-6", "blue")
    assert agent.tools == ("Glob", "LS", "Read", "KillShell", "Bash")
    assert (agent.working_directory, agent.shared_directory) == ("api", "shared")
    assert agent.summary == "shared/api-worker-summary.md"
    assert agent.summary_keys == ("completed", "blockers", "next_recommended_action", "files_modified")
    assert [(hole.text, hole.label, hole.line) for hole in agent.placeholders] == [
        ("[The lead writes the task here]", "Your task", 14),
        ("[The lead pastes the whole feature here]", "Feature context", 16),
    ]
    assert agent.protocol == "brief"
    assert agent.role == "Staff Engineer"


def test_a_capitalised_key_is_read_and_explained_at_its_line() -> None:
    agent = parse(BRIEF, "a.md")
    assert [(problem.line, problem.file) for problem in agent.problems] == [(5, "a.md")]
    assert "`Model`" in agent.problems[0].message
    assert "Claude Code ignores" in agent.problems[0].hint


def test_a_change_set_is_wanted_and_the_level_known() -> None:
    agent = parse(CHANGESET, "worker.md")
    assert (agent.name, agent.stem) == ("API Worker", "worker")
    assert agent.tools == ("Bash", "Glob", "Read")
    assert agent.wants_changeset
    assert (agent.protocol, agent.maturity, agent.correction_attempts) == ("changeset", "D2", 3)
    assert agent.capabilities == ("complex_logic", "error_handling")
    assert agent.role is None


def test_the_loop_names_its_prd_and_log() -> None:
    agent = parse(RALPH, "expert.md")
    assert (agent.prd, agent.progress) == ("tasks/api_prd.json", "tasks/api_progress.txt")
    assert (agent.protocol, agent.tools, agent.model) == ("ralph", None, None)
    assert agent.quality_commands == ("pytest",)


def test_a_table_gives_the_fields_and_the_prose_the_hierarchy() -> None:
    agent = parse(TABLE, "senior-api-engineer.md")
    assert (agent.name, agent.model, agent.dialect) == ("senior-api-engineer", "opus", "table")
    assert agent.tools == ("Read", "mcp__db__query")
    assert (agent.role, agent.lead, agent.tier) == ("Senior API Engineer", "Architecture Lead", 2)
    assert agent.peers == ("API Architect", "DB Architect")
    assert agent.memory_directory == ".claude/agents-memory/senior-api-engineer"
    assert agent.team_protocol == ".claude/agents-shared/team-protocol.md"
    assert agent.module_guides == ("api/CLAUDE.md",)
    assert agent.protocol == "consultation"
    assert [problem.line for problem in agent.problems] == [3]
    assert "table" in messages(agent)


def test_a_task_list_and_the_requirements_section_are_named() -> None:
    agent = parse(CHECKLIST, "api-engineer.md")
    assert agent.task_list == ".claude/tasks/api-engineer-tasks.md"
    assert (agent.requirements, agent.requirements_section) == ("requirements.md", "API Requirements")
    assert (agent.protocol, agent.module_guides) == ("checklist", ("CLAUDE.md",))
    assert agent.placeholders == ()
    assert agent.problems == ()


def test_a_file_without_front_matter_is_named_by_its_stem() -> None:
    agent = parse(b"You are a reviewer.\n", ".claude/agents/Code Reviewer.md")
    assert (agent.name, agent.stem, agent.protocol) == ("Code Reviewer", "Code Reviewer", "checklist")
    assert "Claude Code skips this file" in messages(agent)


@pytest.mark.parametrize(
    ("file", "data", "expected"),
    [
        ("README.md", b"# Our agents\n", False),
        ("readme.de.md", b"# Agenten\n", False),
        ("INDEX.md", b"- [a](a.md)\n", False),
        ("README.md", b"---\nname: reader\ndescription: x\n---\nhi\n", True),
        ("reader.md", b"You are a reader.\n", True),
    ],
)
def test_a_readme_is_no_agent_unless_it_has_a_name(file: str, data: bytes, expected: bool) -> None:
    assert is_agent(parse(data, file)) is expected


@pytest.mark.parametrize(
    ("value", "tools", "refused"),
    [
        (
            "Bash(git log:*, git diff), Agent(a, b), Read",
            ("Bash(git log:*, git diff)", "Agent(a, b)", "Read"),
            (),
        ),
        ('["Read", "Write"]', ("Read", "Write"), ()),
        (["Read", "mcp__db__*"], ("Read", "mcp__db__*"), ()),
        ({"read": "true", "bash": "false"}, ("Read",), ("Bash",)),
        ({"add": ["Read"], "remove": ["Bash"]}, ("Read",), ("Bash",)),
        ("Read", ("Read",), ()),
        ("Read Write", ("Read", "Write"), ()),
        ("null", None, ()),
        ("Read Write Bash(git log:*)", ("Read", "Write", "Bash(git log:*)"), ()),
        ("Bash (git log:*)", ("Bash (git log:*)",), ()),
        ("*", None, ()),
        ("All tools", None, ()),
        ([{"name": "Read"}, {"Write": {"ask": "true"}}, "Bash"], ("Read", "Write", "Bash"), ()),
        ([], (), ()),
        ("[]", (), ()),
        ({"*": "false", "read": "true"}, ("Read",), ()),
        ({"*": "false"}, (), ()),
        ({"write": "false"}, None, ("Write",)),
        ("", None, ()),
        (None, None, ()),
    ],
)
def test_tools_in_every_spelling(
    value: object, tools: tuple[str, ...] | None, refused: tuple[str, ...]
) -> None:
    assert tool_names(value) == (tools, refused)


@pytest.mark.parametrize(
    "model", ["sonnet", "opus", "inherit", "claude-opus-4-6", "anthropic/claude-x", "opus[1m]"]
)
def test_a_usual_model_is_no_problem(model: str) -> None:
    data = f"---\nname: a\ndescription: b\nmodel: {model}\n---\n".encode()
    agent = parse(data, "a.md")
    assert (agent.model, agent.problems) == (model, ())


def test_a_nonsense_model_is_kept_with_a_hint() -> None:
    agent = parse(b"---\nname: a\ndescription: b\nmodel: the big one\n---\n", "a.md")
    assert agent.model == "the big one"
    assert [(problem.severity, problem.line) for problem in agent.problems] == [("info", 4)]


@pytest.mark.parametrize(
    "line",
    [
        "- [ ] do these three things",
        "See: [the long guide](guide.md)",
        'files: ["one two", "three four"]',
        "Numbers: [1, 2, 3, 4]",
        "Short: [two words]",
        "Inline [some words in here] text: more",
        "`Template: [fill in this thing]`",
        "```\nYour task: [fill in the task here]\n```",
        "## Output format\nResult: [one sentence of result]",
        "Summary:\n[one paragraph that sums it up]",
        "Your task:\nDo it.\n[the lead fills this in]",
    ],
)
def test_brackets_that_wait_for_nobody(line: str) -> None:
    assert parse(f"---\nname: a\ndescription: b\n---\n{line}\n".encode(), "a.md").placeholders == ()


@pytest.mark.parametrize("between", ["\n", "\n\n", "\n> ", "\n\n- "])
def test_a_placeholder_may_stand_below_its_label(between: str) -> None:
    body = f"**Your task:**{between}[Team Lead pastes the task here]\n"
    (hole,) = parse(body.encode(), "a.md").placeholders
    assert (hole.text, hole.label) == ("[Team Lead pastes the task here]", "Your task")


def test_after_a_form_section_a_placeholder_counts_again() -> None:
    body = "# Report format\nX: [a b c d]\n# Task\n- **Your task**: [the lead fills this in]\n"
    holes = parse(body.encode(), "a.md").placeholders
    assert [(hole.text, hole.label, hole.line) for hole in holes] == [
        ("[the lead fills this in]", "Your task", 4)
    ]


def test_paths_that_leave_the_repository_are_not_taken() -> None:
    body = b"Your working directory is: /etc/\nShared directory: ../outside\nRead ../../x/CLAUDE.md\n"
    agent = parse(body, "a.md")
    assert (agent.working_directory, agent.shared_directory, agent.module_guides) == (None, None, ())


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=3_000))
def test_rubbish_never_raises(data: bytes) -> None:
    assert parse(b"---\nname: x\n" + data, "some/x.md").stem == "x"
    assert parse(data, "x.md").file == "x.md"


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(["Read", "Bash(git log:*)", "Agent(a, b)", "mcp__x__y", "Bash(x, (y, z))"]),
        min_size=1,
    )
)
def test_joined_tools_split_again(tools: list[str]) -> None:
    assert list(split_tools(", ".join(tools))) == tools


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("Read `a/b-c/CLAUDE.md`, then (CLAUDE.md).", ("a/b-c/CLAUDE.md", "CLAUDE.md")),
        ("see https://example.org/x/CLAUDE.md", ()),
        ("/project/api/CLAUDE.md and ./web/CLAUDE.md", ("api/CLAUDE.md", "web/CLAUDE.md")),
        ("CLAUDE.mdx or CLAUDE.md/x or .md", ()),
    ],
)
def test_which_guides_a_body_names(text: str, paths: tuple[str, ...]) -> None:
    assert parse(text.encode(), "a.md").module_guides == paths


@pytest.mark.parametrize(
    ("text", "role", "lead", "tier", "peers"),
    [
        ("**Role:** Tester\n**Lead**: Boss\n", "Tester", "Boss", None, ()),
        ("# Role: Tester (Tier 3)\n- Peers: A and B, C\n", "Tester", None, 3, ("A", "B", "C")),
        ("Your role:\n- test\nThe tier: 3\n", None, None, None, ()),
        ("Lead:\u00a0`boss`\n- Tier:\u00a02\n- Peers: none\n", None, "boss", 2, ()),
        (
            "**Peers:**\n- **QA Lead**: tests, often\n- DB Architect — data\n",
            None,
            None,
            None,
            ("QA Lead", "DB Architect"),
        ),
        ("İ Role:\nRole: Tester\r\nTier: 1\r\n", "Tester", None, 1, ()),
    ],
)
def test_who_an_agent_answers_to(
    text: str, role: str | None, lead: str | None, tier: int | None, peers: tuple[str, ...]
) -> None:
    agent = parse(text.encode(), "a.md")
    assert (agent.role, agent.lead, agent.tier, agent.peers) == (role, lead, tier, peers)


def test_names_of_two_words_stay_together() -> None:
    fields = b"name: a\ndescription: b\npeers: [DB Architect, QA Lead]\ncapabilities:\n  - complex logic\n"
    agent = parse(b"---\n" + fields + b"---\n", "a.md")
    assert agent.peers == ("DB Architect", "QA Lead")
    assert agent.capabilities == ("complex logic",)


def test_an_opencode_agent_is_named_by_its_file_and_that_is_no_problem() -> None:
    data = b"---\ndescription: Reviews\nmode: subagent\n---\nYou review.\n"
    assert parse(data, ".opencode/agent/review.md").problems == ()
    assert [problem.message for problem in parse(data, ".claude/agents/review.md").problems] == [
        "there is no `name`; Claude Code skips this file"
    ]
