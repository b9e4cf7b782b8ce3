"""Receiving whole messages: what families with datagrams share. See net/core/datagram.c."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from emu.kernel.net.socket import RCV_SHUTDOWN
from emu.kernel.uapi.socket import MSG_TRUNC

if TYPE_CHECKING:
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.patience import Patience
    from emu.kernel.net.skbuff import SkBuff
    from emu.kernel.net.socket import Socket


def receive_datagram(
    socket: Socket, flags: int, take: Callable[[SkBuff], int]
) -> int | Awaitable[int]:
    """What `take` makes of the first message, still in the queue, now or when it is there.

    0 when the socket is shut down for receiving. An error of the socket comes first; EAGAIN.
    """
    socket.take_error()
    if socket.receive_queue:
        return take(socket.receive_queue[0])
    patience = socket.receive_patience(flags)
    if socket.shutdown_mask & RCV_SHUTDOWN:
        return 0
    return _receive_later(socket, patience, take)


async def _receive_later(socket: Socket, patience: Patience, take: Callable[[SkBuff], int]) -> int:
    while True:
        await patience.wait(socket.read_wait)
        socket.take_error()
        if socket.receive_queue:
            return take(socket.receive_queue[0])
        if socket.shutdown_mask & RCV_SHUTDOWN:
            return 0


def copy_datagram(skb: SkBuff, msg: MsgHdr, flags: int, skip: int = 0) -> int:
    """Copy a message to its receiver, cut to the room there is; the result of the call. EFAULT."""
    length = len(skb) - skip
    room = msg.buffer.count
    if length > room:
        msg.flags |= MSG_TRUNC
    taken = min(length, room)
    if taken:
        first = skb.offset + skip
        msg.buffer.copy_to(skb.data[first : first + taken])
    return length if flags & MSG_TRUNC else taken
