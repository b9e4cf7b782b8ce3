"""Memory as C has it: buffers one can point into, and addresses of user memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.mm.access import UserMemory

Data = bytes | bytearray | memoryview


class CharBuffer:
    """A piece of the kernel's memory; ``buffer + n`` points behind its first `n` bytes.

    A `text` that was put into a fresh one stays as it is until somebody looks closer.
    """

    __slots__ = ("_memory", "_size", "base", "text")

    def __init__(self, size: int | bytearray, base: int = 0) -> None:
        self._memory: bytearray | None = None if isinstance(size, int) else size
        self._size = size if isinstance(size, int) else len(size)
        self.base = base
        self.text: bytes | None = None

    @property
    def memory(self) -> bytearray:
        """All bytes, also those before the place it points to."""
        memory = self._memory
        if memory is None:
            self._memory = memory = bytearray(self._size)
            if self.text is not None:
                memory[: len(self.text)] = self.text
                self.text = None
        return memory

    def put(self, text: bytes, size: int) -> int:
        """Write a text and a NUL, cut to `size` bytes: how much of it. `IndexError` as `store`."""
        length = len(text)
        if self._memory is None and self.text is None and length < size and length < self._size:
            self.text = text
            return length
        if size <= 0:
            return 0
        self.store(text[: size - 1] + b"\0")
        return min(length, size - 1)

    def __add__(self, count: int) -> CharBuffer:
        return CharBuffer(self.memory, self.base + count)

    def __sub__(self, other: CharBuffer | int) -> CharBuffer | int:
        if isinstance(other, CharBuffer):
            return self.base - other.base
        return CharBuffer(self.memory, self.base - other)

    def __len__(self) -> int:
        return self._size - self.base

    def __getitem__(self, key: int | slice) -> int | bytes:
        if isinstance(key, slice):
            return bytes(memoryview(self.memory)[self.base :][key])
        return self.memory[self.base + key]

    def __setitem__(self, key: int | slice, value: int | str | Data) -> None:
        if isinstance(key, slice):
            assert not isinstance(value, int)
            raw = value.encode(errors="surrogateescape") if isinstance(value, str) else value
            memoryview(self.memory)[self.base :][key] = raw
        else:
            byte = ord(value) if isinstance(value, str) else value
            assert isinstance(byte, int)
            self.memory[self.base + key] = byte & 0xFF

    def __bytes__(self) -> bytes:
        return bytes(memoryview(self.memory)[self.base :])

    def __str__(self) -> str:
        return bytes(self).partition(b"\0")[0].decode(errors="surrogateescape")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, CharBuffer):
            return self.memory is other.memory and self.base == other.base
        if isinstance(other, str):
            return str(self) == other
        return NotImplemented

    __hash__ = object.__hash__

    def store(self, data: Data) -> None:
        """Write bytes at the start. `IndexError` where C would write beyond its end."""
        if len(data) > len(self):
            raise IndexError(f"{len(data)} bytes do not fit into {len(self)}")
        self.memory[self.base : self.base + len(data)] = data


class UserPointer(int):
    """An address in a program's memory, which knows whose."""

    mm: UserMemory

    def __new__(cls, address: int, mm: UserMemory) -> UserPointer:
        """An address in an address space."""
        pointer = super().__new__(cls, address)
        pointer.mm = mm
        return pointer

    def __add__(self, count: int) -> UserPointer:
        return UserPointer(int(self) + count, self.mm)

    __radd__ = __add__

    def __sub__(self, count: int) -> UserPointer:
        return UserPointer(int(self) - count, self.mm)

    def load(self, count: int) -> bytes:
        """Copy bytes in. EFAULT."""
        return self.mm.read(self, count)

    def store(self, data: Data) -> None:
        """Copy bytes out. EFAULT."""
        self.mm.write(self, data)
