"""What a caller's arguments become: words, and what they point at in its memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emu.kernel.uapi.mman import MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE

if TYPE_CHECKING:
    from emu.arch.layout import Layout
    from emu.kernel.mm.address_space import AddressSpace

ROOM = 1 << 16
ALIGNMENT = 16
TRAP_AT = 64
STACK_AT = 128
FIRST_FREE = 1024


class Struct:
    """A struct of the caller's ABI: fields by (dotted) name, and `data`, its bytes."""

    def __init__(self, layout: Layout, values: Mapping[str, Any]) -> None:
        self.layout = layout
        self.data = bytearray(layout.pack(**values))

    def __getitem__(self, name: str) -> Any:
        value: Any = self.layout.unpack(self.data)
        for part in name.split("."):
            value = value[part]
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self.layout.pack_into(self.data, 0, {name: value})

    def __repr__(self) -> str:
        return f"<{self.layout.kind} {self.layout.name} {self.layout.unpack(self.data)}>"


class CallMemory:
    """The memory of a caller: one area that each call's arguments are put into.

    Below them are the words of a stack, and the trap instruction where an ABI's kernel looks at it.
    """

    def __init__(self, mm: AddressSpace) -> None:
        self._mm = mm
        self._base = self.allocate(ROOM)
        self._next = self._base + FIRST_FREE
        self._end = self._base + ROOM
        self._larger: list[tuple[int, int]] = []
        self._written: list[tuple[int, bytearray]] = []

    @property
    def trap_end(self) -> int:
        """The address behind the trap instruction."""
        return self._base + TRAP_AT

    @property
    def stack(self) -> int:
        """The stack pointer."""
        return self._base + STACK_AT

    def allocate(self, size: int) -> int:
        """The address of memory of its own, which stays."""
        return self._mm.mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)

    def begin(self) -> None:
        """Forget the arguments of the call before."""
        self._next = self._base + FIRST_FREE
        self._written.clear()
        for address, size in self._larger:
            self._mm.munmap(address, size)
        self._larger.clear()

    def word(self, argument: Any) -> int:
        """The word that stands for an argument. `TypeError` for what has none."""
        if argument is None:
            return 0
        if isinstance(argument, int):
            return argument
        if isinstance(argument, str):
            return self._put(argument.encode() + b"\0")
        if isinstance(argument, Struct):
            return self.word(argument.data)
        if isinstance(argument, bytearray):
            address = self._put(argument)
            self._written.append((address, argument))
            return address
        if isinstance(argument, bytes):
            return self._put(argument + b"\0")
        if isinstance(argument, list | tuple):
            return self._vector([*argument, None])
        raise TypeError(f"{argument!r} is no argument of a system call")

    def finish(self) -> None:
        """Copy back what the kernel may have written."""
        for address, array in self._written:
            array[:] = self._mm.read(address, len(array))

    def _vector(self, items: list[Any]) -> int:
        size = self._mm.abi.word_bytes
        order = self._mm.abi.byte_order
        mask = (1 << size * 8) - 1
        words = [self.word(item) & mask for item in items]
        return self._put(b"".join(word.to_bytes(size, order) for word in words))

    def _put(self, data: bytes | bytearray) -> int:
        size = -(-max(len(data), 1) // ALIGNMENT) * ALIGNMENT
        if size <= self._end - self._next:
            address = self._next
            self._next += size
        else:
            address = self.allocate(size)
            self._larger.append((address, size))
        self._mm.write(address, bytes(data))
        return address
