"""Plain values as strace writes them: strings, pointers, numbers."""

from __future__ import annotations

import datetime

ESCAPES = {
    0x09: "\\t", 0x0A: "\\n", 0x0B: "\\v", 0x0C: "\\f", 0x0D: "\\r", 0x22: '\\"', 0x5C: "\\\\",
}  # fmt: skip
DIGITS = range(0x30, 0x3A)


def quoted(data: bytes, limit: int | None = None) -> str:
    """A C string literal: octal escapes as short as the next byte allows, ``...`` if cut."""
    cut = limit is not None and len(data) > limit
    shown = data[:limit] if cut else data
    text = []
    for index, byte in enumerate(shown):
        if byte in ESCAPES:
            text.append(ESCAPES[byte])
        elif 0x20 <= byte < 0x7F:
            text.append(chr(byte))
        else:
            digit_follows = index + 1 < len(shown) and shown[index + 1] in DIGITS
            text.append(f"\\{byte:03o}" if digit_follows else f"\\{byte:o}")
    return f'"{"".join(text)}"' + ("..." if cut else "")


def quoted_hex(data: bytes, limit: int) -> str:
    """The same with every byte in hexadecimal, as for random bytes."""
    body = "".join(f"\\x{byte:02x}" for byte in data[:limit])
    return f'"{body}"' + ("..." if len(data) > limit else "")


def pointer(address: int) -> str:
    """An address."""
    return f"{address:#x}" if address else "NULL"


def hexadecimal(value: int) -> str:
    """A number in hexadecimal, but 0 as it is."""
    return f"{value:#x}" if value else "0"


def octal(mode: int) -> str:
    """A file mode: at least three octal digits, the first a 0."""
    return f"0{mode:o}".rjust(3, "0") if mode else "000"


def signed(value: int, bits: int) -> int:
    """A word of this many bits as a signed number."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def date(seconds: int, nanoseconds: int = 0) -> str:
    """A time since the epoch for people; nothing for one that no calendar has."""
    try:
        moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return ""
    fraction = f".{nanoseconds:09}" if nanoseconds else ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}+0000"
