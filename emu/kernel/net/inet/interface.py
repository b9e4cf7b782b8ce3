"""The Internet addresses of devices, and the routes that come with them. See devinet.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EADDRNOTAVAIL, EEXIST
from emu.kernel.net.inet.address import (
    LOOPBACK4,
    LOOPBACK6,
    is_link_local,
    is_loopback,
    last_of,
    link_local_of,
    prefix_of,
    solicited_node,
)
from emu.kernel.net.inet.fib import Route
from emu.kernel.uapi.net_device import IFF_LOOPBACK
from emu.kernel.uapi.rtnetlink import (
    IFA_F_PERMANENT,
    IFA_F_SECONDARY,
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_UNICAST,
    RTPROT_KERNEL,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.stack import Stack

ALL_NODES = b"\xff\x02" + bytes(13) + b"\1"
ALL_HOSTS = b"\xe0\0\0\1"
IP6_RT_PRIO_ADDRCONF = 256


@record(frozen=False, eq=False)
class InterfaceAddress:
    """One address of a device, and the prefix that is reached through it directly.

    `local` is the address itself; `peer` is the other end's on a point-to-point link.
    """

    local: bytes
    prefix_length: int
    peer: bytes = b""
    """Empty if it is not another than `local`."""
    broadcast: bytes | None = None
    label: bytes = b""
    scope: int = RT_SCOPE_UNIVERSE
    flags: int = IFA_F_PERMANENT

    @property
    def prefix(self) -> bytes:
        """The network's own address."""
        return prefix_of(self.peer or self.local, self.prefix_length)


def add_address(dev: NetDevice, address: InterfaceAddress) -> None:
    """Give a device an address. EEXIST."""
    size = len(address.local)
    for other in dev.addresses:
        if other.local == address.local and (
            size == 16 or other.prefix_length == address.prefix_length
        ):
            raise EEXIST("the device has this address")
        if size == 4 and len(other.local) == 4 and other.prefix == address.prefix:
            address.flags |= IFA_F_SECONDARY
    if size == 16 and is_link_local(address.local):
        address.scope = RT_SCOPE_LINK
    if is_loopback(address.local):
        address.scope = RT_SCOPE_HOST
    address.label = address.label or dev.name
    dev.addresses.append(address)
    if dev.is_up:
        _add_routes(dev, address)
    dev.stack.address_changed(dev, address, added=True)


def remove_address(dev: NetDevice, address: InterfaceAddress) -> None:
    """Take an address from a device. EADDRNOTAVAIL."""
    if address not in dev.addresses:
        raise EADDRNOTAVAIL("the device does not have this address")
    dev.addresses.remove(address)
    dev.stack.fib(len(address.local)).discard(lambda route: route.from_address is address)
    dev.stack.address_changed(dev, address, added=False)


def device_came_up(dev: NetDevice) -> None:
    """A device's routes begin with it."""
    stack = dev.stack
    if dev.flags & IFF_LOOPBACK:
        for local, length in ((LOOPBACK4, 8), (LOOPBACK6, 128)):
            if not any(a.local == local for a in dev.addresses):
                add_address(dev, InterfaceAddress(local, length, scope=RT_SCOPE_HOST))
    elif dev.master is None and any(dev.address):
        local = link_local_of(dev.address)
        if not any(a.local == local for a in dev.addresses):
            add_address(dev, InterfaceAddress(local, 64))
    for address in dev.addresses:
        _add_routes(dev, address)
    if not dev.flags & IFF_LOOPBACK:
        multicast = Route(
            b"\xff" + bytes(15), 8, dev, table=RT_TABLE_LOCAL, type=RTN_MULTICAST,
            protocol=RTPROT_KERNEL, metric=IP6_RT_PRIO_ADDRCONF,
        )  # fmt: skip
        stack.fib(16).add(multicast, replace=True)
    dev.join(ALL_NODES)
    dev.join(ALL_HOSTS)


def device_went_down(dev: NetDevice) -> None:
    """A device's routes end with it, but for its own addresses; so do its addresses of IPv6."""
    for size in (4, 16):
        dev.stack.fib(size).discard(lambda r: r.dev is dev and r.type != RTN_LOCAL)
    for address in [a for a in dev.addresses if len(a.local) == 16]:
        remove_address(dev, address)
    dev.leave(ALL_NODES)
    dev.leave(ALL_HOSTS)


def _add_routes(dev: NetDevice, address: InterfaceAddress) -> None:
    """The routes of one address: itself, its broadcasts, its prefix."""
    size = len(address.local)
    fib = dev.stack.fib(size)
    routes = [_route(dev, address, address.local, size * 8, RTN_LOCAL)]
    length, prefix = address.prefix_length, address.prefix
    if size == 4:
        kind = RTN_LOCAL if dev.flags & IFF_LOOPBACK else RTN_UNICAST
        if length < 32 or address.peer:
            if not address.flags & IFA_F_SECONDARY:
                routes.append(_route(dev, address, prefix, length, kind))
            if length < 31:
                routes.append(_route(dev, address, last_of(prefix, length), 32, RTN_BROADCAST))
        if address.broadcast not in (None, last_of(prefix, length)):
            assert address.broadcast is not None
            routes.append(_route(dev, address, address.broadcast, 32, RTN_BROADCAST))
    else:
        dev.join(solicited_node(address.local))
        routes.append(_route(dev, address, prefix, length, RTN_UNICAST))
    for route in routes:
        there = fib.tables[route.table].at(route.prefix, route.length)
        if not any(old.dev is dev and old.from_address is address for old in there):
            fib.add(route, append=True)  # other devices may have the same prefix


def _route(
    dev: NetDevice, address: InterfaceAddress, prefix: bytes, length: int, kind: int
) -> Route:
    main = kind == RTN_UNICAST
    route = Route(
        prefix, length, dev,
        source=address.local if len(prefix) == 4 else None,
        table=RT_TABLE_MAIN if main else RT_TABLE_LOCAL,
        type=kind,
        scope=RT_SCOPE_HOST if kind == RTN_LOCAL else RT_SCOPE_LINK,
        protocol=RTPROT_KERNEL,
        metric=0 if len(prefix) == 4 or not main else IP6_RT_PRIO_ADDRCONF,
    )  # fmt: skip
    if len(prefix) == 16:
        route.scope = RT_SCOPE_UNIVERSE
    route.from_address = address
    return route


def source_for(stack: Stack, dev: NetDevice | None, destination: bytes) -> bytes | None:
    """The address that a packet to somewhere is sent from, if its route names none.

    Of the device's own; the one whose prefix holds the destination, or of the same scope.
    """
    size = len(destination)
    local = [a for a in (dev.addresses if dev else ()) if len(a.local) == size]
    if size == 16:
        wanted = is_link_local(destination)
        local.sort(key=lambda a: (a.scope == RT_SCOPE_LINK) != wanted)
    for address in local:
        if prefix_of(destination, address.prefix_length) == address.prefix:
            return address.local
    usable = [a.local for a in local if a.scope != RT_SCOPE_HOST]
    if usable:
        return usable[0]
    others = [a for d in stack.devices.values() for a in d.addresses if len(a.local) == size]
    for address in others:
        if address.scope == RT_SCOPE_UNIVERSE:
            return address.local
    return local[0].local if local else None
