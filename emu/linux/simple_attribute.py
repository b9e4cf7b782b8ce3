"""Behind DEFINE_SIMPLE_ATTRIBUTE: a file over a number that two functions keep."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from emu.kernel.fs.debugfs.values import SimpleAttribute
from emu.kernel.module.format import c_format
from emu.kernel.module.guard import call, checked, later
from emu.kernel.module.module import Module
from emu.kernel.module.show import positional
from emu.linux.types import u64


def operations(
    module: Module, get: Callable[..., Any] | None, set: Callable[..., Any] | None, fmt: str
) -> SimpleAttribute:
    """The file operations; C's form of `get` stores to a cell, the other returns the number."""
    signed = "d" in fmt.partition("%")[2][:4]

    def read(private: object) -> int | Awaitable[int]:
        assert get is not None
        if positional(get) < 2:
            return later(call(module, get, private), int)
        cell = u64()

        def stored(result: Any) -> int:
            checked(result)
            return cell.value

        return later(call(module, get, private, cell), stored)

    def write(private: object, value: int) -> object:
        assert set is not None
        return later(call(module, set, private, value), checked)

    return SimpleAttribute(
        read if get else None,
        write if set else None,
        lambda value: c_format(fmt, (value,)),
        signed=signed,
    )
