"""Strings and bytes. See include/linux/string.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.errno import E2BIG
from emu.kernel.module.buffers import CharBuffer
from emu.linux.kernel import as_str
from emu.linux.uaccess import as_bytes


def strlen(s: Any) -> int:
    """The length in bytes."""
    return len(as_str(s).encode(errors="surrogateescape"))


def strcmp(a: Any, b: Any) -> int:
    """How two texts compare."""
    left, right = as_str(a), as_str(b)
    return (left > right) - (left < right)


def strncmp(a: Any, b: Any, count: int) -> int:
    """How the first letters of two texts compare."""
    return strcmp(as_str(a)[:count], as_str(b)[:count])


def strcasecmp(a: Any, b: Any) -> int:
    """How two texts compare, whatever their case."""
    return strcmp(as_str(a).lower(), as_str(b).lower())


def strim(s: Any) -> str:
    """A text without blanks around it."""
    return as_str(s).strip()


strstrip = strim


def strsep(s: Any, ct: str) -> str | None:
    """The part of a `charp` up to a separator, which is taken off; None at its end."""
    text = s.value
    if text is None:
        return None
    for at, letter in enumerate(text):
        if letter in ct:
            s.value = text[at + 1 :]
            return str(text[:at])
    s.value = None
    return str(text)


def strscpy(dst: Any, src: Any, size: int | None = None) -> Any:
    """Copy a text into a buffer: its length, or -E2BIG if it was cut."""
    room = len(dst) if size is None else size
    raw = as_str(src).encode(errors="surrogateescape")
    cut = raw[: room - 1] + b"\0"
    if isinstance(dst, CharBuffer):
        dst.store(cut)
    else:
        dst[: len(cut)] = cut
    return len(raw) if len(raw) < room else -E2BIG


strlcpy = strncpy = strcpy = strscpy


def memcpy(dst: Any, src: Any, count: int) -> Any:
    """Copy bytes."""
    data = as_bytes(src)[:count]
    if isinstance(dst, CharBuffer):
        dst.store(data)
    else:
        dst[: len(data)] = data
    return dst


memmove = memcpy


def memset(dst: Any, c: int, count: int) -> Any:
    """Fill bytes."""
    return memcpy(dst, bytes([c & 0xFF]) * count, count)


def memcmp(a: Any, b: Any, count: int) -> int:
    """How bytes compare."""
    left, right = as_bytes(a)[:count], as_bytes(b)[:count]
    return (left > right) - (left < right)
