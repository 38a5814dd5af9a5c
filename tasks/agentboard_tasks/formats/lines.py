"""Lines of bytes that round-trip: BOM, mixed line ends, invalid UTF-8 and a missing last newline survive."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "BOM",
    "agent_of",
    "decode",
    "encode",
    "file_stem",
    "indent_width",
    "line_end",
    "newline_of",
    "split",
    "text_of",
]

BOM = b"\xef\xbb\xbf"
_AGENT = re.compile(r"(.+?)[-_]tasks\Z", re.IGNORECASE)


def split(data: bytes) -> list[bytes]:
    """The lines of a file with their ends; only LF, CR and CRLF end a line."""
    return data.splitlines(keepends=True)


def decode(data: bytes) -> str:
    """Text of bytes; invalid UTF-8 becomes lone surrogates, which `encode` turns back."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Bytes of text; a lone surrogate that stands for no byte becomes a question mark."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b"".join(_encode_character(character) for character in text)


def _encode_character(character: str) -> bytes:
    try:
        return character.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b"?"


def line_end(line: bytes) -> bytes:
    """The end of one line: CRLF, LF, CR, or nothing."""
    if line.endswith(b"\r\n"):
        return b"\r\n"
    return line[-1:] if line[-1:] in (b"\n", b"\r") else b""


def text_of(line: bytes) -> str:
    """One line as text, without its end."""
    return line.rstrip(b"\r\n").decode("utf-8", "surrogateescape")


def newline_of(lines: Sequence[bytes]) -> bytes:
    """The line end that most lines of a file have; LF for a file without any."""
    crlf = sum(1 for line in lines if line.endswith(b"\r\n"))
    lf = sum(1 for line in lines if line.endswith(b"\n")) - crlf
    cr = sum(1 for line in lines if line.endswith(b"\r"))
    return max(((lf, b"\n"), (crlf, b"\r\n"), (cr, b"\r")), key=lambda pair: pair[0])[1]


def indent_width(line: bytes) -> int:
    """Columns of white space at the start of a line; a tab goes to the next multiple of four."""
    width = 0
    for byte in line:
        if byte == 0x20:
            width += 1
        elif byte == 0x09:
            width += 4 - width % 4
        else:
            break
    return width


def file_stem(file: str) -> str:
    """The name of a file without folders and last extension; never empty, never with a leading dash."""
    name = file.rsplit("/", 1)[-1]
    stem = name.rsplit(".", 1)[0] or name
    return stem.lstrip("-") or "tasks"


def agent_of(file: str) -> str | None:
    """The name of the agent that a task list belongs to by its own name, `<agent>-tasks.md`."""
    match = _AGENT.match(file_stem(file))
    return match[1] if match else None
