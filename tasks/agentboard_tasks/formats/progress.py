"""Progress logs: entries under headings, between rules, or one to a line; and the ones we write."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from agentboard_tasks.formats.itemtext import one_line
from agentboard_tasks.formats.lines import decode, encode
from agentboard_tasks.formats.progress_parts import read_parts
from agentboard_tasks.model import ProgressEntry, ProgressLog

__all__ = ["blocker", "entry", "parse"]

_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_HEADING = re.compile(r"(#{1,4})[ \t]+(.*?)[ \t#]*\Z")
_TASK = re.compile(
    r"(?:Task|Story|Iteration|Blocker)[ \t]+#?(?P<id>[A-Za-z0-9][A-Za-z0-9._-]{0,40})[ \t]*"
    r"(?:[:–—-][ \t]*(?P<title>.*))?\Z",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"\[?(?P<time>\d{4}-\d{2}-\d{2}(?:[T ,]{1,2}\d{2}:\d{2}(?::\d{2})?(?:\.\d{1,9})?"
    r"(?:[ ]?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?)\]?"
    r"(?:[ \t]*[-–—:|][ \t]*(?P<rest>.*))?\Z"
)
_STORY = re.compile(r"(?P<id>#?[A-Z]{0,6}-?\d[\d.]{0,12})(?:[ \t]*[:–—-][ \t]*|[ \t]+|\Z)(?P<title>.*)\Z")
_SESSION = re.compile(
    r"(?:Session|Run|Day|Iteration)[ \t]+#?\d+\b[ \t]*"
    r"(?:[(\[]?(?P<time>\d{4}-\d{2}-\d{2}[^)\]]{0,30})?[)\]]?)(?P<rest>.*)\Z",
    re.IGNORECASE,
)
_PATTERNS = re.compile(r"(?:consolidated )?(?:codebase )?patterns(?: discovered)?\Z", re.IGNORECASE)
_PAIRS = re.compile(r"(?:[A-Za-z_]\w{0,30}=\S{1,400}[ \t]*)(?:[A-Za-z_]\w{0,30}=|\Z)")
_PAIR = re.compile(r"([A-Za-z_]\w{0,30})=(\"[^\"]{0,2000}\"|\S{1,2000})")
_LINE_DATE = re.compile(
    r"[-*]?[ \t]*\[?(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}[^\]\s]{0,20})\]?[ \t:–—|-]{1,4}(.+)\Z"
)


class _Chunk(Struct):
    """The lines of one entry, the first being its heading."""

    heading: str
    line: int
    level: int
    lines: list[str]


def parse(data: bytes, file: str, *, offset: int = 0, size: int | None = None) -> ProgressLog:
    """The entries of a log or of its tail; one cut in half is read as far as it goes. Never raises.

    Args:
        data: the bytes from `offset` on.
        offset: where they start in the file; a partial line there is passed over.
        size: the size of the whole file in bytes; by default `offset` plus what was read.
    """
    text = decode(data).removeprefix("\ufeff")
    lines = re.split(r"\r\n|\n|\r", text)
    if offset:
        lines[0] = ""
    entries: list[ProgressEntry] = []
    patterns: list[str] = []
    for chunk in _chunks(lines):
        if chunk.level and _PATTERNS.match(chunk.heading.strip("*_ :")):
            patterns.append("\n".join(_without_rules(chunk.lines)).strip())
        entries.extend(_entries(chunk))
    total = offset + len(data) if size is None else size
    return ProgressLog(file, tuple(entries), total, "\n\n".join(part for part in patterns if part))


def _chunks(lines: Sequence[str]) -> list[_Chunk]:
    """The log cut at its headings; a heading below the one above it belongs to that entry."""
    chunks = [_Chunk("", 1, 0, [])]
    fence = ""
    for number, line in enumerate(lines, 1):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        match = None if fence or not line.startswith("#") else _HEADING.match(line[:500])
        if match and _starts_entry(match, chunks[-1]):
            chunks.append(_Chunk(match[2], number, len(match[1]), []))
            fence = ""
        else:
            chunks[-1].lines.append(line)
    return chunks


def _starts_entry(match: re.Match[str], above: _Chunk) -> bool:
    level = len(match[1])
    return level <= 2 or above.level in (0, 1) or level <= above.level


def _entries(chunk: _Chunk) -> list[ProgressEntry]:
    if chunk.level == 0:
        return _loose(chunk)
    body = _without_rules(chunk.lines)
    if chunk.level == 1 and not _names_work(chunk.heading):
        return _loose(chunk)
    kind, task, time, title = _read_heading(chunk.heading)
    parts = read_parts(body)
    return [
        ProgressEntry(
            title=title or chunk.heading,
            line=chunk.line,
            task=task or parts.task,
            time=time or parts.time,
            kind=kind,
            learnings=parts.learnings,
            files=parts.files,
            body="\n".join(body).strip(),
        )
    ]


def _names_work(heading: str) -> bool:
    return bool(_TASK.match(heading) or _DATED.match(heading) or _SESSION.match(heading))


def _without_rules(lines: list[str]) -> list[str]:
    return [line for line in lines if line.strip() not in ("---", "***", "___")]


def _read_heading(heading: str) -> tuple[str, str | None, str | None, str]:
    """Kind, task, time and title of an entry's heading."""
    text = heading.strip("*_ ").removeprefix("✅ ").removeprefix("⚠️ ")
    if _PATTERNS.match(text.strip(":")):
        return "patterns", None, None, text.strip(":")
    if match := _SESSION.match(text):
        kind = "entry" if text[:4].casefold() == "iter" else "session"
        return kind, None, (match["time"] or "").strip() or None, text
    kind = "blocker" if text.casefold().startswith("blocker") else "entry"
    if match := _TASK.match(text):
        return kind, match["id"], None, (match["title"] or "").strip()
    if match := _DATED.match(text):
        rest = (match["rest"] or "").strip()
        task, title = _read_story(rest)
        return kind, task, match["time"], title
    task, title = _read_story(text)
    return kind, task, None, title


