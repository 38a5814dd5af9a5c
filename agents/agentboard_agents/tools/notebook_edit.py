"""NotebookEdit: one cell of a Jupyter notebook replaced, inserted or deleted; the rest stays as it is."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import Annotated, Any, Literal, cast

from msgspec import Meta

from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.paths import writable
from agentboard_agents.tools.spec import Arguments, ToolRefused, ToolResult
from agentboard_agents.tools.writing import change_file

__all__ = ["NotebookEditArguments", "edited", "notebook_edit"]

LARGEST = 1_000_000
INDENT = re.compile(r"\A\{\r?\n( +|\t)")

WHICH = (
    "The cell's id or number, as NotebookRead shows it; an insert goes after it, or to the top without one"
)
Cells = list[dict[str, Any]]


class NotebookEditArguments(Arguments, frozen=True):
    """A notebook, one of its cells, and what becomes of it."""

    notebook_path: Annotated[str, Meta(description="The .ipynb file")]
    new_source: Annotated[str, Meta(max_length=LARGEST, description="The cell's new text")] = ""
    cell_id: Annotated[str | None, Meta(description=WHICH)] = None
    cell_type: Literal["code", "markdown"] | None = None
    edit_mode: Literal["replace", "insert", "delete"] = "replace"


async def notebook_edit(context: ToolContext, arguments: NotebookEditArguments) -> ToolResult:
    """Change one cell."""
    place = writable(context, arguments.notebook_path)
    if not place.rel.endswith(".ipynb"):
        raise ToolRefused(f"{place.shown} is no notebook; use Edit")
    identity = uuid.uuid4().hex[:8]

    def patch(before: str | None) -> str:
        if before is None:
            raise ToolRefused(f"{place.shown} does not exist")
        return edited(before, arguments, identity)

    await asyncio.to_thread(change_file, context, place, patch, "NotebookEdit")
    done = f"NotebookEdit {arguments.edit_mode} cell {arguments.cell_id or 'at the top'} of {place.shown}"
    return ToolResult(True, done, done)


def edited(text: str, arguments: NotebookEditArguments, identity: str) -> str:
    """Return a notebook with the edit made; `identity` is the id of a cell that is inserted.

    Raises:
        ToolRefused: when it is no notebook, or there is no such cell.
    """
    notebook, cells = _notebook(text)
    index = _index(cells, arguments.cell_id)
    if arguments.edit_mode == "insert":
        kind = arguments.cell_type or "code"
        at = 0 if index is None else index + 1
        cells.insert(at, _cell(kind, arguments.new_source, identity if _has_ids(notebook) else None))
    elif index is None:
        raise ToolRefused("say which cell, with cell_id")
    elif arguments.edit_mode == "delete":
        del cells[index]
    else:
        _replace(cells[index], arguments)
    return _written(notebook, text)


def _notebook(text: str) -> tuple[dict[str, Any], Cells]:
    try:
        notebook: object = json.loads(text)
    except (ValueError, RecursionError):
        raise ToolRefused("the file is no notebook: no JSON") from None
    fields = cast("dict[str, Any]", notebook) if isinstance(notebook, dict) else {}
    cells: object = fields.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cast("list[object]", cells)):
        raise ToolRefused("the file is no notebook: no list of cells")
    return fields, cast("Cells", cells)


def _index(cells: Cells, wanted: str | None) -> int | None:
    if wanted is None:
        return None
    for index, cell in enumerate(cells):
        if cell.get("id") == wanted:
            return index
    number = wanted.removeprefix("cell-")
    if number.isascii() and number.isdecimal() and 1 <= int(number[:9]) <= len(cells):
        return int(number) - 1
    raise ToolRefused(f"there is no cell {wanted!r}; the notebook has {len(cells)}")


def _has_ids(notebook: dict[str, Any]) -> bool:
    """Tell whether cells of this format have ids (nbformat 4.5 and later)."""
    major, minor = notebook.get("nbformat"), notebook.get("nbformat_minor")
    return isinstance(major, int) and isinstance(minor, int) and (major, minor) >= (4, 5)


def _cell(kind: str, source: str, identity: str | None) -> dict[str, Any]:
    ran: dict[str, Any] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    named = {"id": identity} if identity else {}
    return {"cell_type": kind, **named, "metadata": {}, **ran, "source": _lines(source)}


def _replace(cell: dict[str, Any], arguments: NotebookEditArguments) -> None:
    cell["source"] = _lines(arguments.new_source)
    if arguments.cell_type:
        cell["cell_type"] = arguments.cell_type
    if cell.get("cell_type") == "code":
        cell.update(execution_count=None, outputs=[])
    else:
        cell.pop("execution_count", None)
        cell.pop("outputs", None)


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)


def _written(notebook: dict[str, Any], before: str) -> str:
    """Return a notebook as text, indented and ended as it was."""
    found = INDENT.match(before)
    indent = (found[1] if found[1] == "\t" else len(found[1])) if found else 1
    separators = None if "\n" in before.strip() else (",", ":")
    text = json.dumps(
        notebook, ensure_ascii=False, indent=None if separators else indent, separators=separators
    )
    return text + ("\n" if before.endswith("\n") else "")
