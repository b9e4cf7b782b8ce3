"""How an ABI packs an ioctl's direction, size, type and number into one word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.record import record

if TYPE_CHECKING:
    from emu.arch.abi import Abi

NUMBER_BITS, TYPE_BITS = 8, 8
TYPE_SHIFT = NUMBER_BITS
SIZE_SHIFT = NUMBER_BITS + TYPE_BITS


@record
class IoctlEncoding:
    """The widths and directions that differ. See include/uapi/asm-generic/ioctl.h."""

    size_bits: int
    none: int
    read: int
    write: int

    @property
    def direction_shift(self) -> int:
        """Where the direction is."""
        return SIZE_SHIFT + self.size_bits

    def encode(self, direction: int, kind: int, number: int, size: int) -> int:
        """The command. `OverflowError` if the size does not fit."""
        if size >> self.size_bits:
            raise OverflowError(f"{size} bytes are too many for an ioctl")
        return direction << self.direction_shift | size << SIZE_SHIFT | kind << TYPE_SHIFT | number

    def direction(self, command: int) -> int:
        """The direction of a command."""
        return command >> self.direction_shift

    def size(self, command: int) -> int:
        """The size of what is passed."""
        return command >> SIZE_SHIFT & (1 << self.size_bits) - 1


GENERIC = IoctlEncoding(size_bits=14, none=0, read=2, write=1)
MIPS = IoctlEncoding(size_bits=13, none=1, read=2, write=4)
"""arch/mips/include/uapi/asm/ioctl.h."""


def ioctl_encoding(abi: Abi) -> IoctlEncoding:
    """An ABI's encoding."""
    return MIPS if abi.name.startswith("mips") else GENERIC
