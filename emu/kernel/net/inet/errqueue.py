"""Errors that sockets are told in a queue of their own: MSG_ERRQUEUE. See ip(7), IP_RECVERR."""

from __future__ import annotations

import struct
from collections import deque
from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, KernelError
from emu.kernel.net.inet.sockaddr import shown
from emu.kernel.uapi.in_ import (
    IP_RECVERR,
    IPV6_RECVERR,
    SO_EE_ORIGIN_ICMP,
    SO_EE_ORIGIN_ICMP6,
    SO_EE_ORIGIN_LOCAL,
)
from emu.kernel.uapi.socket import AF_INET6, MSG_ERRQUEUE, MSG_TRUNC, SOL_IP, SOL_IPV6
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.net.inet.icmp import IcmpError
    from emu.kernel.net.inet.sock import InetSocket
    from emu.kernel.net.msghdr import MsgHdr

QUEUE_MAX = 256


@record
class QueuedError:
    """One error: `data` is what was sent, `address` and `port` where to."""

    error: type[KernelError]
    origin: int
    type: int
    code: int
    info: int
    offender: bytes
    address: bytes
    port: int
    data: bytes


def queue_icmp_error(
    sock: InetSocket, error: IcmpError, address: bytes, port: int, data: bytes
) -> None:
    """Keep an ICMP error for who asks for it."""
    _queue(sock, QueuedError(
        error.error, error.origin, error.type, error.code, error.info, error.offender, address,
        port, data,
    ))  # fmt: skip


def queue_local_error(
    sock: InetSocket, error: type[KernelError], info: int, address: bytes, port: int
) -> None:
    """Keep an error that this machine found itself: a message larger than the path takes."""
    _queue(sock, QueuedError(error, SO_EE_ORIGIN_LOCAL, 0, 0, info, b"", address, port, b""))


def _queue(sock: InetSocket, queued: QueuedError) -> None:
    queue = sock.error_queue
    if queue is None:
        queue = sock.error_queue = deque()
    if len(queue) < QUEUE_MAX:
        queue.append(queued)
        sock.state_change()


def wants_errors(sock: InetSocket) -> bool:
    """Whether a socket wants errors in its queue."""
    if sock.family == AF_INET6:
        return sock.ip.is_on(SOL_IPV6, IPV6_RECVERR)
    return sock.ip.is_on(SOL_IP, IP_RECVERR)


def receive_error(sock: InetSocket, msg: MsgHdr) -> int:
    """recvmsg(2) with MSG_ERRQUEUE: what was sent, and a struct sock_extended_err. EAGAIN."""
    if not sock.error_queue:
        raise EAGAIN("no error")
    queued = sock.error_queue.popleft()
    data = queued.data
    if len(data) > msg.buffer.count:
        msg.flags |= MSG_TRUNC
    copied = msg.buffer.copy_to(data[: msg.buffer.count]) if data and msg.buffer.count else 0
    msg.address = shown(sock.family, queued.address, queued.port)
    number = msg.abi.errno[queued.error.__name__]
    extended = struct.pack(
        f"{msg.order}IBBBBII", number, queued.origin, queued.type, queued.code, 0, queued.info, 0
    )
    size = 16 if sock.family != AF_INET6 else 28
    offender = bytes(size)
    if queued.origin in (SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6):
        offender = shown(sock.family, queued.offender, 0).pack(msg.order)
    if sock.family == AF_INET6:
        msg.put_cmsg(SOL_IPV6, IPV6_RECVERR, extended + offender)
    else:
        msg.put_cmsg(SOL_IP, IP_RECVERR, extended + offender)
    msg.flags |= MSG_ERRQUEUE
    _next_error(sock)
    return copied


def _next_error(sock: InetSocket) -> None:
    """What SO_ERROR says is the next one in the queue: see sock_dequeue_err_skb."""
    queue = sock.error_queue
    sock.error = queue[0].error if queue and queue[0].origin != SO_EE_ORIGIN_LOCAL else None
