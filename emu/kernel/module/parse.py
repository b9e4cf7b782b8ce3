"""Numbers and truth values out of texts, as strict as the kernel is. See lib/kstrtox.c."""

from __future__ import annotations

from emu.kernel.errno import EINVAL, ERANGE

SURE_TO_FIT = 19
MOST_DIGITS = 32
_DIGITS = {8: b"01234567", 10: b"0123456789", 16: b"0123456789abcdef"}


def kstrtoull(text: bytes, base: int = 10) -> int:
    """An unsigned number of 64 bits; base 0 looks at the prefix. EINVAL, ERANGE."""
    return _unsigned(text.removeprefix(b"+"), base, (1 << 64) - 1)


def kstrtoll(text: bytes, base: int = 10) -> int:
    """A signed number of 64 bits. EINVAL, ERANGE."""
    if text[:1] == b"-":
        return -_unsigned(text[1:], base, 1 << 63)
    return _unsigned(text.removeprefix(b"+"), base, (1 << 63) - 1)


def kstrtoint(text: bytes, base: int, least: int, most: int) -> int:
    """A number between two bounds, with a sign only if the least is below 0. EINVAL, ERANGE."""
    value = kstrtoll(text, base) if least < 0 else kstrtoull(text, base)
    if not least <= value <= most:
        raise ERANGE(f"{value} is not between {least} and {most}")
    return value


def kstrtobool(text: bytes) -> bool:
    """A truth value by its first letters: y, t, 1, on; n, f, 0, off. EINVAL."""
    first, both = text[:1].lower(), text[:2].lower()
    if first in (b"y", b"t", b"1") or both == b"on":
        return True
    if first in (b"n", b"f", b"0") or both == b"of":
        return False
    raise EINVAL("not a truth value")


def _unsigned(text: bytes, base: int, most: int) -> int:
    """Digits and at most one line break behind them."""
    text = text.removesuffix(b"\n")
    plain = base == 10 or (base == 0 and text[:1] != b"0")
    if plain and len(text) < SURE_TO_FIT and text.isdigit():
        return _within(int(text), most)
    text = text.lower()
    if base in (0, 16) and text[:2] == b"0x" and text[2:3] in (b"%c" % d for d in _DIGITS[16]):
        text, base = text[2:], 16
    elif base == 0:
        base = 8 if text[:1] == b"0" else 10
    if not text or text.strip(_DIGITS[base]):
        raise EINVAL("not a number")
    if len(text.lstrip(b"0")) > MOST_DIGITS:
        raise ERANGE("the number is too large")
    return _within(int(text, base), most)


def _within(value: int, most: int) -> int:
    if value > most:
        raise ERANGE("the number is too large")
    return value
