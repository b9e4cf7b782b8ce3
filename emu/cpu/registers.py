"""The register state of an engine: a window on the CPU's own memory, or the library's calls.

The window costs nothing per access, but nothing in the library's interface promises where it is.
So its place is worked out from the engine's first pointers, each is followed only where the
address is readable, and it is believed only after values planted through the library appear
there. When any of that fails `LibraryState` does the same through contexts and single reads.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Sequence
from ctypes import c_char, c_uint64, c_void_p
from typing import Protocol

from emu.arch.cpu import RegisterFile
from emu.cpu.library import Library
from emu.record import record

# In uc_engine: the CPU object; in that object: the architecture's state ("env").
_CPU_OFFSET = 440
_ENV_OFFSET = 296
# What precedes the copy of the state in a context made by uc_context_save.
_CONTEXT_HEADER = 40
_POINTER = struct.Struct("=Q")


@record
class RegisterNames:
    """The library's numbers for the general registers, in hardware order, and for the pc.

    `slot_bytes` is the size of a register in the CPU state. A register of number 0 is not
    planted (hard-wired zero, or a pc that would change the processor's mode).
    """

    general: Sequence[int]
    pc: int
    slot_bytes: int


class State(Protocol):
    """What the engine needs of the register state, however it is reached."""

    registers: RegisterFile
    direct: bool

    def read_pc(self) -> int:
        """The program counter as it is in the state."""

    def write_pc(self, address: int) -> None:
        """Set the program counter."""

    def snapshot(self) -> bytes:
        """All of the state."""

    def load(self, snapshot: bytes) -> None:
        """Make a snapshot the state."""

    def word(self, offset: int) -> int:
        """The 32-bit word at an offset of a snapshot."""

    def set_word(self, offset: int, value: int) -> None:
        """Change the 32-bit word at an offset of a snapshot."""


class RegisterAccess:
    """Single registers by library number."""

    def __init__(self, library: Library, handle: int) -> None:
        self._library = library
        self._handle = handle

    def read(self, number: int) -> int:
        """A register of up to 64 bits."""
        value = c_uint64(0)
        status = self._library.reg_read(self._handle, number, ctypes.byref(value))
        self._library.check(status, f"read register {number}")
        return value.value

    def write(self, number: int, value: int) -> None:
        """Set a register of up to 64 bits."""
        cell = c_uint64(value)
        status = self._library.reg_write(self._handle, number, ctypes.byref(cell))
        self._library.check(status, f"write register {number}")

    def exchange(self, number: int, block: ctypes.Structure, *, write: bool = False) -> None:
        """Read or write a register that is a structure (MSR, CP_REG, GDTR)."""
        call = self._library.reg_write if write else self._library.reg_read
        status = call(self._handle, number, ctypes.byref(block))
        self._library.check(status, f"exchange register {number}")


class Context:
    """A library context, made once and used again."""

    def __init__(self, library: Library, handle: int) -> None:
        self._library = library
        self._handle = handle
        pointer = c_void_p()
        library.check(library.context_alloc(handle, ctypes.byref(pointer)), "allocate a context")
        assert pointer.value is not None
        self._pointer = pointer.value
        self.size = library.context_size(handle) - _CONTEXT_HEADER
        block = (c_char * self.size).from_address(self._pointer + _CONTEXT_HEADER)
        self.view = memoryview(block).cast("B")

    def save(self) -> memoryview:
        """The state as it is now; the view is overwritten by the next call."""
        status = self._library.context_save(self._handle, self._pointer)
        self._library.check(status, "save a context")
        return self.view

    def free(self) -> None:
        """Give the memory back. `view` is no more."""
        self.view.release()
        self._library.context_free(self._pointer)

    def restore(self) -> None:
        """Make the content of `view` the engine's state."""
        status = self._library.context_restore(self._handle, self._pointer)
        self._library.check(status, "restore a context")


class LibraryState:
    """The register state through the public interface: slower and equally correct."""

    direct = False

    def __init__(self, library: Library, handle: int, names: RegisterNames) -> None:
        self._access = RegisterAccess(library, handle)
        self._context = Context(library, handle)
        self._names = names
        self.registers: RegisterFile = _LibraryRegisters(self._access, names)

    def read_pc(self) -> int:
        """The program counter as it is in the state."""
        return self._access.read(self._names.pc)

    def write_pc(self, address: int) -> None:
        """Set the program counter."""
        self._access.write(self._names.pc, address)

    def snapshot(self) -> bytes:
        """All of the state."""
        return self._context.save().tobytes()

    def load(self, snapshot: bytes) -> None:
        """Make a snapshot the state."""
        self._context.view[:] = snapshot
        self._context.restore()

    def word(self, offset: int) -> int:
        """The 32-bit word at an offset of a snapshot."""
        return int.from_bytes(self._context.save()[offset : offset + 4], sys.byteorder)

    def set_word(self, offset: int, value: int) -> None:
        """Change the 32-bit word at an offset of a snapshot."""
        view = self._context.save()
        view[offset : offset + 4] = value.to_bytes(4, sys.byteorder)
        self._context.restore()


class _LibraryRegisters:
    def __init__(self, access: RegisterAccess, names: RegisterNames) -> None:
        self._access = access
        self._numbers = names.general

    def __getitem__(self, number: int, /) -> int:
        library_number = self._numbers[number]
        return self._access.read(library_number) if library_number else 0

    def __setitem__(self, number: int, value: int, /) -> None:
        if library_number := self._numbers[number]:
            self._access.write(library_number, value)


class WindowState:
    """The register state through the CPU's own memory."""

    direct = True

    def __init__(
        self, library: Library, handle: int, names: RegisterNames, address: int, places: list[int]
    ) -> None:
        self.address = address
        size = library.context_size(handle) - _CONTEXT_HEADER
        self._bytes = memoryview((c_char * size).from_address(address)).cast("B")
        whole = size & -8
        self._words = self._bytes[: size & -4].cast("I")
        slot = names.slot_bytes
        first, self._pc_offset = places
        # Counted from register 0, so that a register's number is its index.
        part = self._bytes[first : whole - ((whole - first) % slot)]
        self._general: memoryview[int] = part.cast("Q") if slot == 8 else part.cast("I")
        self.registers: RegisterFile = self._general
        self.pc_slot = (self._pc_offset - first) // slot
        self.first_register = first

    def read_pc(self) -> int:
        """The program counter as it is in the state."""
        return self._general[self.pc_slot]

    def write_pc(self, address: int) -> None:
        """Set the program counter."""
        self._general[self.pc_slot] = address

    def snapshot(self) -> bytes:
        """All of the state."""
        return self._bytes.tobytes()

    def load(self, snapshot: bytes) -> None:
        """Make a snapshot the state."""
        self._bytes[:] = snapshot

    def word(self, offset: int) -> int:
        """The 32-bit word at an offset of a snapshot."""
        return self._words[offset >> 2]

    def set_word(self, offset: int, value: int) -> None:
        """Change the 32-bit word at an offset of a snapshot."""
        self._words[offset >> 2] = value


def open_state(library: Library, handle: int, names: RegisterNames, *, window: bool) -> State:
    """The best state access that proves itself right on this library."""
    if window and os.environ.get("EMU_REGISTER_WINDOW") != "0":
        found = _find_window(library, handle, names)
        if found is not None:
            return found
    return LibraryState(library, handle, names)


def _find_window(library: Library, handle: int, names: RegisterNames) -> WindowState | None:
    address = _follow(handle, _CPU_OFFSET, _ENV_OFFSET)
    context = Context(library, handle)
    if address is None or peek(address, context.size) is None:
        return None
    before = context.save().tobytes()
    try:
        places = _plant(library, handle, names, context)
        if places is None:
            return None
        return _checked(library, handle, names, address, places, context)
    finally:
        context.view[:] = before
        context.restore()
        context.free()


def _plant(
    library: Library, handle: int, names: RegisterNames, context: Context
) -> list[int] | None:
    """Give every register a value nobody else has; the offsets of register 0 and of the pc."""
    access = RegisterAccess(library, handle)
    slot = names.slot_bytes
    values = [_random_bits(30) << 1 for _ in names.general]
    for number, value in zip(names.general, values, strict=True):
        if number:
            access.write(number, value)
    pc = _random_bits(27) << 2
    access.write(names.pc, pc)
    image = context.save().tobytes()
    index = next(index for index, number in enumerate(names.general) if number)
    first = image.find(values[index].to_bytes(slot, sys.byteorder)) - index * slot
    pc_offset = image.find(pc.to_bytes(slot, sys.byteorder))
    if first < 0 or pc_offset < 0 or (pc_offset - first) % slot:
        return None
    for index, number in enumerate(names.general):
        place = first + index * slot
        if number and image[place : place + slot] != values[index].to_bytes(slot, sys.byteorder):
            return None
    return [first, pc_offset]


def _checked(
    library: Library, handle: int, names: RegisterNames, address: int,
    places: list[int], context: Context,
) -> WindowState | None:  # fmt: skip
    """A window whose bytes are the state's, in both directions; None otherwise."""
    window = WindowState(library, handle, names, address, places)
    if window.snapshot() != context.save().tobytes():
        return None
    probe = _random_bits(27) << 2
    window.write_pc(probe)
    if RegisterAccess(library, handle).read(names.pc) != probe:
        return None
    return window


def _random_bits(count: int) -> int:
    return int.from_bytes(os.urandom(4), "big") >> 32 - count


def _follow(start: int, *offsets: int) -> int | None:
    """Follow pointers, without touching an address that is not readable."""
    address = start
    for offset in offsets:
        raw = peek(address + offset, _POINTER.size)
        if raw is None:
            return None
        (address,) = _POINTER.unpack(raw)
    return address


def peek_state(handle: int, size: int) -> bytes | None:
    """The first bytes of the architecture's state; unproven, so look for what proves itself."""
    address = _follow(handle, _CPU_OFFSET, _ENV_OFFSET)
    return None if address is None else peek(address, size)


def cpu_object(library: Library, handle: int) -> int:
    """The address of the engine's CPU object, if what it points at is the state; 0 otherwise."""
    address = _follow(handle, _CPU_OFFSET)
    state = _follow(handle, _CPU_OFFSET, _ENV_OFFSET)
    if address is None or state is None:
        return 0
    context = Context(library, handle)
    image = context.save().tobytes()
    context.free()
    return address if peek(state, len(image)) == image else 0


def cell_at(address: int) -> c_uint64 | None:
    """A 64-bit word of this process, if there is memory."""
    return None if peek(address, 8) is None else c_uint64.from_address(address)


def peek(address: int, size: int) -> bytes | None:
    """Read this process' own memory by a call that can fail where a dereference would crash."""
    try:
        memory = os.open("/proc/self/mem", os.O_RDONLY)
    except OSError:
        return None
    try:
        data = os.pread(memory, size, address)
    except (OSError, OverflowError):
        return None
    finally:
        os.close(memory)
    return data if len(data) == size else None
