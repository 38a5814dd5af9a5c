"""What an agent or a reviewer says at the end: the JSON block of a summary, the verdict of an outcome."""

from __future__ import annotations

import json
import re

from msgspec import Struct

from agentboard_tasks.formats.errors import warning
from agentboard_tasks.formats.jsontext import Json, is_object
from agentboard_tasks.formats.lastobject import last_object
from agentboard_tasks.formats.lines import decode, file_stem
from agentboard_tasks.formats.stories import texts
from agentboard_tasks.model import Claim, Problem, Summary

__all__ = ["Finding", "Outcome", "claims", "parse", "parse_outcome"]

_KEYS = ("completed", "blockers", "next_recommended_action", "files_modified")
_LIMIT = 262_144
_SUMMARY = re.compile(r"(.+?)[-_](?:summary|outcome)\Z", re.IGNORECASE)
_NOTHING = frozenset({"", "none", "null", "n/a", "no", "none.", "nothing", "no blockers", "false"})
_YES = frozenset({"true", "yes", "done", "complete", "completed", "success", "finished"})
_NO = frozenset({"false", "no", "not done", "incomplete", "partial", "failed", "blocked", "in progress"})
_VERDICT = re.compile(r"\b(?P<verdict>APPROVED|REJECTED)\b")
_FINDING = re.compile(
    r"[ \t]*(?:[-*+]|\d{1,3}[.)]|#{2,6})[ \t]+[\[(*_`]{0,4}"
    r"(?P<severity>critical|blocker|high|major|medium|moderate|minor|low|nit|info)\b"
    r"[\])*_`]{0,4}[ \t]*[:–—-]{0,2}[\])*_`]{0,4}[ \t]*(?P<text>.*)\Z",
    re.IGNORECASE,
)


class Finding(Struct, frozen=True):
    """One finding of a reviewer; severity in lower case, as written."""

    severity: str
    text: str
    line: int


class Outcome(Struct, frozen=True):
    """A reviewer's verdict: `approved` is None where the file gives none."""

    file: str
    agent: str | None
    approved: bool | None
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...] = ()


def parse(data: bytes, file: str) -> Summary:
    """The summary in a file: the last JSON object that has two of its keys; never raises."""
    text = decode(data[:_LIMIT])
    read = last_object(text, _KEYS, file)
    if read.value is None:
        return Summary(file, _agent(file), "", None, (), "", (), read.problems or (_missing(file),))
    found = read.value
    completed = found.get("completed")
    return Summary(
        file=file,
        agent=_agent(file),
        completed="; ".join(_smooth(completed)),
        done=_done(completed),
        blockers=_smooth(found.get("blockers")),
        next_action="; ".join(_smooth(found.get("next_recommended_action"))),
        files_modified=_files(found.get("files_modified")),
        problems=read.problems,
    )


def _missing(file: str) -> Problem:
    reason = "no JSON block with the summary: nothing that it claims can be checked"
    return warning(file, 1, reason, hint=f"add an object with {', '.join(_KEYS)}")


def _agent(file: str) -> str | None:
    match = _SUMMARY.match(file_stem(file))
    return match[1] if match else None


def _smooth(value: Json) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ("yes",) if value else ()
    if isinstance(value, str) and value.strip().casefold() in _NOTHING:
        return ()
    if is_object(value):
        found = texts(value)
        return found or tuple(f"{key}: {_brief(item)}" for key, item in value.items())
    found = texts(value)
    return tuple(text for text in found if text.casefold() not in _NOTHING)


def _brief(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _done(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = value.strip().casefold()
        return True if word in _YES else False if word in _NO else None
    return None


def _files(value: Json) -> tuple[str, ...]:
    if isinstance(value, bool | int | float):
        return ()
    if is_object(value) and not texts(value):
        return tuple(str(name) for name in value)
    return texts(value)


def claims(summary: Summary) -> tuple[Claim, ...]:
    """What a summary says about the work, to be compared with the facts."""
    found = [Claim("completed", summary.completed or ("yes" if summary.done else "no"))]
    found += [Claim("file modified", file) for file in summary.files_modified]
    found += [Claim("blocker", text) for text in summary.blockers]
    if summary.next_action:
        found.append(Claim("next action", summary.next_action))
    return tuple(found)


def parse_outcome(data: bytes, file: str) -> Outcome:
    """A reviewer's outcome: the first of APPROVED and REJECTED, and the findings; never raises."""
    text = decode(data[:_LIMIT])
    verdict = _VERDICT.search(text)
    approved = verdict["verdict"] == "APPROVED" if verdict else None
    findings = [
        Finding(match["severity"].casefold(), match["text"].strip(), number)
        for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1)
        if (match := _FINDING.match(line[:2_000])) and match["text"].strip()
    ]
    problems = (
        ()
        if verdict
        else (
            warning(file, 1, "no verdict, so nothing is accepted by it", hint="write APPROVED or REJECTED"),
        )
    )
    return Outcome(file, _agent(file), approved, tuple(findings), problems)
