"""The values that options of IP and IPv6 are given, and what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EADDRNOTAVAIL,
    EINVAL,
    ENOTCONN,
    EPERM,
    KernelError,
)
from emu.kernel.uapi import in_
from emu.kernel.uapi.capability import CAP_NET_ADMIN, CAP_NET_RAW
from emu.kernel.uapi.socket import SOL_IP, SOL_IPV6

if TYPE_CHECKING:
    from emu.kernel.net.inet.sock import InetSocket
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.task import Task


PRIVILEGED = {(SOL_IP, in_.IP_TRANSPARENT), (SOL_IPV6, in_.IPV6_TRANSPARENT)}


def number_of(value: OptionValue) -> int:
    """What IPv4 takes for a number: an int, or a byte. See do_ip_setsockopt."""
    if value.length >= 4:
        return value.integer()
    return value.raw(1)[0] if value.length >= 1 else 0


def set_flag(sock: InetSocket, task: Task, level: int, optname: int, on: bool) -> None:
    """Turn an option on or off. EPERM for one of the privileged."""
    capable = task.cred.capable
    if (
        (level, optname) in PRIVILEGED
        and on
        and not (capable(CAP_NET_RAW) or capable(CAP_NET_ADMIN))
    ):
        raise EPERM("this needs CAP_NET_ADMIN")
    if on:
        sock.ip.on.add((level, optname))
    else:
        sock.ip.on.discard((level, optname))
        if optname == (in_.IP_RECVERR if level == SOL_IP else in_.IPV6_RECVERR):
            sock.error_queue = None


def within(number: int, largest: int) -> int:
    """A number that must be between 0 and another. EINVAL."""
    if not 0 <= number <= largest:
        raise EINVAL("out of range")
    return number


def known_device(sock: InetSocket, ifindex: int) -> int:
    """A device's index, or 0 for none. EADDRNOTAVAIL."""
    if ifindex and ifindex not in sock.stack.devices:
        raise EADDRNOTAVAIL("no such device")
    return ifindex


def native_int(sock: InetSocket, raw: bytes) -> int:
    """A number in the caller's byte order."""
    return int.from_bytes(raw, "big" if sock_order(sock) == ">" else "little")


def sock_order(sock: InetSocket) -> str:
    """The byte order of whoever makes the call."""
    task = sock.stack.sched.current
    return task.abi.isa.byte_order if task is not None else "<"


def device_of_address(sock: InetSocket, address: bytes) -> int:
    """The index of the device that has an address. EADDRNOTAVAIL."""
    for dev in sock.stack.devices.values():
        if any(a.local == address for a in dev.addresses):
            return dev.ifindex
    raise EADDRNOTAVAIL("no device has this address")


def path_mtu(sock: InetSocket) -> int:
    """The MTU of the way to where a socket is connected. ENOTCONN."""
    if not sock.remote_port and not sock.remote:
        raise ENOTCONN
    try:
        return min(sock.path().mtu, 65535) if len(sock.remote) == 4 else sock.path().mtu
    except KernelError:
        raise ENOTCONN from None
