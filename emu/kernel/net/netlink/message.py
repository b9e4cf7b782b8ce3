"""Netlink messages as the kernel makes them: told to each receiver in its own byte order.

A message is a header, a fixed part, and attributes. It becomes bytes when it is delivered, for
then it is known whose: numbers are in the receiver's byte order, and errors in its ABI's numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from emu.kernel.uapi.netlink import NLA_F_NESTED
from emu.record import field, record

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.errno import KernelError

NLMSG_HDRLEN = 16
NLA_HDRLEN = 4
ALIGNMENT = 4


@record
class Packed:
    """Numbers and bytes by a struct format without byte order: ``Packed("BxHi", (2, 1, 5))``."""

    format: str
    values: tuple[int | bytes, ...]

    def encode(self, abi: Abi) -> bytes:
        """The bytes, as an ABI has them."""
        return struct.pack(abi.isa.byte_order + self.format, *self.values)


@record
class ErrorNumber:
    """An error as a negative C int, in the receiver's numbers; None is 0."""

    error: type[KernelError] | None

    def encode(self, abi: Abi) -> bytes:
        """The bytes, as an ABI has them."""
        number = 0 if self.error is None else -abi.errno[self.error.__name__]
        return struct.pack(f"{abi.isa.byte_order}i", number)


Part = bytes | Packed | ErrorNumber
"""A part of a message."""


@record
class Attribute:
    """One attribute; a sequence of attributes as its value makes it a nested one."""

    type: int
    value: Part | Sequence[Attribute]

    def encode(self, abi: Abi) -> bytes:
        """The bytes, padded to the next attribute."""
        value, type = self.value, self.type
        if isinstance(value, bytes):
            data = value
        elif isinstance(value, Packed | ErrorNumber):
            data = value.encode(abi)
        else:
            data = b"".join(inner.encode(abi) for inner in value)
        length = NLA_HDRLEN + len(data)
        head = struct.pack(f"{abi.isa.byte_order}HH", length, type)
        return head + data + bytes(-length % ALIGNMENT)


def u8(type: int, value: int) -> Attribute:
    """An attribute of 8 bits."""
    return Attribute(type, Packed("B", (value & 0xFF,)))


def u16(type: int, value: int) -> Attribute:
    """An attribute of 16 bits."""
    return Attribute(type, Packed("H", (value & 0xFFFF,)))


def u32(type: int, value: int) -> Attribute:
    """An attribute of 32 bits."""
    return Attribute(type, Packed("I", (value & 0xFFFFFFFF,)))


def s32(type: int, value: int) -> Attribute:
    """An attribute of 32 bits with a sign."""
    return Attribute(type, Packed("i", (value,)))


def u64(type: int, value: int) -> Attribute:
    """An attribute of 64 bits."""
    return Attribute(type, Packed("Q", (value & (1 << 64) - 1,)))


def string(type: int, value: bytes) -> Attribute:
    """A string, with its NUL."""
    return Attribute(type, value + b"\0")


def nested(type: int, values: Iterable[Attribute]) -> Attribute:
    """Attributes within one, marked as such."""
    return Attribute(type | NLA_F_NESTED, tuple(values))


def nested_noflag(type: int, values: Iterable[Attribute]) -> Attribute:
    """Attributes within one, as the older parts of the kernel tell them."""
    return Attribute(type, tuple(values))


@record(frozen=False)
class NlMsg:
    """One message. `header` is the fixed part that a protocol has after struct nlmsghdr."""

    type: int
    flags: int = 0
    seq: int = 0
    portid: int = 0
    header: Part = b""
    attributes: list[Attribute] = field(default_factory=list)

    def encode(self, abi: Abi) -> bytes:
        """The bytes, padded to the next message."""
        header = self.header if isinstance(self.header, bytes) else self.header.encode(abi)
        if self.attributes:
            header += bytes(-len(header) % ALIGNMENT)
        payload = header + b"".join(attribute.encode(abi) for attribute in self.attributes)
        length = NLMSG_HDRLEN + len(payload)
        head = nlmsghdr(abi, length, self.type, self.flags, self.seq, self.portid)
        return head + payload + bytes(-length % ALIGNMENT)


def nlmsghdr(abi: Abi, length: int, type: int, flags: int, seq: int, portid: int) -> bytes:
    """A struct nlmsghdr."""
    values = (length, type & 0xFFFF, flags & 0xFFFF, seq & 0xFFFFFFFF, portid & 0xFFFFFFFF)
    return struct.pack(f"{abi.isa.byte_order}IHHII", *values)


def align(length: int) -> int:
    """NLMSG_ALIGN and NLA_ALIGN."""
    return length + ALIGNMENT - 1 & -ALIGNMENT
