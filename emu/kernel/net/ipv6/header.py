"""IPv6's header and its extensions. See RFC 8200."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.uapi.in_ import (
    IPPROTO_DSTOPTS,
    IPPROTO_FRAGMENT,
    IPPROTO_HOPOPTS,
    IPPROTO_ROUTING,
)

if TYPE_CHECKING:
    from emu.kernel.net.inet.packet import IpPacket

HEADER = struct.Struct(">IHBB16s16s")
FRAGMENT_HEADER = struct.Struct(">BBHI")
SKIPPED = (IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS)
"""Extension headers that carry nothing for us."""


def pack_ipv6(packet: IpPacket, payload: bytes) -> bytes:
    """The packet's bytes."""
    protocol = packet.protocol
    if packet.is_fragment:
        head = FRAGMENT_HEADER.pack(protocol, 0, packet.offset | packet.more, packet.ident)
        payload, protocol = head + payload, IPPROTO_FRAGMENT
    first = 6 << 28 | packet.tos << 20 | packet.flow
    header = HEADER.pack(
        first, len(payload), protocol, packet.hop_limit, packet.source, packet.destination
    )
    return header + payload


def parse_ipv6(data: bytes) -> IpPacket | None:
    """The packet of some bytes; None if they are no good IPv6 packet."""
    from emu.kernel.net.inet.packet import IpPacket, Octets

    if len(data) < HEADER.size:
        return None
    first, length, protocol, hop_limit, source, destination = HEADER.unpack_from(data)
    end = HEADER.size + length
    if first >> 28 != 6 or end > len(data):
        return None
    position, offset, more, ident = HEADER.size, 0, False, 0
    while protocol in SKIPPED or protocol == IPPROTO_FRAGMENT:
        if position + 8 > end:
            return None
        if protocol == IPPROTO_FRAGMENT:
            protocol, _, word, ident = FRAGMENT_HEADER.unpack_from(data, position)
            offset, more = word & 0xFFF8, bool(word & 1)
            position += 8
        else:
            protocol, size = data[position], data[position + 1]
            position += 8 + size * 8
    payload = Octets(data[position:end])
    packet = IpPacket(source, destination, protocol, payload, hop_limit, first >> 20 & 0xFF)
    packet.flow = first & 0xFFFFF
    packet.offset, packet.more, packet.ident = offset, more, ident
    return packet
