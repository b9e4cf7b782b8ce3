"""What the commands share in talking to their user."""

from __future__ import annotations

import sys


def fail(message: str, status: int) -> int:
    """Say why a command cannot do its work, in one line; answers the exit status."""
    print(f"emu: {message}", file=sys.stderr)
    return status
