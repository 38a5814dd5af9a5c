"""`python -m agentboard_tui`: the same as the command `agentboard`."""

import sys

from agentboard_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
