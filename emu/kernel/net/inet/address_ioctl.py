"""ioctl commands about addresses, routes and neighbours. See netdevice(7), route(8), arp(7)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EADDRNOTAVAIL,
    EINVAL,
    ENETUNREACH,
    ENODEV,
    ENOTTY,
    ENXIO,
    ESRCH,
)
from emu.kernel.net.inet.address import is_any, mask_length, netmask, prefix_of
from emu.kernel.net.inet.device_ioctl import device_name, need_admin, sockaddr_in
from emu.kernel.net.inet.fib import Route
from emu.kernel.net.inet.interface import InterfaceAddress, add_address, remove_address
from emu.kernel.uapi import sockios
from emu.kernel.uapi.net_device import IFF_BROADCAST, IFNAMSIZ
from emu.kernel.uapi.rtnetlink import (
    NUD_PERMANENT,
    NUD_VALID,
    RT_SCOPE_LINK,
    RT_SCOPE_UNIVERSE,
    RTF_GATEWAY,
    RTF_HOST,
    RTF_REJECT,
    RTN_UNREACHABLE,
)
from emu.kernel.uapi.socket import AF_INET, AF_INET6

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.stack import Stack
    from emu.kernel.task import Task

ATF_COM = 0x02
ATF_PERM = 0x04

GET_ADDRESS = (
    sockios.SIOCGIFADDR, sockios.SIOCGIFDSTADDR, sockios.SIOCGIFBRDADDR, sockios.SIOCGIFNETMASK,
)  # fmt: skip
SET_ADDRESS = (
    sockios.SIOCSIFADDR, sockios.SIOCSIFDSTADDR, sockios.SIOCSIFBRDADDR, sockios.SIOCSIFNETMASK,
)  # fmt: skip


def inet_ioctl(stack: Stack, family: int, task: Task, cmd: int, arg: int) -> int:
    """A command to an AF_INET or AF_INET6 socket. ENOTTY if it is none of these."""
    if family == AF_INET6:
        return _inet6_ioctl(stack, task, cmd, arg)
    if cmd in GET_ADDRESS:
        return _get_address(stack, task, cmd, arg)
    if cmd in SET_ADDRESS:
        return _set_address(stack, task, cmd, arg)
    if cmd in (sockios.SIOCADDRT, sockios.SIOCDELRT):
        return _route(stack, task, arg, add=cmd == sockios.SIOCADDRT)
    if cmd in (sockios.SIOCGARP, sockios.SIOCSARP, sockios.SIOCDARP):
        return _arp(stack, task, cmd, arg)
    raise ENOTTY


def _address_of(dev: NetDevice) -> InterfaceAddress | None:
    return next((a for a in dev.addresses if len(a.local) == 4), None)


def _get_address(stack: Stack, task: Task, cmd: int, arg: int) -> int:
    address = _address_of(stack.device(device_name(task, arg)))
    if address is None:
        raise EADDRNOTAVAIL("the device has no IPv4 address")
    answers = {
        sockios.SIOCGIFADDR: address.local,
        sockios.SIOCGIFDSTADDR: address.peer or address.local,
        sockios.SIOCGIFBRDADDR: address.broadcast or bytes(4),
        sockios.SIOCGIFNETMASK: netmask(address.prefix_length),
    }
    task.mm.write(arg + IFNAMSIZ, sockaddr_in(task, answers[cmd]))
    return 0


def _set_address(stack: Stack, task: Task, cmd: int, arg: int) -> int:
    """See devinet_ioctl: the prefix of a new address is its class's, until a mask is set."""
    need_admin(task)
    dev = stack.device(device_name(task, arg))
    given = _read_sockaddr_in(task, arg + IFNAMSIZ)
    old = _address_of(dev)
    if cmd == sockios.SIOCSIFADDR:
        if old is not None:
            remove_address(dev, old)
        if not is_any(given):
            length = _class_length(given)
            broadcast = None
            if dev.flags & IFF_BROADCAST and length < 31:
                broadcast = _broadcast_of(given, length)
            add_address(dev, InterfaceAddress(given, length, broadcast=broadcast))
            if not dev.is_up:
                dev.set_up(True)
        return 0
    if old is None:
        raise EADDRNOTAVAIL("the device has no IPv4 address")
    length, broadcast, peer = old.prefix_length, old.broadcast, old.peer
    if cmd == sockios.SIOCSIFNETMASK:
        found = mask_length(given)
        if found is None:
            raise EINVAL("a mask with holes")
        if broadcast is not None and broadcast == _broadcast_of(old.local, length):
            broadcast = _broadcast_of(old.local, found)
        length = found
    elif cmd == sockios.SIOCSIFBRDADDR:
        broadcast = given
    else:
        peer = given
    remove_address(dev, old)
    add_address(dev, InterfaceAddress(old.local, length, peer, broadcast))
    return 0


def _broadcast_of(address: bytes, length: int) -> bytes:
    host = (1 << 32 - length) - 1
    return (int.from_bytes(address, "big") | host).to_bytes(4, "big")


def _class_length(address: bytes) -> int:
    first = address[0]
    return 8 if first < 128 else 16 if first < 192 else 24


def _read_sockaddr_in(task: Task, address: int) -> bytes:
    raw = task.mm.read(address, 16)
    (family,) = struct.unpack_from(f"{task.abi.isa.byte_order}H", raw)
    if family != AF_INET:
        raise EINVAL("not AF_INET")
    return raw[4:8]


