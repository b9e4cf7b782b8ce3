"""C's formats as the kernel has them: snprintf, printk, sscanf. See lib/vsprintf.c."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from emu.digit import ONE_DIGIT
from emu.kernel.errno import KernelError
from emu.kernel.errno_base import generic_numbers

_CONVERSION = re.compile(
    r"%(?P<flags>[-+ #0]*)(?P<width>\*|\d+)?(?:\.(?P<precision>\*|\d+)?)?"
    r"(?P<length>hh|h|ll|l|L|q|z|Z|t|j)?(?P<kind>[diouxXcspn%])(?P<pointer>(?<=p)[A-Za-z]\w*)?"
)
_BITS = {"hh": 8, "h": 16, None: 32, "l": 64, "ll": 64, "L": 64, "q": 64, "z": 64, "Z": 64,
         "t": 64, "j": 64}  # fmt: skip
POINTER_MARK = "(____ptrval____)"

Convert = Callable[[Any], Any]


def c_format(text: str, arguments: tuple[Any, ...]) -> str:
    """The text that C's printf would make, with the kernel's lengths of 64 bits for a long.

    `TypeError` if there are too few arguments or one is of the wrong kind.
    """
    return renderer(text)(arguments)


@cache
def renderer(text: str) -> Callable[[tuple[Any, ...]], str]:
    """What makes the text of one format from its values."""
    template, converters = translated(text)
    if not converters:
        plain = template % ()
        return lambda arguments: plain
    count = len(converters)
    if count == 1:
        (only,) = converters

        def render_one(arguments: tuple[Any, ...]) -> str:
            if not arguments:
                raise TypeError(f"{text!r} wants 1 values, not 0")
            return str(template % only(arguments[0]))

        return render_one

    def render(arguments: tuple[Any, ...]) -> str:
        if len(arguments) < count:
            raise TypeError(f"{text!r} wants {count} values, not {len(arguments)}")
        return template % tuple(map(_apply, converters, arguments))

    return render


class _Encoders(dict[str, Callable[[tuple[Any, ...]], bytes]]):
    """What was made of each format so far."""

    def __missing__(self, text: str) -> Callable[[tuple[Any, ...]], bytes]:
        made = self[text] = encoder(text)
        return made


ENCODERS = _Encoders()


def encoder(text: str) -> Callable[[tuple[Any, ...]], bytes]:
    """What makes the text of one format from its values, as bytes."""
    render = renderer(text)
    template, converters = translated(text)
    found = list(_CONVERSION.finditer(text))
    if len(found) == len(converters) == 1 and found[0]["kind"] in "diouxX" and template.isascii():
        digits = template.encode()
        # What is more than a digit to Python is slow to compare, and rare: it goes the long way.
        fits = min(1 << _BITS[found[0]["length"]] - 1, ONE_DIGIT)

        def encode_number(arguments: tuple[Any, ...]) -> bytes:
            if len(arguments) == 1 and type(number := arguments[0]) is int and 0 <= number < fits:
                return digits % number
            return render(arguments).encode("utf-8", "surrogateescape")

        return encode_number
    return lambda arguments: render(arguments).encode("utf-8", "surrogateescape")


def _apply(convert: Convert, value: Any) -> Any:
    return convert(value)


def translated(text: str) -> tuple[str, tuple[Convert, ...]]:
    """A format for Python's %, and what makes its values."""
    parts: list[str] = []
    converters: list[Convert] = []
    end = 0
    for found in _CONVERSION.finditer(text):
        parts.append(text[end : found.start()].replace("%", "%%"))
        end = found.end()
        parts.append(_one(found, converters))
    parts.append(text[end:].replace("%", "%%"))
    return "".join(parts), tuple(converters)


def _one(found: re.Match[str], converters: list[Convert]) -> str:
    kind, length = found["kind"], found["length"]
    if kind == "%":
        return "%%"
    if kind == "n":
        return ""
    flags, width, precision = found["flags"], found["width"] or "", found["precision"]
    if kind == "p":
        known = found["pointer"]
        converter, used = _pointer(known or "", width)
        converters.append(converter)
        rest = (known or "")[used:]
        return "%s" + rest.replace("%", "%%")
    if width == "*":
        converters.append(int)
    if precision == "*":
        converters.append(int)
    dotted = "" if precision is None and "." not in found[0] else f".{precision or 0}"
    bits = _BITS[length]
    if kind == "s":
        converters.append(as_text)
        return f"%{flags}{width}{dotted}s"
    if kind == "c":
        converters.append(lambda value: chr(value & 0xFF) if isinstance(value, int) else value)
        return f"%{flags}{width}c"
    if kind in "di":
        converters.append(_signed(bits))
        return f"%{flags}{width}{dotted}d"
    converters.append(_unsigned(bits))
    if kind == "o" and "#" in flags:
        flags = flags.replace("#", "")
        return f"0%{flags}{width}{dotted}o"
    return f"%{flags}{width}{dotted}{'d' if kind == 'u' else kind}"


def _signed(bits: int) -> Convert:
    half, whole = 1 << bits - 1, 1 << bits

    def convert(value: Any) -> int:
        number = value if isinstance(value, int) else int(value.value)
        if -half <= number < half:
            return number
        number &= whole - 1
        return number - whole if number >= half else number

    return convert


def _unsigned(bits: int) -> Convert:
    mask = (1 << bits) - 1

    def convert(value: Any) -> int:
        return (value if isinstance(value, int) else int(value.value)) & mask

    return convert


