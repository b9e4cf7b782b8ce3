"""How much is written of a call: strace's options that concern all of them."""

from __future__ import annotations

from collections.abc import Callable

from emu.record import record

Names = Callable[[str], bool]
"""Whether a call of this name is meant."""


def nobody(name: str) -> bool:
    """No call."""
    return False


def everybody(name: str) -> bool:
    """Every call."""
    return True


@record
class Style:
    """One way of writing calls.

    `hexadecimal` is 1 to write strings that are not ASCII in hexadecimal (``-x``) and 2 for all of
    them (``-xx``). `descriptors` is 1 to tell the files of descriptors (``-y``) and 2 to tell more
    of them (``-yy``). The names are those of the expressions ``abbrev``, ``verbose`` and ``raw``.
    """

    string_limit: int = 32
    column: int = 40
    hexadecimal: int = 0
    descriptors: int = 0
    abbreviated: Names = everybody
    dereferenced: Names = everybody
    raw: Names = nobody


PLAIN = Style()
