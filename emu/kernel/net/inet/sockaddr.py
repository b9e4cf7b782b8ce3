"""struct sockaddr_in and sockaddr_in6. See ip(7), ipv6(7)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.errno import EAFNOSUPPORT, EINVAL
from emu.kernel.net.inet.address import is_link_local, mapped, unmapped
from emu.kernel.uapi.socket import AF_INET, AF_INET6, AF_UNSPEC

if TYPE_CHECKING:
    from emu.kernel.net.address import SockAddr

SOCKADDR_IN = 16
SOCKADDR_IN6 = 28
SIN6_LEN_RFC2133 = 24
"""What an AF_INET6 address must have: the scope came later."""


class InetAddress(NamedTuple):
    """An address and a port, for an AF_INET or AF_INET6 socket's caller."""

    family: int
    address: bytes
    port: int
    flow: int = 0
    scope: int = 0

    def pack(self, order: str) -> bytes:
        """See `emu.kernel.net.address.Address`."""
        if self.family == AF_INET:
            head = struct.pack(f"{order}H", AF_INET) + struct.pack(">H", self.port)
            return head + self.address + bytes(8)
        head = struct.pack(f"{order}H", AF_INET6) + struct.pack(">HI", self.port, self.flow)
        return head + mapped(self.address) + struct.pack(f"{order}I", self.scope)


def shown(family: int, address: bytes, port: int, ifindex: int = 0) -> InetAddress:
    """An address as a socket of a family tells it; a link-local one with its device."""
    if family == AF_INET:
        return InetAddress(AF_INET, address, port)
    scope = ifindex if is_link_local(address) else 0
    return InetAddress(AF_INET6, address, port, scope=scope)


def parse(name: SockAddr, family: int) -> InetAddress:
    """An address that a caller gave a socket of a family. EINVAL if short, EAFNOSUPPORT.

    An AF_INET6 socket may be given IPv4 addresses in the mapped form: they come out unmapped.
    AF_UNSPEC is for the caller to look at first.
    """
    if family == AF_INET:
        if len(name) < SOCKADDR_IN:
            raise EINVAL("shorter than sockaddr_in")
        if name.family != AF_INET:
            raise EAFNOSUPPORT("not AF_INET")
        return _parse_in(name)
    if len(name) < SIN6_LEN_RFC2133:
        raise EINVAL("shorter than sockaddr_in6")
    if name.family != AF_INET6:
        raise EAFNOSUPPORT("not AF_INET6")
    port, flow = struct.unpack_from(">HI", name.raw, 2)
    scope = 0
    if len(name) >= SOCKADDR_IN6:
        (scope,) = struct.unpack_from(f"{name.order}I", name.raw, 24)
    return InetAddress(AF_INET6, unmapped(name.raw[8:24]), port, flow, scope)


def _parse_in(name: SockAddr) -> InetAddress:
    return InetAddress(AF_INET, name.raw[4:8], int.from_bytes(name.raw[2:4], "big"))


def is_unspec(name: SockAddr) -> bool:
    """Whether an address is of no family: a connected socket is to be so no longer."""
    return name.family == AF_UNSPEC
