"""The Internet checksum. See RFC 1071."""

from __future__ import annotations

import struct


def ones_sum(data: bytes | memoryview) -> int:
    """The ones' complement sum of all 16-bit words, folded."""
    if len(data) & 1:
        data = bytes(data) + b"\0"
    # A big number's digits to the base of 65536 add up, and their carries, by modulus 65535.
    total = int.from_bytes(data, "big")
    folded = total % 0xFFFF
    return folded or (0xFFFF if total else 0)


def checksum(data: bytes | memoryview) -> int:
    """What a header's checksum field must hold; 0 for data that carries a right one."""
    return ~ones_sum(data) & 0xFFFF


def transport_checksum(source: bytes, destination: bytes, protocol: int, data: bytes) -> int:
    """The checksum of TCP, UDP and ICMPv6: over a pseudo-header of the addresses, too."""
    if len(source) == 4:
        pseudo = struct.pack(">4s4sBBH", source, destination, 0, protocol, len(data) & 0xFFFF)
    else:
        pseudo = struct.pack(">16s16sII", source, destination, len(data), protocol)
    return checksum(pseudo + data)
