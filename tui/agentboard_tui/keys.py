"""`python -m agentboard_tui.keys --check|--write FILE`: the keys page, made from the registry."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agentboard_tasks.files import Root
from agentboard_tui.actions import keys_page

__all__ = ["main"]


def main() -> int:
    """Write the page, or say that it is not what the registry makes."""
    parser = argparse.ArgumentParser(prog="agentboard_tui.keys")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", type=Path, metavar="FILE")
    what.add_argument("--write", type=Path, metavar="FILE")
    options = parser.parse_args()
    if options.write:
        Root(str(options.write.parent)).write(options.write.name, keys_page().encode())
        return 0
    if options.check.is_file() and options.check.read_text(encoding="utf-8") == keys_page():
        return 0
    sys.stderr.write(f"{options.check}: not what the registry of actions makes: run `make docs`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
