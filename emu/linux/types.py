"""C's types: variables with an address (cells), and the layouts of the calling program's ABI.

``counter = u32(7)`` is a variable whose `value` wraps around as C's does, to be handed where C
takes ``&counter``. ``sizeof(c_long)`` and a `struct` are laid out as the caller's ABI has them.
"""

from __future__ import annotations

from typing import Any

from emu.kernel.module.cells import BoolCell, Cell, TextCell
from emu.linux.layout import Array, CType, IntegerType, LongType, array_of, bool_type


class u8(Cell, metaclass=IntegerType):
    """An unsigned byte."""

    bits = 8


class u16(Cell, metaclass=IntegerType):
    """An unsigned number of 16 bits."""

    bits = 16


class u32(Cell, metaclass=IntegerType):
    """An unsigned number of 32 bits."""

    bits = 32


class u64(Cell, metaclass=IntegerType):
    """An unsigned number of 64 bits."""

    bits = 64


class s8(Cell, metaclass=IntegerType):
    """A signed byte."""

    bits, signed = 8, True


class s16(Cell, metaclass=IntegerType):
    """A signed number of 16 bits."""

    bits, signed = 16, True


class s32(Cell, metaclass=IntegerType):
    """A signed number of 32 bits."""

    bits, signed = 32, True


class s64(Cell, metaclass=IntegerType):
    """A signed number of 64 bits."""

    bits, signed = 64, True


class c_long(Cell, metaclass=LongType):
    """C's long, in a program's memory as wide as the program has it."""

    bits, signed = 64, True


class c_ulong(Cell, metaclass=LongType):
    """C's unsigned long."""

    bits = 64


class compat_long_t(Cell, metaclass=IntegerType):
    """The long of 32-bit programs."""

    bits, signed = 32, True


class compat_ulong_t(Cell, metaclass=IntegerType):
    """The unsigned long of 32-bit programs."""

    bits = 32


class user_pointer(Cell, metaclass=LongType):
    """A pointer in a program's memory, such as a member of a struct: an address."""

    bits = 64


class c_bool(BoolCell, metaclass=bool_type):
    """C's bool."""

    __slots__ = ()


class char(Cell, metaclass=IntegerType):
    """C's char; an array of them is bytes."""

    bits = 8


c_char = char
c_int, c_uint, c_short, c_ushort = s32, u32, s16, u16
c_longlong, c_ulonglong = s64, u64
uint, ulong = u32, c_ulong
size_t, ssize_t, loff_t = c_ulong, c_long, s64
__u8, __u16, __u32, __u64 = u8, u16, u32, u64
__s8, __s16, __s32, __s64 = s8, s16, s32, s64
u_char = u8


class charp(TextCell):
    """A ``char *`` variable; None is NULL."""

    __slots__ = ()


class bool_(BoolCell):
    """A ``bool`` variable of the kernel's own."""

    __slots__ = ()


class atomic_t(s32):
    """A counter: see include/linux/atomic.h."""


class atomic64_t(s64):
    """A counter of 64 bits."""


def ATOMIC_INIT(value: int) -> atomic_t:
    """A counter with a value."""
    return atomic_t(value)


NULL = None

__all__ = [
    "ATOMIC_INIT", "NULL", "Any", "Array", "CType", "array_of", "atomic64_t", "atomic_t", "bool_",
    "c_bool", "c_char", "c_int", "c_long", "c_longlong", "c_short", "c_uint", "c_ulong",
    "c_ulonglong", "c_ushort", "char", "charp", "compat_long_t", "compat_ulong_t", "loff_t", "s8",
    "s16", "s32", "s64", "size_t", "ssize_t", "u8", "u16", "u32", "u64", "u_char", "uint",
    "ulong", "user_pointer",
]  # fmt: skip