def _route(stack: Stack, task: Task, arg: int, *, add: bool) -> int:
    """SIOCADDRT, SIOCDELRT: struct rtentry. See rtentry_to_fib_config."""
    need_admin(task)
    layout = task.abi.layout("rtentry")
    raw = task.mm.read(arg, layout.size)
    entry = layout.unpack(raw)

    def address(name: str) -> bytes:
        start = layout.fields[name].offset
        return raw[start + 4 : start + 8]

    flags = entry["rt_flags"]
    if flags & RTF_HOST:
        length = 32
    else:
        found = mask_length(address("rt_genmask"))
        if found is None:
            raise EINVAL("a mask with holes")
        length = found
    prefix = address("rt_dst")
    if prefix_of(prefix, length) != prefix:
        raise EINVAL("bits behind the prefix")
    name = task.mm.read_string(entry["rt_dev"], IFNAMSIZ) if entry["rt_dev"] else b""
    dev = stack.device(name.partition(b":")[0]) if name else None
    gateway = address("rt_gateway") if flags & RTF_GATEWAY else None
    metric = max(entry["rt_metric"] - 1, 0)
    if not add:
        stack.fib(4).remove(
            lambda r: (
                (r.prefix, r.length) == (prefix, length)
                and (dev is None or r.dev is dev)
                and (gateway is None or r.gateway == gateway)
                and (not metric or r.metric == metric)
            )
        )
        return 0
    if gateway is not None:
        if is_any(gateway):
            raise EINVAL("no gateway")
        way = stack.fib(4).lookup(gateway, dev.ifindex if dev else 0)
        if way is None or way.gateway is not None or way.dev is None:
            raise ENETUNREACH("no way to the gateway")
        dev = dev or way.dev
    route = Route(prefix, length, dev, gateway, metric=metric)
    route.scope = RT_SCOPE_UNIVERSE if gateway is not None else RT_SCOPE_LINK
    if flags & RTF_REJECT:
        route.type, route.dev = RTN_UNREACHABLE, None
    elif dev is None:
        raise ENODEV("no device")
    elif not dev.is_up:
        raise ENETUNREACH("the device is down")
    stack.fib(4).add(route)
    return 0


def _arp(stack: Stack, task: Task, cmd: int, arg: int) -> int:
    """SIOCGARP and so on: struct arpreq, which is the same on every ABI."""
    raw = task.mm.read(arg, 68)
    order = task.abi.isa.byte_order
    address = _read_sockaddr_in(task, arg)
    name = raw[52:68].partition(b"\0")[0]
    if cmd != sockios.SIOCGARP:
        need_admin(task)
    dev = stack.device(name) if name else None
    table = stack.neighbours[4]
    entry = next(
        (e for e in table.entries.values() if e.address == address and dev in (None, e.dev)), None
    )
    if cmd == sockios.SIOCSARP:
        if dev is None:
            route = stack.fib(4).lookup(address)
            dev = route.dev if route is not None else None
        if dev is None:
            raise EINVAL("no device")
        table.add(address, dev, raw[18:24], NUD_PERMANENT)
        return 0
    if entry is None:
        raise ENXIO if cmd == sockios.SIOCGARP else ENXIO("no such neighbour")
    if cmd == sockios.SIOCDARP:
        table.remove(entry)
        return 0
    flags = ATF_PERM if entry.state & NUD_PERMANENT else 0
    flags |= ATF_COM if entry.state & NUD_VALID else 0
    hardware = struct.pack(f"{order}H", entry.dev.type) + entry.hardware.ljust(14, b"\0")
    found = raw[:16] + hardware + struct.pack(f"{order}i", flags) + raw[36:52]
    task.mm.write(arg, found + entry.dev.name.ljust(IFNAMSIZ, b"\0"))
    return 0


def _inet6_ioctl(stack: Stack, task: Task, cmd: int, arg: int) -> int:
    order = task.abi.isa.byte_order
    if cmd in (sockios.SIOCSIFADDR, sockios.SIOCDIFADDR):
        need_admin(task)
        raw = task.mm.read(arg, 24)
        length, ifindex = struct.unpack(f"{order}Ii", raw[16:])
        dev = stack.by_index(ifindex)
        if length > 128:
            raise EINVAL("no prefix length")
        if cmd == sockios.SIOCSIFADDR:
            add_address(dev, InterfaceAddress(raw[:16], length))
            return 0
        for address in dev.addresses:
            if address.local == raw[:16] and address.prefix_length == length:
                remove_address(dev, address)
                return 0
        raise EADDRNOTAVAIL("the device does not have this address")
    if cmd in (sockios.SIOCADDRT, sockios.SIOCDELRT):
        return _route6(stack, task, arg, add=cmd == sockios.SIOCADDRT)
    raise ENOTTY


def _route6(stack: Stack, task: Task, arg: int, *, add: bool) -> int:
    """struct in6_rtmsg."""
    if not add and not stack.fib(16):
        raise ESRCH
    need_admin(task)
    layout = task.abi.layout("in6_rtmsg")
    raw = task.mm.read(arg, layout.size)
    entry = layout.unpack(raw)
    destination, gateway = raw[:16], raw[32:48]
    length, flags = entry["rtmsg_dst_len"], entry["rtmsg_flags"]
    if length > 128:
        raise EINVAL("no prefix length")
    ifindex = entry["rtmsg_ifindex"]
    dev = stack.by_index(ifindex) if ifindex else None
    via = gateway if flags & RTF_GATEWAY else None
    prefix = prefix_of(destination, length)
    if not add:
        stack.fib(16).remove(
            lambda r: (
                (r.prefix, r.length) == (prefix, length)
                and (dev is None or r.dev is dev)
                and (via is None or r.gateway == via)
            )
        )
        return 0
    if via is not None and dev is None:
        way = stack.fib(16).lookup(via)
        dev = way.dev if way is not None else None
    if dev is None:
        raise ENODEV
    stack.fib(16).add(Route(prefix, length, dev, via, metric=entry["rtmsg_metric"] or 1024))
    return 0
