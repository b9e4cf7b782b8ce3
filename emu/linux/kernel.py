"""Formats, numbers out of texts, and other basics. See include/linux/kernel.h and kstrtox.h."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from emu.arch.cpu import PAGE_SIZE as PAGE_SIZE
from emu.digit import ONE_DIGIT
from emu.kernel.errno import KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.module import parse
from emu.kernel.module.buffers import CharBuffer
from emu.kernel.module.cells import Cell, TextCell
from emu.kernel.module.format import ENCODERS, c_format, c_scan
from emu.linux.layout import sizeof as sizeof
from emu.linux.layout import struct as struct
from emu.linux.printk import KERN_ALERT as KERN_ALERT
from emu.linux.printk import KERN_DEBUG as KERN_DEBUG
from emu.linux.printk import KERN_ERR as KERN_ERR
from emu.linux.printk import KERN_INFO as KERN_INFO
from emu.linux.printk import KERN_NOTICE as KERN_NOTICE
from emu.linux.printk import KERN_WARNING as KERN_WARNING
from emu.linux.printk import pr_debug as pr_debug
from emu.linux.printk import pr_err as pr_err
from emu.linux.printk import pr_info as pr_info
from emu.linux.printk import pr_warn as pr_warn
from emu.linux.printk import printk as printk

PAGE_SHIFT = 12
INT_MAX, INT_MIN, UINT_MAX = (1 << 31) - 1, -(1 << 31), (1 << 32) - 1
S64_MAX, U64_MAX = (1 << 63) - 1, (1 << 64) - 1

Text = str | bytes | CharBuffer


def snprintf(buf: CharBuffer | bytearray | None, size: int, fmt: str, *args: Any) -> int:
    """Format into a buffer of `size` bytes, a NUL included: how long the whole text is."""
    text = ENCODERS[fmt](args)
    if isinstance(buf, CharBuffer):
        buf.put(text, size)
    elif buf is not None and size > 0:
        piece = text[: size - 1] + b"\0"
        buf[: len(piece)] = piece
    return len(text)


def scnprintf(buf: CharBuffer | bytearray | None, size: int, fmt: str, *args: Any) -> int:
    """The same, but it answers how long the text in the buffer is."""
    length = snprintf(buf, size, fmt, *args)
    return min(length, max(0, size - 1))


def sprintf(buf: CharBuffer | bytearray, fmt: str, *args: Any) -> int:
    """Format into a buffer that is hoped to be large enough."""
    return snprintf(buf, len(buf), fmt, *args)


def kasprintf(gfp: int, fmt: str, *args: Any) -> str:
    """A new text."""
    return c_format(fmt, args)


def sscanf(buf: Text, fmt: str, *cells: Any) -> Any:
    """Find values in a text.

    With cells, as in C: how many were found and stored. Without: that number and the values, None
    for each that was not found: ``rc, value = sscanf(buf, "%d")``.
    """
    found = c_scan(as_str(buf), fmt)
    if cells:
        for cell, value in zip(cells, found, strict=False):
            if isinstance(cell, CharBuffer):
                cell.store(value.encode(errors="surrogateescape") + b"\0")
            else:
                cell.value = value
        return min(len(found), len(cells))
    wanted = fmt.replace("%%", "").count("%") - fmt.count("%*")
    return (len(found), *found, *[None] * (wanted - len(found)))


def as_str(text: Text) -> str:
    """A text of any kind, up to its NUL."""
    if isinstance(text, str):
        return text.partition("\0")[0] if "\0" in text else text
    if isinstance(text, CharBuffer):
        return str(text)
    return bytes(text).partition(b"\0")[0].decode(errors="surrogateescape")


def _parsed(read: Callable[[], Any], cell: Any) -> Any:
    """C's form with a cell: 0 or an error."""
    try:
        cell.value = read()
    except KernelError as error:
        return ErrnoValue(type(error))
    return 0


