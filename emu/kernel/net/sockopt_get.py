"""What options of the level SOL_SOCKET are told as. See socket(7), and sk_getsockopt."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENODATA, ENODEV, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP
from emu.kernel.net.peer import NO_PEER
from emu.kernel.net.sockopt import KEPT, ON_OR_OFF, NeedsRoom
from emu.kernel.net.times import STAMPS, pack_timeout
from emu.kernel.uapi import socket as so

if TYPE_CHECKING:
    from emu.kernel.net.socket import Socket
    from emu.kernel.task import Task

NETNS_COOKIE = 1


def get_socket_option(socket: Socket, task: Task, optname: int, length: int) -> bytes:
    """The value of an option, which may be longer than the caller's room. ENOPROTOOPT."""
    answer = socket.get_option(task, optname, length)
    if answer is not None:
        return answer
    order = task.abi.isa.byte_order
    if optname in ON_OR_OFF or optname in STAMPS:
        return struct.pack(f"{order}i", socket.flag(optname))
    if optname in KEPT:
        return struct.pack(f"{order}i", socket.values.get(optname, 0))
    if optname in NUMBERS:
        return struct.pack(f"{order}i", NUMBERS[optname](socket))
    if optname in GETTERS:
        return GETTERS[optname](socket, task, length)
    raise ENOPROTOOPT(f"no SOL_SOCKET option {optname}")


NUMBERS: dict[int, Callable[[Socket], int]] = {
    so.SO_PROTOCOL: lambda socket: socket.protocol,
    so.SO_DOMAIN: lambda socket: socket.family,
    so.SO_ACCEPTCONN: lambda socket: int(socket.is_listening()),
    so.SO_SNDBUF: lambda socket: socket.sndbuf,
    so.SO_RCVBUF: lambda socket: socket.rcvbuf,
    so.SO_SNDLOWAT: lambda socket: 1,
    so.SO_RCVLOWAT: lambda socket: socket.rcvlowat,
    so.SO_PRIORITY: lambda socket: socket.priority,
    so.SO_MARK: lambda socket: socket.mark,
    so.SO_BSDCOMPAT: lambda socket: 0,
    so.SO_BINDTOIFINDEX: lambda socket: socket.bound_dev_if,
}


def _get_type(socket: Socket, task: Task, length: int) -> bytes:
    constants = task.abi.constants
    name = next(name for name, value in so.SOCKET_TYPE.values if value == socket.type)
    return struct.pack(f"{task.abi.isa.byte_order}i", constants[name])


def _get_error(socket: Socket, task: Task, length: int) -> bytes:
    error, socket.error = socket.error, None
    number = 0 if error is None else task.abi.errno[error.__name__]
    return struct.pack(f"{task.abi.isa.byte_order}i", number)


def _get_linger(socket: Socket, task: Task, length: int) -> bytes:
    on = socket.linger is not None
    return struct.pack(f"{task.abi.isa.byte_order}ii", on, socket.linger or 0)


def _get_timeout(optname: int) -> Callable[[Socket, Task, int], bytes]:
    receive = optname in (so.SO_RCVTIMEO_OLD, so.SO_RCVTIMEO_NEW)
    return lambda socket, task, length: pack_timeout(
        task.abi, optname, socket.rcvtimeo_ns if receive else socket.sndtimeo_ns
    )


def _get_peercred(socket: Socket, task: Task, length: int) -> bytes:
    return (socket.peer or NO_PEER).pack(task.abi.isa.byte_order)


def _get_peergroups(socket: Socket, task: Task, length: int) -> bytes:
    peer = socket.peer
    if peer is None:
        raise ENODATA("there is no peer")
    size = len(peer.groups) * 4
    if length < size:
        raise NeedsRoom(size)
    return struct.pack(f"{task.abi.isa.byte_order}{len(peer.groups)}I", *peer.groups)


def _get_peername(socket: Socket, task: Task, length: int) -> bytes:
    try:
        name = socket.getname(True).pack(task.abi.isa.byte_order)
    except EOPNOTSUPP:
        raise ENOTCONN from None
    if len(name) < length:
        raise EINVAL("the name is shorter")
    return name


def _get_cookie(socket: Socket, task: Task, length: int) -> bytes:
    if length < 8:
        raise EINVAL("shorter than a cookie")
    return struct.pack(f"{task.abi.isa.byte_order}Q", socket.cookie)


def _get_netns_cookie(socket: Socket, task: Task, length: int) -> bytes:
    if length != 8:
        raise EINVAL("not the size of a cookie")
    return struct.pack(f"{task.abi.isa.byte_order}Q", NETNS_COOKIE)


def _get_meminfo(socket: Socket, task: Task, length: int) -> bytes:
    numbers = [
        socket.rmem_alloc, socket.rcvbuf, socket.wmem_alloc, socket.sndbuf, 0, 0, 0, 0, socket.drops
    ]  # fmt: skip
    return struct.pack(f"{task.abi.isa.byte_order}9I", *numbers)


def _get_device(socket: Socket, task: Task, length: int) -> bytes:
    if not socket.bound_dev_if:
        return b""
    if length < 16:
        raise EINVAL("no room for a device's name")
    name = socket.net.device_name(socket.bound_dev_if)
    if name is None:
        raise ENODEV
    return name + b"\0"


GETTERS: dict[int, Callable[[Socket, Task, int], bytes]] = {
    so.SO_TYPE: _get_type,
    so.SO_ERROR: _get_error,
    so.SO_LINGER: _get_linger,
    so.SO_PEERCRED: _get_peercred,
    so.SO_PEERGROUPS: _get_peergroups,
    so.SO_PEERNAME: _get_peername,
    so.SO_COOKIE: _get_cookie,
    so.SO_NETNS_COOKIE: _get_netns_cookie,
    so.SO_MEMINFO: _get_meminfo,
    so.SO_BINDTODEVICE: _get_device,
    so.SO_RCVTIMEO_OLD: _get_timeout(so.SO_RCVTIMEO_OLD),
    so.SO_RCVTIMEO_NEW: _get_timeout(so.SO_RCVTIMEO_NEW),
    so.SO_SNDTIMEO_OLD: _get_timeout(so.SO_SNDTIMEO_OLD),
    so.SO_SNDTIMEO_NEW: _get_timeout(so.SO_SNDTIMEO_NEW),
}
