"""FUTEX_WAKE_OP: change one word, and wake sleepers of another and perhaps its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_WRITE
from emu.kernel.errno import ENOSYS
from emu.kernel.futex.key import futex_key

if TYPE_CHECKING:
    from emu.kernel.task import Task

OPARG_SHIFT = 8
"""The bit of an operation that says its argument is a bit number."""

_CHANGE: tuple[Callable[[int, int], int], ...] = (
    lambda old, arg: arg,
    lambda old, arg: old + arg,
    lambda old, arg: old | arg,
    lambda old, arg: old & ~arg,
    lambda old, arg: old ^ arg,
)
_COMPARE: tuple[Callable[[int, int], bool], ...] = (
    lambda old, arg: old == arg,
    lambda old, arg: old != arg,
    lambda old, arg: old < arg,
    lambda old, arg: old <= arg,
    lambda old, arg: old > arg,
    lambda old, arg: old >= arg,
)


def wake_op(
    task: Task, address: int, shared: bool, other: int, nr_wake: int, nr_wake_other: int, op: int
) -> int:
    """Do `op` to the other word, wake the first one's sleepers, and the other's if it says so.

    ENOSYS for an operation that does not exist. See futex_atomic_op_inuser for the encoding.
    """
    table, mm = task.kernel.futexes, task.mm
    key = futex_key(mm, address, shared=shared)
    other_key = futex_key(mm, other, shared=shared, access=ACCESS_WRITE)
    change, compare = op >> 28 & 7, op >> 24 & 15
    argument, reference = _sign_extend(op >> 12), _sign_extend(op)
    if op >> 28 & OPARG_SHIFT:
        argument = 1 << (argument & 31)
    if change >= len(_CHANGE):
        raise ENOSYS(f"no operation {change}")
    old = _signed(mm.read_u32(other))
    mm.write_u32(other, _CHANGE[change](old, argument))
    if compare >= len(_COMPARE):
        raise ENOSYS(f"no comparison {compare}")
    woken = table.wake(key, nr_wake)
    if _COMPARE[compare](old, reference):
        woken += table.wake(other_key, nr_wake_other)
    return woken


def _sign_extend(value: int) -> int:
    """The low 12 bits as a signed number."""
    return ((value & 0xFFF) ^ 0x800) - 0x800


def _signed(value: int) -> int:
    return (value ^ 0x80000000) - 0x80000000
