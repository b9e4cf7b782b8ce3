"""Options of the level SOL_SOCKET. See socket(7), and sk_setsockopt in net/core/sock.c."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EACCES,
    EINVAL,
    ENODEV,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPERM,
    ERANGE,
)
from emu.kernel.net.filter import attach_filter, detach_filter
from emu.kernel.net.socket import Socket
from emu.kernel.net.times import STAMPS, parse_timeout
from emu.kernel.uapi import socket as so
from emu.kernel.uapi.capability import CAP_NET_ADMIN, CAP_NET_RAW

if TYPE_CHECKING:
    from emu.kernel.task import Task

INT = 4
INT_MAX = (1 << 31) - 1
SOCK_MIN_SNDBUF = 4608
SOCK_MIN_RCVBUF = 2304
BUFFER_FORCE_MAX = INT_MAX >> 1
FREE_PRIORITIES = range(7)
"""What SO_PRIORITY allows to everybody."""

ON_OR_OFF = frozenset(
    {
        so.SO_REUSEADDR, so.SO_DONTROUTE, so.SO_BROADCAST, so.SO_OOBINLINE, so.SO_NO_CHECK,
        so.SO_PASSCRED, so.SO_PASSSEC, so.SO_PASSPIDFD, so.SO_RXQ_OVFL, so.SO_WIFI_STATUS,
        so.SO_NOFCS, so.SO_SELECT_ERR_QUEUE, so.SO_KEEPALIVE, so.SO_REUSEPORT, so.SO_DEBUG,
        so.SO_LOCK_FILTER,
    }
)  # fmt: skip

KEPT = frozenset({so.SO_TIMESTAMPING_OLD, so.SO_TIMESTAMPING_NEW, so.SO_INCOMING_CPU})
INET_FAMILIES = (so.AF_INET, so.AF_INET6)


class NeedsRoom(ERANGE):
    """The value needs more room than the caller has: how much is told all the same."""

    def __init__(self, size: int) -> None:
        super().__init__("the value needs more room")
        self.size = size


class OptionValue:
    """The value that a caller gives for an option: read when it is wanted, as Linux does."""

    __slots__ = ("_address", "_task", "length")

    def __init__(self, task: Task, address: int, length: int) -> None:
        self._task = task
        self._address = address
        self.length = length

    def integer(self) -> int:
        """A C int. EINVAL if the value is shorter; EFAULT."""
        if self.length < INT:
            raise EINVAL("shorter than an int")
        return self.integers(1)[0]

    def integers(self, count: int) -> tuple[int, ...]:
        """So many C ints. EFAULT."""
        order = self._task.abi.isa.byte_order
        return struct.unpack(f"{order}{count}i", self._task.mm.read(self._address, count * INT))

    def raw(self, limit: int | None = None) -> bytes:
        """All bytes, or the first ones. EFAULT."""
        size = self.length if limit is None else min(limit, self.length)
        return self._task.mm.read(self._address, size)


def set_socket_option(socket: Socket, task: Task, optname: int, value: OptionValue) -> None:
    """Set an option. ENOPROTOOPT for one that is not known or cannot be set."""
    if optname == so.SO_BINDTODEVICE:
        _bind_to_device(socket, task, value)
        return
    number = value.integer()
    if socket.set_option(task, optname, value):
        return
    if optname in ON_OR_OFF:
        _set_flag(socket, task, optname, bool(number))
    elif optname in STAMPS:
        for stamp in STAMPS:
            socket.set_flag(stamp, bool(number) and stamp == optname)
    elif optname in KEPT:
        socket.values[optname] = number
    elif optname in SETTERS:
        SETTERS[optname](socket, task, number, value)
    else:
        raise ENOPROTOOPT(f"no SOL_SOCKET option {optname} can be set")


def _set_flag(socket: Socket, task: Task, optname: int, on: bool) -> None:
    match optname:
        case so.SO_DEBUG:
            if on and not task.cred.capable(CAP_NET_ADMIN):
                raise EACCES("SO_DEBUG needs CAP_NET_ADMIN")
        case so.SO_REUSEPORT:
            if on and socket.family not in INET_FAMILIES:
                raise EOPNOTSUPP("SO_REUSEPORT is for the Internet")
        case so.SO_LOCK_FILTER:
            if socket.flag(optname) and not on:
                raise EPERM("a locked filter stays locked")
        case so.SO_KEEPALIVE:
            socket.set_keepalive(on)
    socket.set_flag(optname, on)


def _set_sndbuf(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    most = socket.net.sysctls.wmem_max
    socket.sndbuf = max(min(number & 0xFFFFFFFF, most) * 2, SOCK_MIN_SNDBUF)
    socket.write_space()


def _set_rcvbuf(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    most = socket.net.sysctls.rmem_max
    socket.rcvbuf = max(min(number & 0xFFFFFFFF, most) * 2, SOCK_MIN_RCVBUF)


def _force_sndbuf(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    _need_net_admin(task)
    socket.sndbuf = max(max(0, min(number, BUFFER_FORCE_MAX)) * 2, SOCK_MIN_SNDBUF)
    socket.write_space()


def _force_rcvbuf(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    _need_net_admin(task)
    socket.rcvbuf = max(max(0, min(number, BUFFER_FORCE_MAX)) * 2, SOCK_MIN_RCVBUF)


def _set_priority(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    capable = task.cred.capable
    if number not in FREE_PRIORITIES and not (capable(CAP_NET_RAW) or capable(CAP_NET_ADMIN)):
        raise EPERM("so high a priority needs CAP_NET_ADMIN")
    socket.priority = number


def _set_linger(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    if value.length < 2 * INT:
        raise EINVAL("shorter than a struct linger")
    on, seconds = value.integers(2)
    socket.linger = seconds if on else None


def _set_timeout(optname: int) -> Callable[[Socket, Task, int, OptionValue], None]:
    receive = optname in (so.SO_RCVTIMEO_OLD, so.SO_RCVTIMEO_NEW)

    def set_timeout(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
        timeout = parse_timeout(task.abi, optname, value.raw(16))
        if receive:
            socket.rcvtimeo_ns = timeout
        else:
            socket.sndtimeo_ns = timeout

    return set_timeout


def _set_rcvlowat(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    socket.rcvlowat = INT_MAX if number < 0 else number or 1


def _set_mark(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    if not (task.cred.capable(CAP_NET_ADMIN) or task.cred.capable(CAP_NET_RAW)):
        raise EPERM("SO_MARK needs CAP_NET_ADMIN")
    socket.mark = number


def _set_nothing(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    """An option of old that does nothing."""


def _detach_filter(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    detach_filter(socket)


def _attach_filter(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    attach_filter(socket, task, value.raw())


def _bind_to_device(socket: Socket, task: Task, value: OptionValue) -> None:
    if value.length < 0:
        raise EINVAL("negative length")
    name = value.raw(15).partition(b"\0")[0]
    if socket.bound_dev_if and not task.cred.capable(CAP_NET_RAW):
        raise EPERM("bound to a device")
    socket.bound_dev_if = socket.net.device_index(name) if name else 0


def _bind_to_ifindex(socket: Socket, task: Task, number: int, value: OptionValue) -> None:
    if number < 0:
        raise EINVAL("no such index")
    if socket.bound_dev_if and not task.cred.capable(CAP_NET_RAW):
        raise EPERM("bound to a device")
    if number and socket.net.device_name(number) is None:
        raise ENODEV
    socket.bound_dev_if = number


def _need_net_admin(task: Task) -> None:
    if not task.cred.capable(CAP_NET_ADMIN):
        raise EPERM("this needs CAP_NET_ADMIN")


SETTERS: dict[int, Callable[[Socket, Task, int, OptionValue], None]] = {
    so.SO_SNDBUF: _set_sndbuf,
    so.SO_RCVBUF: _set_rcvbuf,
    so.SO_SNDBUFFORCE: _force_sndbuf,
    so.SO_RCVBUFFORCE: _force_rcvbuf,
    so.SO_PRIORITY: _set_priority,
    so.SO_LINGER: _set_linger,
    so.SO_RCVLOWAT: _set_rcvlowat,
    so.SO_MARK: _set_mark,
    so.SO_BSDCOMPAT: _set_nothing,
    so.SO_ATTACH_FILTER: _attach_filter,
    so.SO_DETACH_FILTER: _detach_filter,
    so.SO_BINDTOIFINDEX: _bind_to_ifindex,
    so.SO_RCVTIMEO_OLD: _set_timeout(so.SO_RCVTIMEO_OLD),
    so.SO_RCVTIMEO_NEW: _set_timeout(so.SO_RCVTIMEO_NEW),
    so.SO_SNDTIMEO_OLD: _set_timeout(so.SO_SNDTIMEO_OLD),
    so.SO_SNDTIMEO_NEW: _set_timeout(so.SO_SNDTIMEO_NEW),
}
