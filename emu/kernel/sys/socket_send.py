"""Sending: send(2), sendto(2), sendmsg(2), sendmmsg(2)."""

from __future__ import annotations

from collections.abc import Awaitable

from emu.kernel.args import Fd, InBuffer, Int, Size, UInt
from emu.kernel.errno import KernelError
from emu.kernel.net.msghdr import MsgHdr
from emu.kernel.net.socket import Socket
from emu.kernel.net.sockfs import socket_of
from emu.kernel.restart import Restart
from emu.kernel.sys.sockaddr import holding, nonblocking, take_sockaddr
from emu.kernel.sys.socket_kinds import InMmsghdr, InMsghdr, InSockaddr, MsgFlags
from emu.kernel.sys.socket_message import message_to_send, read_msghdr
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uaccess import import_ubuf
from emu.kernel.uapi.fs import MAX_RW_COUNT, UIO_MAXIOV
from emu.kernel.uapi.socket import MSG_BATCH, MSG_INTERNAL


@syscall("sys_send")
def send(task: Task, fd: Fd, buff: InBuffer, count: Size, flags: MsgFlags) -> int | Awaitable[int]:
    """Send to where a socket is connected. See send(2)."""
    return sendto(task, fd, buff, count, flags, 0, 0)


@syscall("sys_sendto", missing="TCP Fast Open")
def sendto(
    task: Task,
    fd: Fd,
    buff: InBuffer,
    count: Size,
    flags: MsgFlags,
    addr: InSockaddr,
    addrlen: Int,
) -> int | Awaitable[int]:
    """Send, to an address if one is given. See sendto(2)."""
    file = task.files[fd]
    socket = socket_of(file)
    to = take_sockaddr(task, addr, addrlen) if addr else None
    buffer = import_ubuf(task.mm, buff, min(count, MAX_RW_COUNT))
    msg = MsgHdr(task, buffer, to if to else None)
    result = socket.sendmsg(msg, nonblocking(file, flags & ~MSG_INTERNAL))
    return result if isinstance(result, int) else holding(file, result)


@syscall("sys_sendmsg", missing="TCP Fast Open, MSG_ZEROCOPY")
def sendmsg(task: Task, fd: Fd, msg: InMsghdr, flags: MsgFlags) -> int | Awaitable[int]:
    """Send a message with all its parts. See sendmsg(2)."""
    file = task.files[fd]
    socket = socket_of(file)
    message = message_to_send(task, read_msghdr(task, msg))
    result = socket.sendmsg(message, nonblocking(file, flags & ~MSG_INTERNAL))
    return result if isinstance(result, int) else holding(file, result)


@syscall("sys_sendmmsg")
async def sendmmsg(task: Task, fd: Fd, mmsg: InMmsghdr, vlen: UInt, flags: MsgFlags) -> int:
    """Send several messages: how many. See sendmmsg(2)."""
    file = task.files[fd]
    socket = socket_of(file)
    count = min(vlen, UIO_MAXIOV)
    file.get()
    try:
        return await _send_all(task, socket, mmsg, count, nonblocking(file, flags & ~MSG_INTERNAL))
    finally:
        file.put()


async def _send_all(task: Task, socket: Socket, address: int, count: int, flags: int) -> int:
    layout = task.abi.layout("mmsghdr")
    length_at = layout.find("msg_len").offset
    for done in range(count):
        place = address + done * layout.size
        more = MSG_BATCH if done < count - 1 else 0
        try:
            message = message_to_send(task, read_msghdr(task, place))
            result = socket.sendmsg(message, flags | more)
            sent = result if isinstance(result, int) else await result
            task.mm.write_u32(place + length_at, sent)
        except (KernelError, Restart):
            if not done:
                raise
            return done
    return count
