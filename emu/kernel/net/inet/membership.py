"""Multicast groups that sockets are in. See igmp.c, mcast.c.

Nothing of IGMP or MLD is sent: there is no router to be told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EADDRINUSE, EADDRNOTAVAIL, EINVAL, ENODEV
from emu.kernel.net.inet.address import is_multicast
from emu.kernel.uapi.net_device import IFF_MULTICAST

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.inet.sock import InetSocket


def join_group(sock: InetSocket, group: bytes, ifindex: int) -> None:
    """Put a socket into a group, on a device or one that the routes say. EINVAL, EADDRINUSE."""
    if not is_multicast(group):
        raise EINVAL("no multicast address")
    dev = _device_for(sock, group, ifindex)
    key = (group, dev.ifindex)
    if key in sock.ip.memberships:
        raise EADDRINUSE("it is a member")
    sock.ip.memberships[key] = None
    dev.join(group)


def leave_group(sock: InetSocket, group: bytes, ifindex: int) -> None:
    """Take it out. EADDRNOTAVAIL."""
    if not is_multicast(group):
        raise EINVAL("no multicast address") if len(group) == 16 else EADDRNOTAVAIL
    key = _find(sock, group, ifindex)
    if key is None:
        raise EADDRNOTAVAIL("it is no member")
    del sock.ip.memberships[key]
    dev = sock.stack.devices.get(key[1])
    if dev is not None:
        dev.leave(group)


def set_source(sock: InetSocket, group: bytes, ifindex: int, source: bytes, add: bool) -> None:
    """Receive a group only from some sources: one more, or one less. EINVAL, EADDRNOTAVAIL."""
    if not is_multicast(group):
        raise EINVAL("no multicast address")
    key = _find(sock, group, ifindex)
    if key is None:
        if not add:
            raise EINVAL("it is no member")
        join_group(sock, group, ifindex)
        key = _find(sock, group, ifindex)
        assert key is not None
        sock.ip.memberships[key] = {source}
        return
    sources = sock.ip.memberships[key]
    if sources is None:
        raise EINVAL("it is a member for all sources")
    if add:
        if source in sources:
            raise EADDRNOTAVAIL("it is among the sources")
        sources.add(source)
    elif source not in sources:
        raise EADDRNOTAVAIL("it is not among the sources")
    else:
        sources.discard(source)
        if not sources:
            leave_group(sock, group, ifindex)


def leave_all(sock: InetSocket) -> None:
    """A socket is closed."""
    for group, ifindex in list(sock.ip.memberships):
        leave_group(sock, group, ifindex)


def wants(sock: InetSocket, group: bytes, dev: NetDevice, source: bytes) -> bool:
    """Whether a socket takes a packet to a group: see ip_mc_sf_allow, inet6_mc_check."""
    key = (group, dev.ifindex)
    if key not in sock.ip.memberships:
        return sock.ip.multicast_all if len(group) == 4 else sock.ip.multicast_all6
    sources = sock.ip.memberships[key]
    return sources is None or source in sources


def _find(sock: InetSocket, group: bytes, ifindex: int) -> tuple[bytes, int] | None:
    for key in sock.ip.memberships:
        if key[0] == group and ifindex in (0, key[1]):
            return key
    return None


def _device_for(sock: InetSocket, group: bytes, ifindex: int) -> NetDevice:
    stack = sock.stack
    if ifindex:
        dev = stack.devices.get(ifindex)
        if dev is None:
            raise ENODEV
        return dev
    route = stack.fib(len(group)).lookup(group)
    if route is not None and route.dev is not None:
        return route.dev
    for dev in stack.devices.values():
        if dev.is_up and dev.flags & IFF_MULTICAST:
            return dev
    raise ENODEV("no device has multicast")
