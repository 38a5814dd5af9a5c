"""A collection of agent definitions as found in the wild: most are plain, 9 % are no valid YAML."""

from __future__ import annotations

import random
from pathlib import Path

__all__ = ["COUNT", "build"]

COUNT = 3_000
SEED = 11
PROSE = """the agent reviews each change and keeps the module small before it reports what it found and why
service database endpoint migration schema pattern test coverage error handling security latency
cache queue client component layout query index deploy rollback metric trace review naming"""
WORDS = PROSE.split()
SECTIONS = ("Focus Areas", "Approach", "Output", "Best Practices", "Workflow", "Capabilities", "Integration")


def build(directory: Path, count: int = COUNT) -> None:
    """Write `count` definitions with bodies of 2 to 10 KB; the same ones each time."""
    chance = random.Random(SEED)
    for number in range(count):
        name = f"agent-{number:04}"
        text = f"---\n{_front(chance, number, name)}---\n\n{_body(chance, name)}"
        (directory / f"{name}.md").write_text(text, encoding="utf-8")


def _front(chance: random.Random, number: int, name: str) -> str:
    prose = _sentence(chance, 60)
    kind = number % 100
    if kind < 9:
        return (
            f'name: {name}\ndescription: Use this agent when: {prose}\\n<example>\\nuser: "help: now"\\n'
            f"</example>\ntools: Read, Write, Bash(git log:*)\nmodel: sonnet\n"
        )
    if kind < 25:
        return (
            f"name: {name}\ndescription: |\n  {prose}\n  {prose}\ntools:\n  - Read\n  - Grep\nmodel: opus\n"
        )
    if kind < 35:
        return f'name: {name}\ndescription: "{prose}: {prose}"\ntools: ["Read", "Edit"]\ncolor: blue\n'
    if kind < 45:
        return f"name: {name}\ndescription: >-\n  {prose}\n\n  {prose}\nmodel: inherit\n"
    return f"name: {name}\ndescription: {prose}. PROACTIVELY used.\ntools: Read, Write, Bash\nmodel: sonnet\n"


def _body(chance: random.Random, name: str) -> str:
    size = chance.randint(2_000, 10_000)
    parts = [f"You are {name}, a senior engineer.\n"]
    if chance.random() < 0.1:
        parts.append(
            "**Role:** Backend Engineer (Tier 2)\n**Lead:** Architecture Lead\n**Peers:** Data, API\n"
        )
    if chance.random() < 0.1:
        parts.append("Read `.claude/tasks/backend-tasks.md`, `docs/requirements.md` and run `pytest -q`.\n")
    while sum(map(len, parts)) < size:
        parts.append(f"\n## {chance.choice(SECTIONS)}\n\n")
        parts.extend(f"- **{_sentence(chance, 2)}**: {_sentence(chance, 9)}\n" for _ in range(6))
        if chance.random() < 0.3:
            parts.append(
                f"\n```python\ndef check(one: int) -> dict[str, int]:\n    return {{'{name}': one}}\n```\n"
            )
    return "".join(parts)


def _sentence(chance: random.Random, count: int) -> str:
    return " ".join(chance.choices(WORDS, k=count))
