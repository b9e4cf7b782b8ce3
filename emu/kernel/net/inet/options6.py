"""The options of the level IPPROTO_IPV6. See ipv6(7), do_ipv6_setsockopt."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EINVAL,
    ENODEV,
    ENOPROTOOPT,
)
from emu.kernel.net.inet.group_options import GROUPS6
from emu.kernel.net.inet.option_values import (
    known_device,
    native_int,
    path_mtu,
    set_flag,
    within,
)
from emu.kernel.uapi import in_
from emu.kernel.uapi.socket import SOCK_RAW, SOCK_STREAM, SOL_IPV6

if TYPE_CHECKING:
    from emu.kernel.net.inet.sock import InetSocket
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.task import Task


ON_OR_OFF6 = frozenset(
    {
        in_.IPV6_RECVPKTINFO, in_.IPV6_2292PKTINFO, in_.IPV6_RECVHOPLIMIT, in_.IPV6_2292HOPLIMIT,
        in_.IPV6_RECVERR, in_.IPV6_RECVTCLASS, in_.IPV6_RECVORIGDSTADDR, in_.IPV6_RECVFRAGSIZE,
        in_.IPV6_RECVERR_RFC4884, in_.IPV6_FREEBIND, in_.IPV6_TRANSPARENT, in_.IPV6_AUTOFLOWLABEL,
        in_.IPV6_DONTFRAG, in_.IPV6_FLOWINFO_SEND, in_.IPV6_RECVPATHMTU,
    }
)  # fmt: skip


def set6(sock: InetSocket, task: Task, optname: int, value: OptionValue) -> None:
    """Set an option. ENOPROTOOPT."""
    if optname in GROUPS6:
        GROUPS6[optname](sock, value)
        return
    options = sock.ip
    if optname == in_.IPV6_PKTINFO:
        _set_pktinfo6(sock, value)
        return
    number = value.integer() if value.length >= 4 else 0
    if value.length < 4:
        raise EINVAL("shorter than an int")
    if optname in ON_OR_OFF6:
        set_flag(sock, task, SOL_IPV6, optname, bool(number))
        return
    match optname:
        case in_.IPV6_V6ONLY:
            if sock.local_port:
                raise EINVAL("it is bound")
            sock.v6only = bool(number)
        case in_.IPV6_UNICAST_HOPS:
            options.hop_limit = _hops(number)
        case in_.IPV6_MULTICAST_HOPS:
            if sock.type == SOCK_STREAM:
                raise ENOPROTOOPT
            options.multicast_hops = 1 if _hops(number) == -1 else number
        case in_.IPV6_MULTICAST_LOOP:
            if number not in (0, 1):
                raise EINVAL("0 or 1")
            options.multicast_loop6 = bool(number)
        case in_.IPV6_MULTICAST_ALL:
            options.multicast_all6 = bool(number)
        case in_.IPV6_MULTICAST_IF:
            if sock.type == SOCK_STREAM:
                raise ENOPROTOOPT
            if number and number not in sock.stack.devices:
                raise ENODEV
            options.multicast_if, options.multicast_source = number, b""
        case in_.IPV6_TCLASS:
            if not -1 <= number <= 255:
                raise EINVAL("out of range")
            options.tclass = max(number, 0)
        case in_.IPV6_MTU_DISCOVER:
            options.mtu_discover = within(number, in_.IP_PMTUDISC_OMIT)
        case in_.IPV6_MINHOPCOUNT:
            options.min_ttl = within(number, 255)
        case in_.IPV6_MTU:
            if number and number < 1280:
                raise EINVAL("less than IPv6's least MTU")
        case in_.IPV6_CHECKSUM if sock.type == SOCK_RAW:
            _set_checksum6(sock, number)
        case in_.IPV6_HDRINCL if sock.type == SOCK_RAW:
            options.header_included = bool(number)
        case in_.IPV6_UNICAST_IF:
            options.unicast_if = known_device(sock, number & 0xFFFFFFFF)
        case _:
            raise ENOPROTOOPT(f"no IPv6 option {optname} can be set")


def _set_checksum6(sock: InetSocket, number: int) -> None:
    if sock.protocol == in_.IPPROTO_ICMPV6 and number != 2:
        raise EINVAL("ICMPv6's checksum is where it is")
    if number > 0 and number & 1:
        raise EINVAL("not even")
    sock.ip.checksum6 = max(number, -1)


def _set_pktinfo6(sock: InetSocket, value: OptionValue) -> None:
    if value.length == 0:
        sock.ip.pktinfo6 = None
        return
    if value.length < 20:
        raise EINVAL("too short")
    raw = value.raw(20)
    sock.ip.pktinfo6 = (raw[:16], native_int(sock, raw[16:20]))


def _hops(number: int) -> int:
    if not -1 <= number <= 255:
        raise EINVAL("no hop limit")
    return number


def get6(sock: InetSocket, task: Task, optname: int) -> bytes:
    """The value of an option. ENOPROTOOPT."""
    order = task.abi.isa.byte_order
    if optname == in_.IPV6_PKTINFO:
        where, ifindex = sock.ip.pktinfo6 or (bytes(16), 0)
        return where + struct.pack(f"{order}i", ifindex)
    return struct.pack(f"{order}i", _get6(sock, optname))


def _get6(sock: InetSocket, optname: int) -> int:
    options = sock.ip
    if optname in ON_OR_OFF6:
        default = optname == in_.IPV6_AUTOFLOWLABEL
        return int(default or options.is_on(SOL_IPV6, optname))
    match optname:
        case in_.IPV6_V6ONLY:
            return int(sock.v6only)
        case in_.IPV6_UNICAST_HOPS:
            return options.hops(bytes(16))
        case in_.IPV6_MULTICAST_HOPS:
            return options.multicast_hops
        case in_.IPV6_MULTICAST_LOOP:
            return int(options.multicast_loop6)
        case in_.IPV6_MULTICAST_ALL:
            return int(options.multicast_all6)
        case in_.IPV6_MULTICAST_IF:
            return options.multicast_if
        case in_.IPV6_TCLASS:
            return options.tclass
        case in_.IPV6_MTU_DISCOVER:
            return options.mtu_discover
        case in_.IPV6_MINHOPCOUNT:
            return options.min_ttl
        case in_.IPV6_MTU:
            return path_mtu(sock)
        case in_.IPV6_CHECKSUM if sock.type == SOCK_RAW:
            return options.checksum6
        case in_.IPV6_HDRINCL if sock.type == SOCK_RAW:
            return int(options.header_included)
        case in_.IPV6_UNICAST_IF:
            return options.unicast_if
        case in_.IPV6_ADDR_PREFERENCES:
            return 0
    raise ENOPROTOOPT(f"no IPv6 option {optname}")
