"""What kind of character a byte is to the line discipline. See lib/ctype.c, which is Latin-1."""

from __future__ import annotations

TAB = 0x09
NEWLINE = 0x0A
RETURN = 0x0D
BACKSPACE = 0x08


def iscntrl(c: int) -> bool:
    """A control character: those above ASCII do not count."""
    return c < 0x20 or c == 0x7F


def tolower(c: int) -> int:
    """The small letter of a capital one."""
    if 0x41 <= c <= 0x5A or (0xC0 <= c <= 0xDE and c != 0xD7):
        return c + 0x20
    return c


def toupper(c: int) -> int:
    """The capital letter of a small one; sharp s and y diaeresis become what lies there."""
    if 0x61 <= c <= 0x7A or (c >= 0xDF and c != 0xF7):
        return c - 0x20
    return c


def isalnum(c: int) -> bool:
    """A letter or a digit."""
    if c < 0x80:
        return 0x30 <= c <= 0x39 or 0x41 <= c <= 0x5A or 0x61 <= c <= 0x7A
    return c >= 0xC0 and c not in (0xD7, 0xF7)
