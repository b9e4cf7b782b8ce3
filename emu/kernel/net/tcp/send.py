"""Sending: from a program into a connection. See tcp_sendmsg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EFAULT,
    EOPNOTSUPP,
    EPIPE,
    KernelError,
)
from emu.kernel.net.socket import SEND_SHUTDOWN
from emu.kernel.net.tcp.output import push
from emu.kernel.net.tcp.segment import SEQUENCES
from emu.kernel.restart import Restart
from emu.kernel.uapi.socket import MSG_FASTOPEN, MSG_MORE, MSG_OOB
from emu.kernel.uapi.tcp import (
    TCP_CLOSE_WAIT,
    TCP_ESTABLISHED,
    TCP_SYN_RECV,
    TCP_SYN_SENT,
)

if TYPE_CHECKING:
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.tcp.sock import TcpSocket
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file_operations import Result

OPEN = (TCP_ESTABLISHED, TCP_CLOSE_WAIT)
SPECIAL = MSG_OOB | MSG_MORE | MSG_FASTOPEN
PIECE_MAX = 1 << 18


def sendmsg(sock: TcpSocket, msg: MsgHdr, flags: int) -> Result:
    """Send all of a message, or as much as there is room for if it must not wait."""
    buffer = msg.buffer
    if not flags & SPECIAL and _is_open(sock) and buffer.count <= sock.room:
        done = _add(sock, buffer)
        sock.options.more = False
        push(sock)
        return done
    if flags & MSG_FASTOPEN:
        raise EOPNOTSUPP("TCP Fast Open is not there")
    return _send_later(sock, msg, flags)


def _is_open(sock: TcpSocket) -> bool:
    return sock.state in OPEN and sock.error is None and not sock.shutdown_mask & SEND_SHUTDOWN


def _add(sock: TcpSocket, buffer: Buffer) -> int:
    """Put as much of a buffer as there is room for behind what is queued. EFAULT if nothing."""
    done = 0
    while buffer.count and (room := sock.room) > 0:
        try:
            data = buffer.copy_from(min(buffer.count, room, PIECE_MAX))
        except EFAULT:
            if not done:
                raise
            break
        if not data:
            break
        sock.outgoing.append(data)
        sock.write_seq = (sock.write_seq + len(data)) % SEQUENCES
        done += len(data)
    return done


async def _send_later(sock: TcpSocket, msg: MsgHdr, flags: int) -> int:
    buffer, done = msg.buffer, 0
    try:
        if sock.state not in OPEN:
            await _wait_connect(sock, flags)
        while True:
            if not _is_open(sock):
                raise EPIPE
            done += _add(sock, buffer)
            if flags & MSG_OOB and not buffer.count and done:
                sock.snd_up = (sock.write_seq - 1) % SEQUENCES
            sock.options.more = bool(flags & MSG_MORE)
            push(sock)
            if not buffer.count:
                return done
            if sock.room <= 0:
                patience = sock.send_patience(flags)
                while sock.room <= 0 and _is_open(sock):
                    await patience.wait(sock.write_wait)
    except (KernelError, Restart) as error:
        if done:
            return done
        if isinstance(error, EPIPE):
            raise _pipe_error(sock, msg, flags) from None
        raise


async def _wait_connect(sock: TcpSocket, flags: int) -> None:
    """Until the connection is there. EPIPE if none was asked for."""
    while sock.state not in OPEN:
        sock.take_error()
        if sock.state not in (TCP_SYN_SENT, TCP_SYN_RECV):
            raise EPIPE
        await sock.send_patience(flags).wait(sock.write_wait)
    sock.options.connecting = False


def _pipe_error(sock: TcpSocket, msg: MsgHdr, flags: int) -> KernelError:
    error, sock.error = sock.error, None
    if error is not None and error is not EPIPE:
        return error()
    return sock.broken_pipe(msg.task, flags)
