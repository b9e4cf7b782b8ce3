"""Bits by their numbers. See include/linux/bitops.h. What C keeps in an array of longs is a set."""

from __future__ import annotations


def set_bit(nr: int, addr: set[int]) -> None:
    """Set a bit."""
    addr.add(nr)


def clear_bit(nr: int, addr: set[int]) -> None:
    """Clear a bit."""
    addr.discard(nr)


def test_bit(nr: int, addr: set[int]) -> bool:
    """Whether a bit is set."""
    return nr in addr


def test_and_set_bit(nr: int, addr: set[int]) -> bool:
    """Set a bit; whether it was set before."""
    was = nr in addr
    addr.add(nr)
    return was


__set_bit, __clear_bit = set_bit, clear_bit
