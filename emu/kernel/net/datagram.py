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


def next_datagram(socket: Socket, flags: int) -> SkBuff | Awaitable[SkBuff | None] | None:
    """The first message that waits, still in the queue; waits for one unless MSG_DONTWAIT.

    None when the socket is shut down for receiving. An error of the socket comes first; EAGAIN.
    """
    socket.take_error()
    if socket.receive_queue:
        return socket.receive_queue[0]
    patience = socket.receive_patience(flags)
    if socket.shutdown_mask & RCV_SHUTDOWN:
        return None
    return _wait_for_datagram(socket, patience)


async def _wait_for_datagram(socket: Socket, patience: Patience) -> SkBuff | None:
    while True:
        await patience.wait(socket.read_wait)
        socket.take_error()
        if socket.receive_queue:
            return socket.receive_queue[0]
        if socket.shutdown_mask & RCV_SHUTDOWN:
            return None


def receive_datagram(
    socket: Socket, flags: int, take: Callable[[SkBuff | None], int]
) -> int | Awaitable[int]:
    """What `take` makes of the next message, now or when it is there; None is the end."""
    found = next_datagram(socket, flags)
    return _take_later(found, take) if isinstance(found, Awaitable) else take(found)


async def _take_later(found: Awaitable[SkBuff | None], take: Callable[[SkBuff | None], int]) -> int:
    return take(await found)


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