def _bounded(bits: int, signed: bool) -> Callable[[Text, int, Any], Any]:
    least = -(1 << bits - 1) if signed else 0
    most = (1 << bits - signed) - 1
    plain = min(most, ONE_DIGIT)

    def kstrto(s: Text, base: int = 0, res: Cell | None = None) -> Any:
        """Parse a number: into a cell and 0 or an error, or it is answered or raises."""
        if res is None and type(s) is str and 0 <= (number := parse.plain(s, base)) <= plain:
            return number
        text = as_str(s)
        if res is None:
            return parse.kstrtoint(text, base, least, most)
        return _parsed(partial(parse.kstrtoint, text, base, least, most), res)

    return kstrto


kstrtou8, kstrtou16, kstrtouint = _bounded(8, False), _bounded(16, False), _bounded(32, False)
kstrtos8, kstrtos16, kstrtoint = _bounded(8, True), _bounded(16, True), _bounded(32, True)
kstrtoul = kstrtoull = kstrtou64 = _bounded(64, False)
kstrtol = kstrtoll = kstrtos64 = _bounded(64, True)
kstrtou32, kstrtos32 = kstrtouint, kstrtoint


def kstrtobool(s: Text, res: Any = None) -> Any:
    """Parse a truth value: into a cell and 0 or an error, or it is answered or raises."""
    text = as_str(s)
    if res is None:
        return parse.kstrtobool(text)
    return _parsed(partial(parse.kstrtobool, text), res)


def simple_strtoul(cp: Text, endp: TextCell | None, base: int) -> int:
    """The number that a text begins with, 0 if it begins with none; `endp` gets the rest."""
    text = as_str(cp)
    conversion = {0: "%i", 8: "%o", 10: "%u", 16: "%x"}[base]
    found = c_scan(text, conversion.replace("%", "%ll") + "%n")
    if endp is not None:
        endp.value = text[found[1] :] if len(found) > 1 else text
    return int(found[0]) if found else 0


simple_strtol = simple_strtoull = simple_strtoul


def container_of(ptr: Any, type: Any, member: str) -> Any:
    """The struct that something is a member of. `TypeError` if it is no such member."""
    found = getattr(ptr, "container", None)
    if not isinstance(found, type) or getattr(found, member, None) is not ptr:
        raise TypeError(f"{ptr!r} is not {member} of a {type.__name__}")
    return found


def ARRAY_SIZE(array: Any) -> int:
    """How many elements there are."""
    return len(array)


def BIT(number: int) -> int:
    """A word with one bit."""
    return 1 << number


def clamp(value: int, low: int, high: int) -> int:
    """A number kept within bounds."""
    return max(low, min(value, high))


def DIV_ROUND_UP(n: int, d: int) -> int:
    """A quotient, rounded up."""
    return -(-n // d)


def round_up(x: int, y: int) -> int:
    """The next multiple of a power of two."""
    return -(-x // y) * y


def IS_ERR(ptr: Any) -> bool:
    """Whether what should be an object is an error."""
    return isinstance(ptr, int) and not isinstance(ptr, bool) and -4095 <= ptr < 0


def PTR_ERR(ptr: Any) -> Any:
    """The error in place of an object."""
    return ptr


def ERR_PTR(error: int) -> Any:
    """An error in place of an object."""
    return error


def IS_ERR_OR_NULL(ptr: Any) -> bool:
    """Whether there is no object."""
    return ptr is None or IS_ERR(ptr)


def PTR_ERR_OR_ZERO(ptr: Any) -> Any:
    """The error in place of an object, or 0."""
    return ptr if IS_ERR(ptr) else 0


def WARN_ON(condition: Any) -> bool:
    """Log a warning if something holds that should not."""
    if condition:
        from emu.kernel.module.ambient import this_module

        module = this_module()
        printk("\x014WARNING: at %s %s\n", module.here(), module.describe_call())
    return bool(condition)


def BUG_ON(condition: Any) -> None:
    """Make an oops if something holds that cannot."""
    if condition:
        from emu.kernel.module.guard import Misuse

        raise Misuse("kernel BUG")


def might_sleep() -> None:
    """Report where nobody may sleep."""
    from emu.kernel.module.ambient import this_module

    this_module().check_may_sleep()


def min_t(type: str, x: int, y: int) -> int:
    """The lesser of two numbers."""
    return min(x, y)


def max_t(type: str, x: int, y: int) -> int:
    """The greater of two numbers."""
    return max(x, y)
