"""Numbers and truth values out of texts, as strict as the kernel is. See lib/kstrtox.c."""

from __future__ import annotations

from emu.kernel.errno import EINVAL, ERANGE

SURE_TO_FIT = 19
MOST_DIGITS = 32
_DIGITS = {8: "01234567", 10: "0123456789", 16: "0123456789abcdef"}
_HEX = tuple(_DIGITS[16])


def plain(text: str, base: int) -> int:
    """What is nothing but decimal digits that surely fit, the common case; -1 if it is not."""
    digits = text.removesuffix("\n")
    if not (digits.isdecimal() and digits.isascii()) or len(digits) >= SURE_TO_FIT:
        return -1
    return int(digits) if base == 10 or (base == 0 and digits[0] != "0") else -1


def kstrtoull(text: str, base: int = 10) -> int:
    """An unsigned number of 64 bits; base 0 looks at the prefix. EINVAL, ERANGE."""
    if (number := plain(text, base)) >= 0:
        return number
    return _unsigned(text.removeprefix("+"), base, (1 << 64) - 1)


def kstrtoll(text: str, base: int = 10) -> int:
    """A signed number of 64 bits. EINVAL, ERANGE."""
    if (number := plain(text, base)) >= 0:
        return number
    if text[:1] == "-":
        return -_unsigned(text[1:], base, 1 << 63)
    return _unsigned(text.removeprefix("+"), base, (1 << 63) - 1)


def kstrtoint(text: str, base: int, least: int, most: int) -> int:
    """A number between two bounds, with a sign only if the least is below 0. EINVAL, ERANGE."""
    value = kstrtoll(text, base) if least < 0 else kstrtoull(text, base)
    if not least <= value <= most:
        raise ERANGE(f"{value} is not between {least} and {most}")
    return value


def kstrtobool(text: str) -> bool:
    """A truth value by its first letters: y, t, 1, on; n, f, 0, off. EINVAL."""
    first, both = text[:1].lower(), text[:2].lower()
    if first in ("y", "t", "1") or both == "on":
        return True
    if first in ("n", "f", "0") or both == "of":
        return False
    raise EINVAL("not a truth value")


def _unsigned(text: str, base: int, most: int) -> int:
    """Digits and at most one line break behind them."""
    text = text.removesuffix("\n")
    text = text.lower()
    if base in (0, 16) and text[:2] == "0x" and text[2:3] in _HEX:
        text, base = text[2:], 16
    elif base == 0:
        base = 8 if text[:1] == "0" else 10
    if not text or text.strip(_DIGITS[base]):
        raise EINVAL("not a number")
    if len(text.lstrip("0")) > MOST_DIGITS:
        raise ERANGE("the number is too large")
    return _within(int(text, base), most)


def _within(value: int, most: int) -> int:
    if value > most:
        raise ERANGE("the number is too large")
    return value
