"""Front matter that GitHub rendered as a table: a header row of keys and one row of values."""

from __future__ import annotations

from msgspec import Struct

from agentboard_tasks.formats.yamlvalues import Value

__all__ = ["TableFields", "find_table", "row_cells"]

_WITHIN = 20  # lines of copied page text that may stand above the table
_COMPANIONS = frozenset({"description", "tools", "model"})


class TableFields(Struct, frozen=True):
    """The fields of the table, and the lines it covers, counted from 0."""

    fields: dict[str, Value]
    first: int
    end: int


def find_table(lines: list[str]) -> TableFields | None:
    """The table of an agent definition near the top of a file, or None."""
    for number in range(min(_WITHIN, len(lines) - 2)):
        keys = _header(lines[number])
        if keys and _is_rule(lines[number + 1]):
            cells = row_cells(lines[number + 2])
            more = number + 3 < len(lines) and row_cells(lines[number + 3])
            if any(cells) and not more:  # a table of several rows lists agents, and is none itself
                fields: dict[str, Value] = dict(zip(keys, cells, strict=False))
                return TableFields(fields, number, number + 3)
    return None


def _header(line: str) -> list[str]:
    keys = row_cells(line)
    folded = {key.casefold() for key in keys}
    return keys if "name" in folded and folded & _COMPANIONS else []


def _is_rule(line: str) -> bool:
    text = line.strip()
    return text.startswith("|") and "-" in text and not set(text) - set("|-: ")


def row_cells(line: str) -> list[str]:
    r"""The cells of one table row; `\|` is a bar within a cell. No row: no cells."""
    text = line.strip()
    if not text.startswith("|") or len(text) < 2:
        return []
    if text.endswith("|") and not text.endswith("\\|"):
        text = text[:-1]
    hidden = text[1:].replace("\\|", "\0")
    return [cell.strip().replace("\0", "|") for cell in hidden.split("|")]
