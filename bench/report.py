"""One line of the report: a figure, what it is compared with, what is demanded."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from msgspec import Struct

__all__ = ["Line", "p50", "p95", "show"]


class Line(Struct, frozen=True):
    """A figure beside its reference. `demand` bounds `ratio` from above, or from below when `at_least`."""

    name: str
    figure: float
    reference: float
    unit: str
    demand: float
    against: str
    at_least: bool = False

    @property
    def ratio(self) -> float:
        """How many times the reference the figure is."""
        return self.figure / self.reference if self.reference else float("inf")

    @property
    def met(self) -> bool:
        """Whether the demand is met."""
        return self.ratio >= self.demand if self.at_least else self.ratio <= self.demand


def p50(samples: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(samples)


def p95(samples: Sequence[float]) -> float:
    """Return the value that 95 of 100 samples do not exceed."""
    return sorted(samples)[max(0, round(0.95 * len(samples)) - 1)]


def show(line: Line) -> str:
    """Return the line as it is printed."""
    sign = "≥" if line.at_least else "≤"
    verdict = "pass" if line.met else "short"
    return (
        f"{line.name:44} {line.figure:9.2f} {line.unit:8} {line.reference:9.2f}  "
        f"×{line.ratio:6.2f}  {sign} {line.demand:<5g} {verdict:5}  {line.against}"
    )