def as_text(value: Any) -> str:
    """A string of C's: NULL is ``(null)``, bytes end at their NUL."""
    if value is None:
        return "(null)"
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).partition(b"\0")[0].decode(errors="surrogateescape")
    inner = getattr(value, "value", value)
    return "(null)" if inner is None else str(inner)


def _pointer(kind: str, width: str) -> tuple[Convert, int]:
    """How a %p is shown, and how many letters behind it belong to it."""
    if kind[:1] in ("S", "s", "B", "F", "f"):
        return symbol_name, 1
    if kind[:1] == "e":
        return _error_name, 1
    if kind[:2] == "I4":
        return lambda value: ".".join(str(byte) for byte in bytes(value)[:4]), 2
    if kind[:1] == "M":
        return lambda value: bytes(value)[:6].hex(":"), 1
    if kind[:1] == "h":
        separator = {"C": ":", "D": "-", "N": ""}.get(kind[1:2])
        count = int(width) if width.isdigit() else 64
        used = 1 if separator is None else 2
        between = " " if separator is None else separator
        return lambda value: between.join(f"{b:02x}" for b in bytes(value)[:count]), used
    if kind[:1] in ("x", "K"):
        return lambda value: f"{id(value) & (1 << 64) - 1:016x}", 1
    return lambda value: "(null)" if value is None else POINTER_MARK, 0


def symbol_name(value: Any) -> str:
    """A function's name as %pS shows it."""
    return str(getattr(value, "__qualname__", getattr(value, "__name__", value)))


def _error_name(value: Any) -> str:
    error = getattr(value, "error", None)
    if isinstance(error, type) and issubclass(error, KernelError):
        return f"-{error.__name__}"
    if isinstance(value, int):
        for name, number in generic_numbers().items():
            if number == -value:
                return f"-{name}"
    return str(value)


_SCAN = re.compile(
    r"%(?P<skip>\*)?(?P<width>\d+)?(?P<length>hh|h|ll|l|L|q|z|t)?(?P<kind>[diouxXsc%n])"
)
_DIGITS = {
    "d": r"[-+]?\d+", "u": r"[-+]?\d+", "o": "[0-7]+", "x": r"(?:0[xX])?[0-9a-fA-F]+",
    "i": r"[-+]?(?:0[xX][0-9a-fA-F]+|\d+)",
}  # fmt: skip
_BASES = {"d": 10, "u": 10, "o": 8, "x": 16, "i": 0}


Step = Callable[[str, int], "tuple[Any, int] | None"]
"""Takes a text and a place in it: the value there, if it has one, and where it ends; or None."""


class Nothing:
    """The value of a step that finds none to be told."""


NOTHING = Nothing()


def c_scan(text: str, wanted: str) -> list[Any]:
    """The values that C's sscanf finds, as many as match."""
    found: list[Any] = []
    pos = 0
    for step in scan_steps(wanted):
        item = step(text, pos)
        if item is None:
            break
        value, pos = item
        if value is not NOTHING:
            found.append(value)
    return found


@cache
def scan_steps(wanted: str) -> tuple[Step, ...]:
    """What a format asks for, piece by piece."""
    steps: list[Step] = []
    end = 0
    while end < len(wanted):
        letter = wanted[end]
        spec = _SCAN.match(wanted, end) if letter == "%" else None
        end += 1 if spec is None else spec.end() - spec.start()
        if letter.isspace():
            steps.append(lambda text, pos: (NOTHING, _skip_space(text, pos)))
        elif spec is None or spec["kind"] == "%":
            steps.append(_literal(letter))
        elif spec["kind"] == "n":
            steps.append(lambda text, pos: (pos, pos))
        else:
            steps.append(_skipped(_conversion(spec)) if spec["skip"] else _conversion(spec))
    return tuple(steps)


def _literal(letter: str) -> Step:
    return lambda text, pos: (NOTHING, pos + 1) if text[pos : pos + 1] == letter else None


def _skipped(step: Step) -> Step:
    def skip(text: str, pos: int) -> tuple[Any, int] | None:
        item = step(text, pos)
        return None if item is None else (NOTHING, item[1])

    return skip


def _conversion(spec: re.Match[str]) -> Step:
    kind, width = spec["kind"].lower(), int(spec["width"] or 0)
    if kind == "c":
        size = width or 1
        return lambda text, pos: (text[pos : pos + size], pos + size) if pos < len(text) else None
    pattern = re.compile(r"\s*(" + (r"\S+" if kind == "s" else _DIGITS[kind]) + ")")
    base, bits, signed = _BASES.get(kind, 0), _BITS[spec["length"]], kind in "di"

    def convert(text: str, pos: int) -> tuple[Any, int] | None:
        if width:
            pos = _skip_space(text, pos)
            found = pattern.match(text, pos, pos + width)
        else:
            found = pattern.match(text, pos)
        if found is None:
            return None
        if kind == "s":
            return found[1], found.end()
        number = _number(found[1], base) & (1 << bits) - 1
        if signed and number >> bits - 1:
            number -= 1 << bits
        return number, found.end()

    return convert


def _number(digits: str, base: int) -> int:
    digits = digits[:64]
    if base == 0:
        bare = digits.lstrip("+-")
        base = 16 if bare[:2].lower() == "0x" else 8 if bare[:1] == "0" else 10
    return int(digits, base)


def _skip_space(text: str, pos: int) -> int:
    while pos < len(text) and text[pos].isspace():
        pos += 1
    return pos
