"""NotebookRead: the cells of a Jupyter notebook as text."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any, cast

from msgspec import Meta

from agentboard_agents.tools.context import ToolContext
from agentboard_agents.tools.paths import Place, resolve
from agentboard_agents.tools.reading import bytes_of
from agentboard_agents.tools.spec import Arguments, ToolRefused, ToolResult
from agentboard_agents.tools.text import one_line

__all__ = ["NotebookReadArguments", "notebook_read"]

CAP = 100_000
OUTPUT_CAP = 4_000


class NotebookReadArguments(Arguments, frozen=True):
    """Which notebook."""

    notebook_path: Annotated[str, Meta(description="The .ipynb file")]
    cell_id: Annotated[str | None, Meta(description="Only this cell: its id, or its number from 1")] = None


async def notebook_read(context: ToolContext, arguments: NotebookReadArguments) -> ToolResult:
    """Show the cells of a notebook with their text output."""
    place = resolve(context, arguments.notebook_path)
    cells = _cells(place, await asyncio.to_thread(bytes_of, place))
    numbered = [pair for pair in enumerate(cells, 1) if arguments.cell_id in {None, _id(pair), str(pair[0])}]
    if arguments.cell_id is not None and not numbered:
        raise ToolRefused(f"{place.shown} has no cell {one_line(arguments.cell_id)}")
    text = "\n\n".join(_cell(number, cell) for number, cell in numbered) or "(no cells)"
    if len(text) > CAP:
        text = text[:CAP] + "\n… cut; Read the file for the rest"
    return ToolResult(True, text, f"NotebookRead {place.shown} {len(cells)} cells")


def _cells(place: Place, data: bytes) -> list[dict[str, Any]]:
    try:
        cells: object = json.loads(data)["cells"]
    except (ValueError, RecursionError, KeyError, TypeError):
        raise ToolRefused(f"{place.shown} is no notebook; use Read") from None
    items = cast("list[object]", cells) if isinstance(cells, list) else []
    return [cast("dict[str, Any]", cell) for cell in items if isinstance(cell, dict)]


def _id(pair: tuple[int, dict[str, Any]]) -> str:
    return str(pair[1].get("id", ""))


def _cell(number: int, cell: dict[str, Any]) -> str:
    kind = str(cell.get("cell_type", "cell"))
    outputs = cell.get("outputs")
    shown = [_output(output) for output in cast("list[object]", outputs)] if isinstance(outputs, list) else []
    return "\n".join([f"[{number}] {kind}", _joined(cell.get("source")), *(text for text in shown if text)])


def _output(output: object) -> str:
    if not isinstance(output, dict):
        return ""
    fields = cast("dict[str, Any]", output)
    data = fields.get("data")
    plain = cast("dict[str, Any]", data).get("text/plain") if isinstance(data, dict) else None
    text = _joined(fields.get("text") or plain or fields.get("evalue"))
    return f"→ {text[:OUTPUT_CAP]}" if text else ""


def _joined(source: object) -> str:
    if isinstance(source, list):
        return "".join(str(part) for part in cast("list[object]", source))
    return "" if source is None else str(source)
