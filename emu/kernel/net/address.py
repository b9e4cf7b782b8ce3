"""Socket addresses between the callers' structs and the families' own terms."""

from __future__ import annotations

from typing import Protocol

from emu.kernel.errno import EINVAL

SOCKADDR_STORAGE = 128
"""No address is longer: sizeof(struct sockaddr_storage)."""


class SockAddr:
    """A struct sockaddr as a caller gave it, whose byte order is `order` (``<`` or ``>``)."""

    __slots__ = ("order", "raw")

    def __init__(self, raw: bytes, order: str) -> None:
        self.raw = raw
        self.order = order

    def __len__(self) -> int:
        return len(self.raw)

    @property
    def family(self) -> int:
        """sa_family. EINVAL if the address is too short to have one."""
        if len(self.raw) < 2:
            raise EINVAL("an address without a family")
        return int.from_bytes(self.raw[:2], "little" if self.order == "<" else "big")

    @property
    def data(self) -> bytes:
        """What comes after the family."""
        return self.raw[2:]


class Address(Protocol):
    """An address in its family's own terms, for a caller to be told."""

    def pack(self, order: str) -> bytes:
        """The struct sockaddr, in a caller's byte order (``<`` or ``>``)."""
