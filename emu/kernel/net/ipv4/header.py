"""IPv4's header. See RFC 791."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.net.checksum import checksum

if TYPE_CHECKING:
    from emu.kernel.net.inet.packet import IpPacket

HEADER = struct.Struct(">BBHHHBBH4s4s")
DONT_FRAGMENT = 0x4000
MORE_FRAGMENTS = 0x2000
OFFSET_MASK = 0x1FFF


def pack_ipv4(packet: IpPacket, payload: bytes) -> bytes:
    """The packet's bytes, with a right checksum."""
    words = 5 + (len(packet.options) + 3) // 4
    options = packet.options.ljust(words * 4 - 20, b"\0")
    fragment = packet.offset // 8
    if packet.dont_fragment:
        fragment |= DONT_FRAGMENT
    if packet.more:
        fragment |= MORE_FRAGMENTS
    fields = [
        0x40 | words, packet.tos, words * 4 + len(payload), packet.ident, fragment,
        packet.hop_limit, packet.protocol, 0, packet.source, packet.destination,
    ]  # fmt: skip
    fields[7] = checksum(HEADER.pack(*fields) + options)
    return HEADER.pack(*fields) + options + payload


def parse_ipv4(data: bytes) -> IpPacket | None:
    """The packet of some bytes; None if they are no good IPv4 packet."""
    from emu.kernel.net.inet.packet import IpPacket, Octets

    if len(data) < HEADER.size:
        return None
    first, tos, total, ident, fragment, ttl, protocol, _, source, destination = HEADER.unpack_from(
        data
    )
    length = (first & 15) * 4
    if first >> 4 != 4 or length < HEADER.size or not length <= total <= len(data):
        return None
    if checksum(data[:length]):
        return None
    packet = IpPacket(source, destination, protocol, Octets(data[length:total]), ttl, tos)
    packet.options = data[HEADER.size : length]
    packet.ident = ident
    packet.dont_fragment = bool(fragment & DONT_FRAGMENT)
    packet.more = bool(fragment & MORE_FRAGMENTS)
    packet.offset = (fragment & OFFSET_MASK) * 8
    return packet
