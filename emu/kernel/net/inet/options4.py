"""The options of the level IPPROTO_IP. See ip(7), do_ip_setsockopt."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EINVAL,
    ENOPROTOOPT,
)
from emu.kernel.net.inet.group_options import GROUPS4
from emu.kernel.net.inet.option_values import (
    known_device,
    number_of,
    path_mtu,
    set_flag,
    within,
)
from emu.kernel.uapi import in_
from emu.kernel.uapi.socket import SOCK_RAW, SOCK_STREAM, SOL_IP

if TYPE_CHECKING:
    from emu.kernel.net.inet.sock import InetSocket
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.task import Task


ON_OR_OFF4 = frozenset(
    {
        in_.IP_PKTINFO, in_.IP_RECVTTL, in_.IP_RECVOPTS, in_.IP_RECVTOS, in_.IP_RETOPTS,
        in_.IP_RECVERR, in_.IP_RECVORIGDSTADDR, in_.IP_CHECKSUM, in_.IP_RECVFRAGSIZE,
        in_.IP_RECVERR_RFC4884, in_.IP_FREEBIND, in_.IP_TRANSPARENT, in_.IP_BIND_ADDRESS_NO_PORT,
        in_.IP_NODEFRAG,
    }
)  # fmt: skip


def set4(sock: InetSocket, task: Task, optname: int, value: OptionValue) -> None:
    """Set an option. ENOPROTOOPT."""
    if optname in GROUPS4:
        GROUPS4[optname](sock, value)
        return
    number = number_of(value)
    options = sock.ip
    if optname in ON_OR_OFF4:
        if not value.length:
            raise EINVAL("no value")
        set_flag(sock, task, SOL_IP, optname, bool(number))
        return
    match optname:
        case in_.IP_TOS:
            options.tos = number & (0xFC if sock.type == SOCK_STREAM else 0xFF)
        case in_.IP_TTL:
            if number != -1 and not 1 <= number <= 255:
                raise EINVAL("no TTL")
            options.ttl = number
        case in_.IP_HDRINCL:
            if sock.type != SOCK_RAW:
                raise ENOPROTOOPT
            options.header_included = bool(number)
        case in_.IP_MTU_DISCOVER:
            options.mtu_discover = within(number, in_.IP_PMTUDISC_OMIT)
        case in_.IP_MINTTL:
            options.min_ttl = within(number, 255)
        case in_.IP_MULTICAST_TTL:
            if sock.type == SOCK_STREAM or value.length < 1:
                raise EINVAL("no multicast")
            if number != -1 and not 0 <= number <= 255:
                raise EINVAL("no TTL")
            options.multicast_ttl = 1 if number == -1 else number
        case in_.IP_MULTICAST_LOOP:
            if value.length < 1:
                raise EINVAL("no value")
            options.multicast_loop = bool(number)
        case in_.IP_MULTICAST_ALL:
            if number not in (0, 1):
                raise EINVAL("0 or 1")
            options.multicast_all = bool(number)
        case in_.IP_UNICAST_IF:
            options.unicast_if = known_device(sock, int.from_bytes(value.raw(4), "big"))
        case in_.IP_LOCAL_PORT_RANGE:
            options.local_port_range = number & 0xFFFFFFFF
        case in_.IP_OPTIONS if value.length == 0:
            pass
        case _:
            raise ENOPROTOOPT(f"no IP option {optname} can be set")


def get4(sock: InetSocket, task: Task, optname: int, length: int) -> bytes:
    """The value of an option. ENOPROTOOPT."""
    if optname == in_.IP_MULTICAST_IF:
        return sock.ip.multicast_source or bytes(4)
    if optname == in_.IP_OPTIONS:
        return b""
    number = _get4(sock, optname)
    # A small number fits into a byte, if that is all the room: see do_ip_getsockopt.
    if 0 < length < 4 and 0 <= number <= 255:
        return bytes((number,))
    return struct.pack(f"{task.abi.isa.byte_order}i", number)


def _get4(sock: InetSocket, optname: int) -> int:
    options = sock.ip
    if optname in ON_OR_OFF4:
        return int(options.is_on(SOL_IP, optname))
    match optname:
        case in_.IP_TOS:
            return options.tos
        case in_.IP_TTL:
            return options.hops(bytes(4))
        case in_.IP_HDRINCL:
            if sock.type != SOCK_RAW:
                raise ENOPROTOOPT
            return int(options.header_included)
        case in_.IP_MTU_DISCOVER:
            return options.mtu_discover
        case in_.IP_MTU:
            return path_mtu(sock)
        case in_.IP_MINTTL:
            return options.min_ttl
        case in_.IP_MULTICAST_TTL:
            return options.multicast_ttl
        case in_.IP_MULTICAST_LOOP:
            return int(options.multicast_loop)
        case in_.IP_MULTICAST_ALL:
            return int(options.multicast_all)
        case in_.IP_UNICAST_IF:
            return int.from_bytes(options.unicast_if.to_bytes(4, "big"), "little")
        case in_.IP_LOCAL_PORT_RANGE:
            return options.local_port_range
        case in_.IP_PROTOCOL:
            return sock.protocol
    raise ENOPROTOOPT(f"no IP option {optname}")
