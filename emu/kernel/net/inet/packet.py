"""IP packets. See RFC 791, RFC 8200.

Nothing is serialised until somebody wants bytes: a packet socket, a fragment, a cable to another
machine. Until then a TCP segment or a UDP datagram is the object that its sender made.
"""

from __future__ import annotations

from typing import Protocol

from emu.kernel.net.ipv4.header import pack_ipv4
from emu.kernel.net.ipv6.header import pack_ipv6


class Transport(Protocol):
    """What an IP packet carries."""

    def __len__(self) -> int:
        """Its size with its own header."""

    def pack(self, source: bytes, destination: bytes) -> bytes:
        """Its bytes; the addresses are for the checksum."""


class Octets(bytes):
    """Bytes as they are, for protocols that need no laziness."""

    def pack(self, source: bytes, destination: bytes) -> bytes:
        """Themselves."""
        return self


class IpPacket:
    """An IPv4 or IPv6 packet: which, the addresses' length says.

    `offset` and `more` make it a fragment. `header` is what a raw socket gave with IP_HDRINCL.
    """

    __slots__ = (
        "destination", "dont_fragment", "flow", "header", "hop_limit", "ident", "more", "offset",
        "options", "payload", "protocol", "source", "tos",
    )  # fmt: skip

    def __init__(
        self,
        source: bytes,
        destination: bytes,
        protocol: int,
        payload: Transport,
        hop_limit: int = 64,
        tos: int = 0,
    ) -> None:
        self.source = source
        self.destination = destination
        self.protocol = protocol
        self.payload = payload
        self.hop_limit = hop_limit
        self.tos = tos
        self.flow = 0
        self.options = b""
        self.ident = 0
        self.dont_fragment = False
        self.offset = 0
        self.more = False
        self.header: bytes | None = None

    @property
    def is_fragment(self) -> bool:
        """Whether it is only a part."""
        return self.more or self.offset > 0

    @property
    def length(self) -> int:
        """The size with its header."""
        if self.header is not None:
            return len(self.header) + len(self.payload)
        if len(self.source) == 4:
            return 20 + len(self.options) + len(self.payload)
        return 40 + (8 if self.is_fragment else 0) + len(self.payload)

    def payload_bytes(self) -> bytes:
        """What it carries, as on the wire."""
        return self.payload.pack(self.source, self.destination)

    def pack(self) -> bytes:
        """The packet as on the wire."""
        payload = self.payload_bytes()
        if self.header is not None:
            return self.header + payload
        return (pack_ipv4 if len(self.source) == 4 else pack_ipv6)(self, payload)

    def copy(self) -> IpPacket:
        """Another with the same contents, for whoever changes the header."""
        other = IpPacket(
            self.source, self.destination, self.protocol, self.payload, self.hop_limit, self.tos
        )
        for name in ("flow", "options", "ident", "dont_fragment", "offset", "more", "header"):
            setattr(other, name, getattr(self, name))
        return other
