"""What tracers refuse."""

from __future__ import annotations


class BadExpression(ValueError):
    """An expression that strace would not understand either."""
