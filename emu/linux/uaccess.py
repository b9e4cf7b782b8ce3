"""Copying from and to programs' memory. See include/linux/uaccess.h.

As in C these answer how many bytes were not copied, or -EFAULT; none raises.
"""

from __future__ import annotations

from typing import Any

from emu.kernel.errno import EFAULT, ENAMETOOLONG
from emu.kernel.module.ambient import current_task, this_module
from emu.kernel.module.buffers import CharBuffer, UserPointer
from emu.kernel.module.cells import BoolCell, Cell, TextCell
from emu.linux.layout import CType, caller_abi, fill
from emu.linux.types import c_int

PAGE = 4096


class TypedPointer(UserPointer):
    """A user address that knows what is there: C's ``(u32 __user *)arg``."""

    type: CType


def user_ptr(type: CType, address: int) -> TypedPointer:
    """C's cast of an address to a pointer to a type."""
    pointer = TypedPointer(int(address), current_task().mm)
    pointer.type = type
    return pointer


def copy_to_user(to: Any, from_: Any, n: int) -> int:
    """Copy `n` bytes to a program: how many could not be copied."""
    this_module().check_may_sleep()
    data = as_bytes(from_)[:n]
    try:
        place(to).store(data)
    except EFAULT:
        return n - _stored(to, data)
    return 0


def _stored(to: Any, data: bytes) -> int:
    """How far a copy came that met a bad address: in whole pages, as they are checked."""
    pointer = place(to)
    done = 0
    while done < len(data):
        size = min(len(data) - done, PAGE - (int(to) + done) % PAGE)
        try:
            (pointer + done).store(data[done : done + size])
        except EFAULT:
            break
        done += size
    return done


def copy_from_user(to: Any, from_: Any, n: int) -> int:
    """Copy `n` bytes from a program into a buffer, cell or struct: how many could not be."""
    this_module().check_may_sleep()
    try:
        data = place(from_).load(n)
    except EFAULT:
        return n
    if isinstance(to, CharBuffer):
        to.store(data)
    elif isinstance(to, bytearray):
        to[: len(data)] = data
    elif isinstance(to, Cell | BoolCell):
        kind: Any = type(to)
        to.value = kind.unpack_in(caller_abi(), data)
    else:
        fill(to, caller_abi(), data)
    return 0


def get_user(x: Any, ptr: Any) -> Any:
    """Read a variable: ``get_user(cell, ptr)`` is 0 or -EFAULT."""
    kind: Any = type(x)
    try:
        x.value = kind.unpack_in(caller_abi(), place(ptr).load(kind.size_in(caller_abi())))
    except EFAULT:
        return -EFAULT
    return 0


def put_user(x: Any, ptr: Any) -> Any:
    """Write a variable, as wide as it or its pointer says, or an int: 0 or -EFAULT."""
    kind: Any = c_int
    if isinstance(ptr, TypedPointer):
        kind = ptr.type
    elif isinstance(x, Cell):
        kind = type(x)
    try:
        place(ptr).store(kind.pack_in(caller_abi(), x))
    except EFAULT:
        return -EFAULT
    return 0


def strncpy_from_user(dst: CharBuffer | bytearray, src: Any, count: int) -> Any:
    """Copy a string of less than `count` bytes: its length, `count` if longer, or -EFAULT."""
    try:
        text = current_task().mm.read_string(int(src), count)
    except ENAMETOOLONG:
        text = current_task().mm.read(int(src), count)
    except EFAULT:
        return -EFAULT
    raw = text + b"\0" if len(text) < count else text
    if isinstance(dst, CharBuffer):
        dst.store(raw)
    else:
        dst[: len(raw)] = raw
    return len(text)


def strnlen_user(src: Any, count: int) -> int:
    """The length of a string with its NUL; 0 for a bad address, more than `count` if longer."""
    try:
        return len(current_task().mm.read_string(int(src), count)) + 1
    except ENAMETOOLONG:
        return count + 1
    except EFAULT:
        return 0


def clear_user(to: Any, n: int) -> int:
    """Zero bytes of a program: how many could not be."""
    return copy_to_user(to, bytes(n), n)


def access_ok(addr: Any, size: int) -> bool:
    """Whether an address lies where programs have theirs."""
    end = int(addr) + size
    return int(addr) >= 0 and end <= current_task().abi.memory.task_size


def place(pointer: Any) -> UserPointer:
    """Something to copy from or to: plain numbers are the running program's addresses."""
    if isinstance(pointer, UserPointer):
        return pointer
    return UserPointer(int(pointer), current_task().mm)


def as_bytes(data: Any) -> bytes:
    """The bytes of a buffer, text, cell or struct."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, str):
        return data.encode(errors="surrogateescape") + b"\0"
    if isinstance(data, bytearray | memoryview) or hasattr(data, "__bytes__"):
        return bytes(data)
    if isinstance(data, TextCell):
        return str(data).encode(errors="surrogateescape") + b"\0"
    kind: Any = type(data)
    if isinstance(kind, CType):
        return kind.pack_in(caller_abi(), data)
    raise TypeError(f"{data!r} is nothing that can be copied to a program")
