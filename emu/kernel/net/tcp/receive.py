"""Receiving: from a connection to a program. See tcp_recvmsg, tcp_recv_urg."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EFAULT, EINVAL, ENOTCONN, KernelError
from emu.kernel.net.inet.errqueue import receive_error
from emu.kernel.net.socket import RCV_SHUTDOWN
from emu.kernel.net.tcp import direct, output
from emu.kernel.net.tcp.segment import SEQUENCES, after, distance
from emu.kernel.restart import Restart
from emu.kernel.uapi.socket import MSG_ERRQUEUE, MSG_OOB, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SOL_TCP
from emu.kernel.uapi.tcp import TCP_CLOSE, TCP_CM_INQ, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT

if TYPE_CHECKING:
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.tcp.sock import TcpSocket
    from emu.kernel.vfs.file_operations import Result

SPECIAL = MSG_OOB | MSG_ERRQUEUE | MSG_PEEK | MSG_WAITALL | MSG_TRUNC
UNCONNECTED = (TCP_CLOSE, TCP_LISTEN, TCP_SYN_SENT, TCP_SYN_RECV)


def available(sock: TcpSocket) -> int:
    """How many bytes a receive could give: up to the urgent mark, and without the urgent byte."""
    waiting = len(sock.incoming)
    mark = sock.urg_seq
    if mark is None or not waiting:
        return waiting
    before_mark = distance(sock.copied_seq, mark)
    if before_mark == 0 and not sock.oob_inline:
        return waiting - 1
    return min(waiting, before_mark) if 0 < before_mark < waiting else waiting


def recvmsg(sock: TcpSocket, msg: MsgHdr, flags: int) -> Result:
    """What has come, or wait for it; 0 at the end of the stream."""
    if not flags & SPECIAL and sock.urg_seq is None and sock.incoming.length >= sock.rcvlowat:
        return _take(sock, msg)
    if flags & MSG_ERRQUEUE:
        return receive_error(sock, msg)
    if flags & MSG_OOB:
        return _receive_urgent(sock, msg, flags)
    return _Receive(sock, msg, flags).run()


def _take(sock: TcpSocket, msg: MsgHdr) -> int:
    """The common case: copy what is there."""
    queue, buffer = sock.incoming, msg.buffer
    done = 0
    while queue.length and buffer.count:
        piece = queue.first()
        part = piece if len(piece) <= buffer.count else memoryview(piece)[: buffer.count]
        try:
            copied = buffer.copy_to(part)
        except EFAULT:
            if not done:
                raise
            break
        queue.drop(copied)
        done += copied
        if copied < len(part):
            break
    sock.copied_seq = (sock.copied_seq + done) % SEQUENCES
    made_room(sock, done)
    if sock.options.inq:
        _put_inq(sock, msg)
    return done


def _put_inq(sock: TcpSocket, msg: MsgHdr) -> None:
    size = available(sock).to_bytes(4, "little" if msg.order == "<" else "big")
    msg.put_cmsg(SOL_TCP, TCP_CM_INQ, size)


def made_room(sock: TcpSocket, count: int) -> None:
    """Tell the sender, and offer more to one whose bytes are read as fast as they come."""
    sock.window_read += count
    if sock.window_read >= sock.window_limit:
        sock.window_read = 0
        if not sock.options.rcvbuf_locked:
            largest = sock.stack.sysctls.tcp_rmem[2]
            sock.rcvbuf = min(max(sock.rcvbuf, sock.window_limit * 4), largest)
            sock.window_limit = min(sock.window_limit * 2, largest >> 1)
    if direct.was_read(sock) or sock.state in UNCONNECTED:
        return
    offered = distance(sock.rcv_nxt, sock.rcv_adv) if after(sock.rcv_adv, sock.rcv_nxt) else 0
    free = output.receive_limit(sock) - len(sock.incoming)
    if free >= 2 * offered and free - offered >= min(sock.advmss, output.receive_limit(sock) // 2):
        output.send_ack(sock)


class _Receive:
    """One call with all its rules: flags, the urgent mark, waiting, errors."""

    def __init__(self, sock: TcpSocket, msg: MsgHdr, flags: int) -> None:
        self.sock, self.msg, self.flags = sock, msg, flags
        self.wanted = msg.buffer.count
        self.target = self.wanted if flags & MSG_WAITALL else min(sock.rcvlowat, self.wanted)
        self.done = 0
        self.peeked = 0

    def run(self) -> Result:
        """Take what is there; a coroutine if that is not enough."""
        sock = self.sock
        if sock.state == TCP_LISTEN:
            raise ENOTCONN
        self._copy()
        if self.done >= max(self.target, 1) or not self.wanted or self._is_over():
            return self._finish()
        return self._wait()

    async def _wait(self) -> int:
        sock = self.sock
        try:
            patience = sock.receive_patience(self.flags)
            while True:
                await patience.wait(sock.read_wait)
                self._copy()
                if self.done >= max(self.target, 1) or self._is_over():
                    return self._finish()
        except (KernelError, Restart):
            if not self.done:
                raise
            return self._finish()

    def _is_over(self) -> bool:
        """Whether nothing more comes: the mark, the end of the stream, an error."""
        sock = self.sock
        if self.done:
            if self._at_mark():
                return True
            return bool(
                sock.error is not None
                or sock.shutdown_mask & RCV_SHUTDOWN
                or sock.state == TCP_CLOSE
            )
        if sock.error is not None:
            sock.take_error()
        if sock.shutdown_mask & RCV_SHUTDOWN:
            return True
        if sock.state == TCP_CLOSE:
            raise ENOTCONN
        return False

    def _at_mark(self) -> bool:
        sock = self.sock
        return (
            sock.urg_seq is not None and sock.urg_seq == (sock.copied_seq + self.peeked) % SEQUENCES
        )

    def _copy(self) -> None:
        sock, buffer = self.sock, self.msg.buffer
        moved = 0
        while buffer.count or (self.flags & MSG_TRUNC and self.done < self.wanted):
            if self._at_mark():
                if self.done:
                    break
                if not sock.oob_inline and not self._skip_urgent():
                    break
            count = min(len(sock.incoming) - self.peeked, self.wanted - self.done)
            mark = sock.urg_seq
            if mark is not None:
                ahead = distance((sock.copied_seq + self.peeked) % SEQUENCES, mark)
                if 0 < ahead < count:
                    count = ahead
            if count <= 0:
                break
            if not self.flags & MSG_TRUNC:
                count = buffer.copy_to(sock.incoming.peek(self.peeked, count))
            self.done += count
            if self.flags & MSG_PEEK:
                self.peeked += count
            else:
                self._passed(count)
                moved += count
        if moved:
            made_room(sock, moved)

    def _passed(self, count: int) -> None:
        sock = self.sock
        if sock.urg_seq is not None and distance(sock.copied_seq, sock.urg_seq) < count:
            sock.urg_seq = sock.urg_data = None
        sock.incoming.drop(count)
        sock.copied_seq = (sock.copied_seq + count) % SEQUENCES

    def _skip_urgent(self) -> bool:
        """Step over the urgent byte, which is not in the stream: whether it has come."""
        sock = self.sock
        if len(sock.incoming) <= self.peeked:
            return False
        if self.flags & MSG_PEEK:
            self.peeked += 1
        else:
            sock.incoming.drop(1)
            sock.copied_seq = (sock.copied_seq + 1) % SEQUENCES
            sock.urg_seq = sock.urg_data = None
        return True

    def _finish(self) -> int:
        if self.sock.options.inq and self.done:
            _put_inq(self.sock, self.msg)
        return self.done


def _receive_urgent(sock: TcpSocket, msg: MsgHdr, flags: int) -> int:
    """MSG_OOB: the urgent byte. EINVAL if there is none, or it was read; EAGAIN if it comes."""
    if sock.oob_inline or sock.urg_seq is None:
        raise EINVAL("no urgent data")
    if sock.state == TCP_CLOSE:
        raise ENOTCONN
    if sock.urg_data is None:
        if sock.urg_read:
            raise EINVAL("the urgent data was read")
        raise EAGAIN
    byte = bytes((sock.urg_data,))
    if not flags & MSG_PEEK:
        sock.urg_data, sock.urg_read = None, True
    msg.flags |= MSG_OOB
    if not msg.buffer.count:
        msg.flags |= MSG_TRUNC
        return 0
    if not flags & MSG_TRUNC:
        msg.buffer.copy_to(byte)
    return 1
