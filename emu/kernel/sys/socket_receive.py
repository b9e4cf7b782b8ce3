"""Receiving: recv(2), recvfrom(2), recvmsg(2), recvmmsg(2)."""

from __future__ import annotations

from collections.abc import Awaitable

from emu.kernel.args import Fd, OutBuffer, Pointer, Size, UInt
from emu.kernel.errno import EAGAIN, KernelError
from emu.kernel.net.msghdr import MsgHdr
from emu.kernel.net.socket import Socket
from emu.kernel.net.sockfs import socket_of
from emu.kernel.restart import Restart
from emu.kernel.sys.clock import TIME32, InTimespec, read_timespec, write_timespec
from emu.kernel.sys.sockaddr import holding, nonblocking, put_sockaddr
from emu.kernel.sys.socket_kinds import MsgFlags, OutMmsghdr, OutMsghdr, OutSockaddr
from emu.kernel.sys.socket_message import message_to_fill, read_msghdr, tell_received
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uaccess import import_ubuf
from emu.kernel.uapi.fs import MAX_RW_COUNT, UIO_MAXIOV
from emu.kernel.uapi.socket import MSG_DONTWAIT, MSG_OOB, MSG_WAITFORONE


@syscall("sys_recv")
def recv(task: Task, fd: Fd, ubuf: OutBuffer, count: Size, flags: MsgFlags) -> int | Awaitable[int]:
    """Receive. See recv(2)."""
    return recvfrom(task, fd, ubuf, count, flags, 0, 0)


@syscall("sys_recvfrom")
def recvfrom(
    task: Task,
    fd: Fd,
    ubuf: OutBuffer,
    count: Size,
    flags: MsgFlags,
    addr: OutSockaddr,
    addrlen: Pointer,
) -> int | Awaitable[int]:
    """Receive, and tell who sent it. See recvfrom(2)."""
    file = task.files[fd]
    socket = socket_of(file)
    msg = MsgHdr(task, import_ubuf(task.mm, ubuf, min(count, MAX_RW_COUNT)))
    result = socket.recvmsg(msg, nonblocking(file, flags))

    def tell(received: int) -> int:
        if addr:
            name = msg.address.pack(msg.order) if msg.address is not None else b""
            put_sockaddr(task, name, addr, addrlen)
        return received

    async def later(awaitable: Awaitable[int]) -> int:
        return tell(await holding(file, awaitable))

    return tell(result) if isinstance(result, int) else later(result)


@syscall("sys_recvmsg")
def recvmsg(task: Task, fd: Fd, msg: OutMsghdr, flags: MsgFlags) -> int | Awaitable[int]:
    """Receive a message with all its parts. See recvmsg(2)."""
    file = task.files[fd]
    result = _receive(task, socket_of(file), msg, nonblocking(file, flags))
    return result if isinstance(result, int) else holding(file, result)


def _receive(task: Task, socket: Socket, address: int, flags: int) -> int | Awaitable[int]:
    header = read_msghdr(task, address)
    message = message_to_fill(task, header)
    result = socket.recvmsg(message, flags)

    def tell(received: int) -> int:
        tell_received(task, header, message)
        return received

    async def later(awaitable: Awaitable[int]) -> int:
        return tell(await awaitable)

    return tell(result) if isinstance(result, int) else later(result)


@syscall("sys_recvmmsg", ("sys_recvmmsg_time32", TIME32), ("compat_sys_recvmmsg_time32", TIME32))
async def recvmmsg(
    task: Task, fd: Fd, mmsg: OutMmsghdr, vlen: UInt, flags: MsgFlags, timeout: InTimespec
) -> int:
    """Receive several messages, for so long: how many. See recvmmsg(2).

    The timeout is looked at after each message only, and what is left of it is told.
    """
    deadline = None
    clock = task.kernel.clock
    if timeout:
        deadline = clock.monotonic_ns() + read_timespec(task, timeout)
    file = task.files[fd]
    socket = socket_of(file)
    file.get()
    try:
        if not flags & MSG_OOB:
            socket.take_error()
        done = await _receive_all(
            task, socket, mmsg, min(vlen, UIO_MAXIOV), nonblocking(file, flags), deadline
        )
    finally:
        file.put()
    if deadline is not None and done > 0:
        write_timespec(timeout, max(0, deadline - clock.monotonic_ns()))
    return done


async def _receive_all(
    task: Task, socket: Socket, address: int, count: int, flags: int, deadline: int | None
) -> int:
    layout = task.abi.layout("mmsghdr")
    length_at = layout.find("msg_len").offset
    clock = task.kernel.clock
    done = 0
    while done < count:
        place = address + done * layout.size
        try:
            result = _receive(task, socket, place, flags & ~MSG_WAITFORONE)
            received = result if isinstance(result, int) else await result
            task.mm.write_u32(place + length_at, received)
        except (KernelError, Restart) as error:
            if not done:
                raise
            # The next call reports it, for this one tells how many messages there were.
            if isinstance(error, KernelError) and not isinstance(error, EAGAIN):
                socket.error = type(error)
            return done
        done += 1
        if flags & MSG_WAITFORONE:
            flags |= MSG_DONTWAIT
        if deadline is not None and clock.monotonic_ns() >= deadline:
            break
    return done
