"""Check that requirements.txt pins every dependency with hashes and names no index or host."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

REQUIREMENT = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
NAME = re.compile(r"^[A-Za-z0-9_.-]+")


def normal(name: str) -> str:
    """Return a distribution name in its comparable spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def wanted(pyproject: str) -> set[str]:
    """Return the distributions that pyproject.toml asks for, the dev extra included."""
    project = tomllib.loads(pyproject)["project"]
    lines: list[str] = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {normal(match.group()) for line in lines if (match := NAME.match(line))}


def faults(pyproject: str, requirements: str) -> list[str]:
    """Return what is wrong with the pins, one line each."""
    blocks = re.split(r"\n(?=[A-Za-z0-9])", requirements)
    pinned = {normal(match.group(1)): block for block in blocks if (match := REQUIREMENT.search(block))}
    found = [f"{name} is not pinned: make pins" for name in sorted(wanted(pyproject) - pinned.keys())]
    found += [
        f"{name} has no hash: make pins" for name, block in pinned.items() if "--hash=sha256:" not in block
    ]
    found += [f"names an address: {line.strip()}" for line in requirements.splitlines() if "://" in line]
    found += [f"names an index: {line.strip()}" for line in requirements.splitlines() if line.startswith("-")]
    return found


def main() -> int:
    """Print each fault; 1 if there is any."""
    top = Path(__file__).resolve().parent.parent
    found = faults((top / "pyproject.toml").read_text(), (top / "requirements.txt").read_text())
    for fault in found:
        sys.stderr.write(f"requirements.txt: {fault}\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