def _read_story(text: str) -> tuple[str | None, str]:
    if match := _TASK.match(text):
        return match["id"], (match["title"] or "").strip()
    if (match := _STORY.match(text)) and not match["id"].isdigit():
        return match["id"], match["title"].strip()
    return None, text


def _loose(chunk: _Chunk) -> list[ProgressEntry]:
    """Entries of one line each: `key=value` pairs, or a time and a text."""
    found: list[ProgressEntry] = []
    first = chunk.line + (1 if chunk.level else 0)
    for number, line in enumerate(chunk.lines, first):
        text = line.strip()
        if not text or len(text) > 20_000:
            continue
        if "=" in text and _PAIRS.match(text):
            found.append(_pairs_entry(text, number))
        elif match := _LINE_DATE.match(text):
            task, title = _read_story(match[2].strip())
            found.append(ProgressEntry(title or match[2], number, task, match[1].rstrip(":"), body=text))
    return found


def _pairs_entry(text: str, line: int) -> ProgressEntry:
    pairs = {key.casefold(): value.strip('"') for key, value in _PAIR.findall(text)}
    task = next((pairs[name] for name in ("task", "story", "id", "task_id") if name in pairs), None)
    time = next(
        (pairs[name] for name in ("time", "timestamp", "ts", "date", "completed") if name in pairs), None
    )
    title = next(
        (pairs[name] for name in ("title", "message", "msg", "status", "event") if name in pairs), text[:200]
    )
    files = tuple(part for part in pairs.get("files", "").split(",") if part)
    return ProgressEntry(title, line, task, time, files=files, body=text)


def entry(key: str, title: str, when: str, learnings: Sequence[str], files: Sequence[str]) -> bytes:
    """An entry for a finished story, to be appended with one write.

    Args:
        key: the story's id.
        when: the time of completion, RFC 3339.
        learnings: what later iterations should know, one line each.
        files: paths of the files that were changed.
    """
    head = [f"## Task #{one_line(key)}: {one_line(title)}", f"Completed: {one_line(when)}", "", "Learnings:"]
    return _block([*head, *_bullets(learnings), "", "Files modified:", *_bullets(files)])


def blocker(key: str, title: str, when: str, tried: Sequence[str], question: str) -> bytes:
    """An entry for a story that cannot go on: what was tried, and the decision that is needed."""
    head = [f"## Blocker #{one_line(key)}: {one_line(title)}", f"Raised: {one_line(when)}", "", "Tried:"]
    return _block([*head, *_bullets(tried), "", f"Question: {one_line(question)}"])


def _bullets(texts: Sequence[str]) -> list[str]:
    return [f"- {one_line(text)}" for text in texts] or ["- none"]


def _block(lines: list[str]) -> bytes:
    return encode("\n".join(["", *lines, ""]))
