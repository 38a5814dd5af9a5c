"""The program that matches regular expressions for Grep, alone in a process that its clock may end.

Python's `re` can take exponential time and cannot be interrupted. Here the alarm's default action ends the
process, and only the file at hand is lost. It runs with `python -I -S` and an empty environment: it reads
one line of JSON, then batches of files from its input, and answers with a line of JSON for each file.
"""

from __future__ import annotations

import json
import re
import signal
import sys

__all__ = ["SECONDS", "main"]

SECONDS = 1.0
"""Time for one file."""
MOST = 5_000
"""Matches of one file."""


def main() -> int:
    """Answer until the input ends."""
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    order = json.loads(source.readline())
    try:
        signal.setitimer(signal.ITIMER_REAL, SECONDS)
        pattern = re.compile(order["pattern"], order["flags"])
        signal.setitimer(signal.ITIMER_REAL, 0)
    except (re.error, OverflowError, RecursionError) as error:
        answers.write(json.dumps({"error": str(error)}).encode() + b"\n")
        return 1
    answers.write(b"{}\n")
    answers.flush()
    while header := source.readline():
        for size in json.loads(header):
            text = source.read(size).decode("utf-8", "replace")
            signal.setitimer(signal.ITIMER_REAL, SECONDS)
            lines = _spanning(pattern, text) if order["multiline"] else _single(pattern, text)
            signal.setitimer(signal.ITIMER_REAL, 0)
            answers.write(json.dumps(lines).encode() + b"\n")
            answers.flush()
    return 0


def _single(pattern: re.Pattern[str], text: str) -> list[int]:
    """Return the numbers of the lines that match."""
    found = [
        number for number, line in enumerate(text.split("\n"), 1) if pattern.search(line.removesuffix("\r"))
    ]
    return found[:MOST]


def _spanning(pattern: re.Pattern[str], text: str) -> list[int]:
    """Return the numbers of the lines that matches touch."""
    found: set[int] = set()
    for match in pattern.finditer(text):
        first = text.count("\n", 0, match.start()) + 1
        found.update(range(first, first + match[0].rstrip("\n").count("\n") + 1))
        if len(found) > MOST:
            break
    return sorted(found)[:MOST]


if __name__ == "__main__":
    sys.exit(main())
