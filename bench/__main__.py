"""`python -m bench [NAME...]`: print every figure with its reference and ratio; none fails the run."""

from __future__ import annotations

import sys
from importlib import import_module

from bench.report import show

NAMES = (
    "p01_first_picture",
    "p02_live_board",
    "p03_idle",
    "p04_streaming",
    "p05_file_change",
    "p07_live_agents",
    "p08_transcript",
    "p10_tasks",
    "p11_tick",
    "p_definitions",
    "p13_engine",
    "p14_command_line",
    "p_gates",
    "p_radar",
    "p_sandbox",
    "p_turns",
)
HEAD = f"{'what':44} {'figure':>9} {'unit':8} {'reference':>9}  {'ratio':>7}  demand  verdict  against"


def main() -> int:
    """Measure what is named, or everything."""
    wanted = [
        name for name in NAMES if not sys.argv[1:] or any(name.startswith(word) for word in sys.argv[1:])
    ]
    print(HEAD)
    for name in wanted:
        for line in import_module(f"bench.{name}").measure():
            print(show(line), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
