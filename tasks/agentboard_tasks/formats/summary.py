"""What an agent or a reviewer says at the end: the JSON block of a summary, the verdict of an outcome."""

from __future__ import annotations

import json
import re

from msgspec import Struct

from agentboard_tasks.formats.errors import warning
from agentboard_tasks.formats.jsontext import Json, is_list, is_object
from agentboard_tasks.formats.lastobject import last_object
from agentboard_tasks.formats.lines import decode, file_stem
from agentboard_tasks.formats.stories import first_text, texts
from agentboard_tasks.model import Claim, Problem, Summary

__all__ = ["Finding", "Outcome", "claims", "parse", "parse_outcome"]

_KEYS = ("completed", "blockers", "next_recommended_action", "files_modified")
_LIMIT = 262_144
_SUMMARY = re.compile(r"(.+?)[-_](?:summary|outcome)\Z", re.IGNORECASE)
_NOTHING = frozenset({"", "none", "null", "n/a", "no", "none.", "nothing", "no blockers", "false"})
_YES = frozenset({"true", "yes", "done", "complete", "completed", "success", "finished"})
_NO = frozenset({"false", "no", "not done", "incomplete", "partial", "failed", "blocked", "in progress"})
_NO_BLOCKERS = re.compile(
    r"(?:no (?:known |open |current |remaining )?(?:blockers?|blocking issues?|issues?)|none)\b[^:]{0,40}"
)
_SAYING = ("text", "description", "blocker", "issue", "reason", "message", "summary", "title")
_ACTS = {
    **dict.fromkeys(("create", "created", "add", "added", "new"), "created"),
    **dict.fromkeys(("modify", "modified", "update", "updated", "change", "changed", "edited"), "modified"),
    **dict.fromkeys(("delete", "deleted", "remove", "removed"), "deleted"),
}
_ACT_BEHIND = re.compile(r".{1,4000} \((\w{1,20})\)\Z")
_MOST = 10_000
_LONGEST = 500
_VERDICT = re.compile(
    r"\b(?P<not>(?:[Nn][Oo][Tt]|[Cc]annot|[Cc]an't)(?:[ ](?:be|been|yet))*[ ][*_]{0,2})?"
    r"(?P<verdict>APPROVED|REJECTED)\b"
)
_CHOICE = re.compile(r"\b(?:APPROVED|REJECTED)[*_` ]*(?:/|\||\bor\b)[*_` ]*(?:APPROVED|REJECTED)\b")
"""Both words as what there is to choose from: neither is the verdict."""
_LABELLED = re.compile(
    r"^[^\w\n]*(?:verdict|outcome|decision|status|result)[^\w\n]*:[^\w\n]*(?P<verdict>approved|rejected)\b",
    re.IGNORECASE | re.MULTILINE,
)
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
        files_count=_count(found.get("files_modified")),
        problems=read.problems,
        acts=_acts(found.get("files_modified")),
    )


def _missing(file: str) -> Problem:
    reason = "no JSON block with the summary: nothing that it claims can be checked"
    return warning(file, 1, reason, hint=f"add an object with {', '.join(_KEYS)}")


def _agent(file: str) -> str | None:
    match = _SUMMARY.match(file_stem(file))
    return match[1] if match else None


def _smooth(value: Json) -> tuple[str, ...]:
    """What a member says, as texts; nothing said in words is nothing, and nothing else is lost."""
    if isinstance(value, bool):
        return ("yes",) if value else ()
    if is_object(value):
        known = texts(value)
        return known or tuple(f"{key}: {_brief(item)}" for key, item in value.items())
    items = value if is_list(value) else [value]
    found = (_text(item) for item in items[:_MOST])
    return tuple(text for text in found if text and not _says_nothing(text))


def _text(value: Json) -> str:
    if is_object(value) or is_list(value):
        said = first_text(value, *_SAYING) if is_object(value) else ""
        return said or "; ".join(texts(value)) or (_brief(value) if value else "")
    return "; ".join(texts(value))


def _says_nothing(text: str) -> bool:
    word = text.strip().casefold()
    return word in _NOTHING or _NO_BLOCKERS.fullmatch(word) is not None


def _brief(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:_LONGEST]


def _done(value: Json) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        word = " ".join(value.strip().casefold().replace("_", " ").replace("-", " ").split())
        return True if word in _YES else False if word in _NO or word.startswith("partial") else None
    return None


def _files(value: Json) -> tuple[str, ...]:
    """The paths that a summary names: a list, a text with commas, an object by path or by what was done."""
    if isinstance(value, str):
        parts = (part.strip() for part in re.split(r"[,\n]", value) if part.strip(" -*\t"))
        return tuple(part for part in parts if not _says_nothing(part))
    if is_list(value):
        return tuple(path for item in value[:_MOST] if not _says_nothing(path := _path(item)))
    if is_object(value):
        lists = [item for item in value.values() if is_list(item)]
        if lists:
            return tuple(path for item in lists for path in _files(item))
        return texts(value) or tuple(str(name) for name in value)
    return ()


def _acts(value: Json) -> dict[str, str]:
    """What a summary says was done with the files that it names, where it says so."""
    if is_list(value):
        told = [(_path(item), _word_of(item)) for item in value[:_MOST]]
    elif is_object(value):
        lists = [(path, name) for name, item in value.items() if is_list(item) for path in _files(item)]
        told = lists or [(name, item) for name, item in value.items() if isinstance(item, str)]
    else:
        told = [(name, _word_of(name)) for name in _files(value)]
    words = {name: _ACTS.get(word.strip().casefold(), "") for name, word in told}
    return {name: act for name, act in words.items() if name and act}


def _word_of(item: Json) -> str:
    if is_object(item):
        return first_text(item, "action", "change", "change_type", "operation", "status", "type")
    match = _ACT_BEHIND.match(item.strip()) if isinstance(item, str) else None
    return match[1] if match else ""


def _path(item: Json) -> str:
    if is_object(item):
        return first_text(item, "path", "file", "file_path", "filename", "name", "id", "title")
    return item.strip() if isinstance(item, str) else ""


def _count(value: Json) -> int | None:
    """How many files a summary says were modified, where it gives no names."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def claims(summary: Summary) -> tuple[Claim, ...]:
    """What a summary says about the work, to be compared with the facts."""
    found = [Claim("completed", summary.completed or ("yes" if summary.done else "no"))]
    found += [Claim("file modified", file) for file in summary.files_modified]
    found += [Claim("blocker", text) for text in summary.blockers]
    if summary.next_action:
        found.append(Claim("next action", summary.next_action))
    return tuple(found)


def _approved(text: str) -> bool | None:
    """Whether the first verdict is a yes; in small letters it counts only after a label."""
    verdict = _VERDICT.search(text)
    if verdict is not None:
        return verdict["verdict"] == "APPROVED" and verdict["not"] is None
    labelled = _LABELLED.search(text)
    return labelled["verdict"].casefold() == "approved" if labelled else None


def parse_outcome(data: bytes, file: str) -> Outcome:
    """A reviewer's outcome: the first of APPROVED and REJECTED, and the findings; never raises."""
    text = decode(data[:_LIMIT])
    approved = _approved(_CHOICE.sub("", text))
    findings = [
        Finding(match["severity"].casefold(), match["text"].strip(), number)
        for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1)
        if (match := _FINDING.match(line[:2_000])) and match["text"].strip()
    ]
    problems = (
        ()
        if approved is not None
        else (
            warning(file, 1, "no verdict, so nothing is accepted by it", hint="write APPROVED or REJECTED"),
        )
    )
    return Outcome(file, _agent(file), approved, tuple(findings), problems)
