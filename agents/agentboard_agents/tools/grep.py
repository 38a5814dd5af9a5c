"""Grep: which lines of which files match."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.filetypes import KINDS, glob_of
from agentboard_agents.tools.matching import Matching, Order
from agentboard_agents.tools.paths import Place, reason_of, resolve, shown
from agentboard_agents.tools.patterns import PathPattern
from agentboard_agents.tools.spec import Arguments, ToolRefused, ToolResult
from agentboard_agents.tools.text import looks_binary, one_line
from agentboard_agents.tools.walking import Found, Walk
from agentboard_tasks.files import FileFault

__all__ = ["GrepArguments", "grep"]

LARGEST = 2 * 1024 * 1024
BATCH = 64
BATCH_BYTES = 4 * 1024 * 1024
CHARACTERS = 30_000
LONGEST_LINE = 400
MOST = 10_000
Lines = Annotated[int, Meta(ge=0, le=50)]


class GrepArguments(Arguments, frozen=True):
    """A regular expression, where to look, and what to show."""

    pattern: Annotated[
        str, Meta(min_length=1, max_length=1_000, description="Regular expression (Python's re)")
    ]
    path: Annotated[str | None, Meta(description="File or directory; default: your working directory")] = None
    glob: Annotated[str | None, Meta(description="Only files whose path matches, such as *.py")] = None
    output_mode: Annotated[
        Literal["content", "files_with_matches", "count"], Meta(description="What to show of the matches")
    ] = "files_with_matches"
    ignore_case: Annotated[bool, Meta(description="Ignore case")] = field(default=False, name="-i")
    numbers: Annotated[bool, Meta(description="Line numbers, with output_mode content")] = field(
        default=True, name="-n"
    )
    after: Annotated[Lines, Meta(description="Lines after each match")] = field(default=0, name="-A")
    before: Annotated[Lines, Meta(description="Lines before each match")] = field(default=0, name="-B")
    around: Annotated[Lines, Meta(description="Lines on both sides")] = field(default=0, name="-C")
    multiline: Annotated[bool, Meta(description="Let . and the pattern span lines")] = False
    head_limit: Annotated[int, Meta(ge=0, le=MOST, description="Most lines to show; 0 is as many as fit")] = (
        250
    )
    offset: Annotated[int, Meta(ge=0, description="Lines to pass over before the first one shown")] = 0
    kind: Annotated[str | None, Meta(description="Only files of a kind: py, ts, go, …")] = field(
        default=None, name="type"
    )


class Hit(Struct, frozen=True):
    """A file and its matching lines."""

    found: Found
    data: bytes
    lines: list[int]


async def grep(context: ToolContext, arguments: GrepArguments) -> ToolResult:
    """Search the contents of files."""
    place = resolve(context, arguments.path or ".")
    matching = Matching(Order(arguments.pattern, arguments.ignore_case, arguments.multiline))
    try:
        hits, left_out = await _search(context, place, arguments, matching)
    except FileFault as fault:
        raise ToolRefused(reason_of(fault, place)) from None
    finally:
        await matching.close()
    if arguments.output_mode != "content":
        hits.sort(key=lambda hit: (-hit.found.entry.stamp.mtime_ns, hit.found.rel))
    count = sum(len(hit.lines) for hit in hits)
    content = _shown(context, arguments, hits) + left_out
    summary = f"Grep {one_line(arguments.pattern)} {count} lines in {len(hits)} files"
    return ToolResult(True, content, summary)


async def _search(
    context: ToolContext, place: Place, arguments: GrepArguments, matching: Matching
) -> tuple[list[Hit], str]:
    """Return the files with matches, and a line for each thing that was left out."""
    walk = Walk(context, place.rel)
    files = _files(walk, place, _wanted(arguments))
    hits: list[Hit] = []
    large = 0
    while batch := await asyncio.to_thread(_batch, files):
        large += sum(1 for _, data in batch if data is None)
        texts = [(found, data) for found, data in batch if data is not None and not looks_binary(data)]
        lines = await matching.lines([data for _, data in texts])
        hits += [Hit(found, data, own) for (found, data), own in zip(texts, lines, strict=True) if own]
        if matching.late or len(hits) > MOST:
            break
    notes = (
        (bool(matching.slow), f"the pattern took too long on {matching.slow} files; make it simpler"),
        (bool(large), f"{large} files are too large to search"),
        (
            matching.late or walk.stopped or len(hits) > MOST,
            "the search stopped early; give a path or a glob",
        ),
    )
    return hits, "".join(f"\n… {text}" for holds, text in notes if holds)


def _wanted(arguments: GrepArguments) -> list[PathPattern]:
    """Return the patterns that a file's path has to match.

    Raises:
        ToolRefused: when the kind is not known.
    """
    kind = glob_of(arguments.kind) if arguments.kind else None
    if arguments.kind and kind is None:
        raise ToolRefused(f"no kind of file is called {one_line(arguments.kind)}; known: {', '.join(KINDS)}")
    return [PathPattern(text, anywhere=True) for text in (arguments.glob, kind) if text]


def _files(walk: Walk, place: Place, wanted: list[PathPattern]) -> Iterator[Found]:
    """Yield the files to search: those beneath a directory, or the one file itself."""
    above, name = posixpath.split(place.rel)
    single = [entry for entry in (place.root.entries(above) if name else []) if entry.name == name]
    if single and single[0].kind == "file":
        yield Found(place.root, place.rel, single[0])
        return
    for found in walk.files():
        path = posixpath.relpath(found.rel, place.rel or ".")
        if all(pattern.matches(path) for pattern in wanted):
            yield found


def _batch(files: Iterator[Found]) -> list[tuple[Found, bytes | None]]:
    """Read the next few files; one that is too large has no content, one that has gone is left out."""
    batch: list[tuple[Found, bytes | None]] = []
    room = BATCH_BYTES
    for found in islice(files, BATCH):
        data = None
        if found.entry.stamp.size <= LARGEST:
            try:
                data = found.root.read(found.rel, LARGEST).data
            except FileFault:
                continue
            room -= len(data)
        batch.append((found, data))
        if room < 0:
            break
    return batch


def _shown(context: ToolContext, arguments: GrepArguments, hits: list[Hit]) -> str:
    """Return the part of the matches that was asked for, cut to its limits."""
    if not hits:
        return "no match"
    mode = arguments.output_mode
    if mode == "content":
        lines = (line for hit in hits for line in _content(context, arguments, hit))
    elif mode == "count":
        lines = (f"{shown(context, hit.found.rel)}:{len(hit.lines)}" for hit in hits)
    else:
        lines = (shown(context, hit.found.rel) for hit in hits)
    most = arguments.head_limit or MOST
    kept = list(islice(lines, arguments.offset, arguments.offset + most + 1))
    cut = len(kept) > most
    text = "\n".join(kept[:most]) or f"no more than {arguments.offset} lines"
    if len(text) > CHARACTERS:
        text, cut = text[: text.rindex("\n", 0, CHARACTERS)], True
    return text + ("\n… there is more; page with offset or narrow the search" if cut else "")


def _content(context: ToolContext, arguments: GrepArguments, hit: Hit) -> Iterator[str]:
    """Yield the matching lines of a file with the lines around them."""
    name = shown(context, hit.found.rel)
    text = hit.data.decode("utf-8", "replace").split("\n")
    before, after = arguments.before or arguments.around, arguments.after or arguments.around
    matched, last = set(hit.lines), 0
    for number in sorted(
        {n for m in hit.lines for n in range(m - before, m + after + 1) if 0 < n <= len(text)}
    ):
        if (before or after) and last and number > last + 1:
            yield "--"
        last = number
        sign = ":" if number in matched else "-"
        place = f"{sign}{number}" if arguments.numbers else ""
        yield f"{name}{place}{sign}{text[number - 1].removesuffix(chr(13))[:LONGEST_LINE]}"
