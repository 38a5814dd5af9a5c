"""How panes share the cells of the grid: columns by width, one-line rows when they do not fit. Pure."""

from __future__ import annotations

from itertools import pairwise

from msgspec import Struct

__all__ = ["GridPlan", "Place", "plan"]

PANE_WIDTH = 38
"""Columns below which a pane says too little to stand beside another."""

PANE_HEIGHT = 6
"""Lines of the smallest pane: frame, branch, task, two lines of work."""

TALLEST = 18
PEEK_HEIGHT = 7


class Place(Struct, frozen=True):
    """Where a pane is, in cells."""

    x: int
    y: int
    width: int
    height: int


class GridPlan(Struct, frozen=True):
    """Either a place for every pane, or rows of one line with a look into one agent below them."""

    panes: tuple[Place, ...] = ()
    columns: int = 1
    rows: int = 0  # lines of one-line rows; 0 when panes fit
    peek: Place | None = None


def plan(count: int, width: int, height: int, *, peek: bool = False) -> GridPlan:
    """Return the plan for `count` agents in `width` by `height` cells; `peek` asks for a look into one."""
    if count == 0 or width <= 0 or height <= 0:
        return GridPlan()
    columns = max(1, min(count, width // PANE_WIDTH))
    lines = -(-count // columns)
    if lines * PANE_HEIGHT <= height:
        return GridPlan(_places(count, columns, lines, width, height), columns)
    rows = min(count, height)
    if peek:
        rows = min(count, max(1, height - max(PEEK_HEIGHT, height // 2)))
    if height - rows < PEEK_HEIGHT:
        return GridPlan(rows=rows)
    return GridPlan(rows=rows, peek=Place(0, rows, width, height - rows))


def _places(count: int, columns: int, lines: int, width: int, height: int) -> tuple[Place, ...]:
    each = min(TALLEST, height // lines) if lines > 1 or count > 1 else height
    spare = min(height - each * lines, lines) if each < TALLEST else 0
    places: list[Place] = []
    y = 0
    for line in range(lines):
        tall = each + (1 if line < spare else 0)
        here = min(columns, count - line * columns)
        places += [Place(x, y, wide, tall) for x, wide in _columns(here, width)]
        y += tall
    return tuple(places)


def _columns(columns: int, width: int) -> list[tuple[int, int]]:
    """Return start and width of each column; together they fill the width."""
    edges = [width * column // columns for column in range(columns + 1)]
    return [(left, right - left) for left, right in pairwise(edges)]
