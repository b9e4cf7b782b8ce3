"""Calling a module's `show` and `store`: the C form, and the shorter forms of Python."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import EINVAL
from emu.kernel.module.buffers import CharBuffer
from emu.kernel.module.cells import BoolCell, Cell, TextCell
from emu.kernel.module.guard import call, checked, later
from emu.kernel.module.parse import kstrtobool, kstrtoll

if TYPE_CHECKING:
    from emu.kernel.fs.single import Text
    from emu.kernel.module.module import Module
    from emu.kernel.vfs.file_operations import Result

ANY_NUMBER = 99
CO_VARARGS = 4
"""A code's flag that it takes any number of arguments: see inspect."""

SLACK = 4 * PAGE_SIZE
"""How far a `show` may write beyond its page, as it should not, and be found out."""


def positional(function: Callable[..., Any]) -> int:
    """How many arguments a function takes by position; `ANY_NUMBER` if it does not tell."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_flags & CO_VARARGS:
        return ANY_NUMBER
    bound = getattr(function, "__self__", None) is not None
    return int(code.co_argcount) - bound


def shown_by(
    module: Module,
    function: Callable[..., Any],
    arguments: Callable[[CharBuffer], tuple[Any, ...]],
) -> Text:
    """The text that a `show` makes.

    One that takes all its C arguments writes to the buffer and returns how much. One that takes
    fewer, without the buffer, returns the value or the text itself, and a line break is added.
    """
    buffer = CharBuffer(PAGE_SIZE + SLACK)
    given = arguments(buffer)
    wanted = positional(function)
    if wanted >= len(given):
        return later(call(module, function, *given), lambda count: taken(buffer, count))
    without = [argument for argument in given if argument is not buffer]
    return later(call(module, function, *without[:wanted]), as_line)


def taken(buffer: CharBuffer, count: Any) -> bytes:
    """What a `show` wrote, by what it returned; a text that it returned instead."""
    if isinstance(count, str | bytes):
        return as_line(count)
    return bytes(memoryview(buffer.memory)[: checked(count)])


def as_line(value: Any) -> bytes:
    """A value as a line of text."""
    if type(value) is int:
        return b"%d\n" % value
    if isinstance(value, int) and not isinstance(value, bool) and value < 0:
        from emu.kernel.errno_base import ErrnoValue

        if isinstance(value, ErrnoValue):
            checked(value)
    if isinstance(value, bytes):
        return value
    if isinstance(value, bool | BoolCell):
        return b"Y\n" if value else b"N\n"
    text = str(value.value if isinstance(value, Cell | TextCell) else value)
    return (text if text.endswith("\n") or not text else text + "\n").encode(
        errors="surrogateescape"
    )


def stored_by(
    module: Module,
    function: Callable[..., Any],
    data: bytes,
    arguments: Callable[[str, int], tuple[Any, ...]],
) -> Result:
    """What a `store` takes of a text.

    One with all its C arguments returns how much. One that takes fewer takes the value as its
    last: a number or truth value if it is annotated so, else the text without its line break.
    What it returns is of no interest unless it is an error.
    """
    text = data.decode("utf-8", "surrogateescape")
    given = arguments(text, len(data))
    wanted = positional(function)
    if wanted >= len(given):
        return later(call(module, function, *given), checked)
    value = parser_of(function)(text)
    before = given[: wanted - 1]
    return later(call(module, function, *before, value), partial(all_of, len(data)))


def all_of(count: int, result: Any) -> int:
    """What a `store` took that does not say how much; raises what it returned as its error."""
    if isinstance(result, int) and not isinstance(result, bool):
        checked(result)
    return count


def parser_of(function: Callable[..., Any]) -> Callable[[str], Any]:
    """What makes the value for a function's last argument, by its annotation; raises EINVAL."""
    return _PARSERS.get(_last_annotation(function), _line)


def _integer(text: str) -> int:
    return kstrtoll(text, 0)


def _real(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise EINVAL("not a number") from None


def _line(text: str) -> str:
    return text.removesuffix("\n")


_PARSERS: dict[Any, Callable[[str], Any]] = {
    int: _integer, "int": _integer, bool: kstrtobool, "bool": kstrtobool,
    float: _real, "float": _real,
}  # fmt: skip


def _last_annotation(function: Callable[..., Any]) -> Any:
    code = getattr(function, "__code__", None)
    if code is None or not code.co_argcount:
        return None
    return function.__annotations__.get(code.co_varnames[code.co_argcount - 1])
