"""A socket's options of IP and IPv6: what is kept of them."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from emu.kernel.net.inet.address import is_multicast
from emu.kernel.uapi import in_
from emu.kernel.uapi.socket import SOL_IP, SOL_IPV6

if TYPE_CHECKING:
    from emu.kernel.net.sysctl import NetSysctls


class IpOptions:
    """A socket's options of IP and IPv6. `flags` are those that are only on or off, by name.

    `ttl` and the like of -1 are the machine's default. `memberships` are the groups it is in, by
    group and device index, with the sources it wants (None: all).
    """

    def __init__(self, sysctls: NetSysctls) -> None:
        self.sysctls = sysctls
        self.tos = 0
        self.ttl = -1
        self.tclass = 0
        self.hop_limit = -1
        self.multicast_ttl = 1
        self.multicast_hops = 1
        self.multicast_loop = True
        self.multicast_loop6 = True
        self.multicast_all = True
        self.multicast_all6 = True
        self.multicast_if = 0
        self.multicast_source = b""
        self.mtu_discover = in_.IP_PMTUDISC_WANT
        self.min_ttl = 0
        self.header_included = False
        self.local_port_range = 0
        self.unicast_if = 0
        self.checksum6 = -1
        self.pktinfo6: tuple[bytes, int] | None = None
        self.on: set[tuple[int, int]] = set()
        self.memberships: dict[tuple[bytes, int], set[bytes] | None] = {}

    def inherited(self) -> IpOptions:
        """What a listener's connection begins with: all but the groups."""
        child = copy(self)
        child.on = set(self.on)
        child.memberships = {}
        return child

    def is_on(self, level: int, optname: int) -> bool:
        """Whether an option that is on or off is on."""
        return (level, optname) in self.on

    @property
    def freebind(self) -> bool:
        """Whether it may be bound to addresses that are not this machine's."""
        return self.is_on(SOL_IP, in_.IP_FREEBIND) or self.is_on(SOL_IPV6, in_.IPV6_FREEBIND)

    @property
    def transparent(self) -> bool:
        """As `freebind`, for proxies."""
        return (SOL_IP, in_.IP_TRANSPARENT) in self.on or (
            SOL_IPV6,
            in_.IPV6_TRANSPARENT,
        ) in self.on

    def hops(self, destination: bytes) -> int:
        """The TTL or hop limit of packets to a destination."""
        if len(destination) == 4:
            if is_multicast(destination):
                return self.multicast_ttl
            return self.ttl if self.ttl >= 0 else self.sysctls.ip_default_ttl
        if is_multicast(destination):
            return self.multicast_hops
        return self.hop_limit if self.hop_limit >= 0 else self.sysctls.ipv6_hop_limit

    def traffic_class(self, destination: bytes) -> int:
        """The TOS or traffic class."""
        return self.tos if len(destination) == 4 else self.tclass

    def loops(self, destination: bytes) -> bool:
        """Whether this machine's members of a group get what is sent to it."""
        return self.multicast_loop if len(destination) == 4 else self.multicast_loop6
