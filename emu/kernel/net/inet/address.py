"""Internet addresses: packed bytes, 4 for IPv4 and 16 for IPv6, and what kinds there are.

The length is the family. An IPv4 address that an AF_INET6 socket names by ``::ffff:a.b.c.d`` is
an IPv4 address in here; only the socket's face shows the mapped form.
"""

from __future__ import annotations

import ipaddress

ANY4 = bytes(4)
ANY6 = bytes(16)
LOOPBACK4 = b"\x7f\0\0\1"
LOOPBACK6 = bytes(15) + b"\1"
BROADCAST4 = b"\xff\xff\xff\xff"
MAPPED_PREFIX = bytes(10) + b"\xff\xff"


def loopback_of(address: bytes) -> bytes:
    """The loopback's address of the same family."""
    return LOOPBACK4 if len(address) == 4 else LOOPBACK6


def is_any(address: bytes) -> bool:
    """Whether it is 0.0.0.0 or ::."""
    return not any(address)


def is_loopback(address: bytes) -> bool:
    """Whether it is in 127.0.0.0/8, or ::1."""
    return address[0] == 127 if len(address) == 4 else address == LOOPBACK6


def is_multicast(address: bytes) -> bool:
    """Whether it is in 224.0.0.0/4 or ff00::/8."""
    return address[0] >> 4 == 14 if len(address) == 4 else address[0] == 0xFF


def is_link_local(address: bytes) -> bool:
    """Whether it is in fe80::/10, or multicast of that scope: an interface must be named."""
    if len(address) == 4:
        return False
    if address[0] == 0xFF:
        return address[1] & 0xF == 2
    return address[0] == 0xFE and address[1] & 0xC0 == 0x80


def is_mapped(address: bytes) -> bool:
    """Whether it is ::ffff:0:0/96."""
    return len(address) == 16 and address.startswith(MAPPED_PREFIX)


def unmapped(address: bytes) -> bytes:
    """The IPv4 address that a mapped one stands for; another as it is."""
    return address[12:] if is_mapped(address) else address


def mapped(address: bytes) -> bytes:
    """An address as an AF_INET6 socket shows it."""
    return MAPPED_PREFIX + address if len(address) == 4 else address


def prefix_of(address: bytes, length: int) -> bytes:
    """The address with the bits behind the prefix cleared."""
    bits = len(address) * 8
    mask = ((1 << length) - 1) << (bits - length)
    return (int.from_bytes(address, "big") & mask).to_bytes(len(address), "big")


def netmask(length: int, size: int = 4) -> bytes:
    """A prefix's mask."""
    return (((1 << length) - 1) << (size * 8 - length)).to_bytes(size, "big")


def mask_length(mask: bytes) -> int | None:
    """The prefix length of a mask; None if it has holes."""
    bits = int.from_bytes(mask, "big")
    length = bits.bit_count()
    return length if netmask(length, len(mask)) == mask else None


def last_of(address: bytes, length: int) -> bytes:
    """The last address of a prefix: IPv4's directed broadcast."""
    bits = len(address) * 8
    ones = (1 << (bits - length)) - 1
    return (int.from_bytes(address, "big") | ones).to_bytes(len(address), "big")


def text(address: bytes) -> str:
    """As a person writes it."""
    return str(ipaddress.ip_address(address))


def multicast_hardware(address: bytes) -> bytes:
    """The Ethernet address of a multicast group: RFC 1112, RFC 2464."""
    if len(address) == 4:
        return bytes((0x01, 0x00, 0x5E, address[1] & 0x7F)) + address[2:]
    return b"\x33\x33" + address[12:]


def link_local_of(hardware: bytes) -> bytes:
    """The IPv6 address that an Ethernet address makes: fe80::/64 and the modified EUI-64."""
    first = bytes((hardware[0] ^ 2,))
    return b"\xfe\x80" + bytes(6) + first + hardware[1:3] + b"\xff\xfe" + hardware[3:]


def solicited_node(address: bytes) -> bytes:
    """The multicast group that an IPv6 address is asked for at: RFC 4291."""
    return b"\xff\x02" + bytes(9) + b"\x01\xff" + address[13:]
