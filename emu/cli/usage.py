"""What the commands share in talking to their user."""

from __future__ import annotations

import argparse
import os
import sys

_MARGIN = 2


class HelpFormatter(argparse.HelpFormatter):
    """As wide as the terminal. Its base asks `shutil`, whose import takes longer than a run's."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=columns() - _MARGIN)


def columns() -> int:
    """The terminal's width, or what COLUMNS says; 80 without either."""
    try:
        return int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        pass
    try:
        return os.get_terminal_size(1).columns or 80
    except OSError:
        return 80


def fail(message: str, status: int) -> int:
    """Say why a command cannot do its work, in one line; answers the exit status."""
    print(f"emu: {message}", file=sys.stderr)
    return status
