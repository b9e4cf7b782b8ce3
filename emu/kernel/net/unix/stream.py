"""AF_UNIX streams: bytes in order, one urgent byte, and files between them. See unix(7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EAGAIN,
    EFAULT,
    EINVAL,
    EISCONN,
    ENOTCONN,
    EOPNOTSUPP,
    EPIPE,
    KernelError,
)
from emu.kernel.net.owner import send_sigurg
from emu.kernel.net.skbuff import SkBuff
from emu.kernel.net.socket import RCV_SHUTDOWN, SEND_SHUTDOWN
from emu.kernel.net.unix.scm import NO_SCM, Scm, scm_recv, scm_send, with_sender
from emu.kernel.net.unix.socket import ESTABLISHED, UnixSocket
from emu.kernel.restart import Restart
from emu.kernel.uapi.poll import POLLPRI
from emu.kernel.uapi.socket import (
    MSG_DONTWAIT,
    MSG_OOB,
    MSG_PEEK,
    MSG_WAITALL,
    SO_OOBINLINE,
    SO_PASSCRED,
    SO_PASSPIDFD,
)
from emu.kernel.uapi.sockios import SIOCATMARK

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.unix.family import UnixFamily
    from emu.kernel.task import Task
    from emu.kernel.vfs.file_operations import PollTable, Result

PIECE_MAX = 1 << 15
"""How many bytes go into one buffer: SKB_MAX_ALLOC and some pages."""


class UnixStream(UnixSocket):
    """A stream. `urgent` is the buffer in its queue that holds the last urgent byte."""

    def __init__(self, unix: UnixFamily, type: int, cred: Credentials) -> None:
        super().__init__(unix, type, cred)
        self.urgent: SkBuff | None = None

    # Sending.

    def sendmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Send all of it, or with MSG_DONTWAIT what there is room for. EPIPE and SIGPIPE."""
        scm = scm_send(msg.task, msg.control)
        writer = _Writer(self, msg, flags, scm)
        try:
            if writer.write_some():
                return writer.sent
            if not flags & MSG_DONTWAIT:
                return self._send_later(writer, flags)
            if not writer.sent:
                raise EAGAIN
        except BaseException as error:
            writer.scm.put()
            if isinstance(error, EPIPE):
                raise self.broken_pipe(msg.task, flags) from None
            raise
        writer.scm.put()
        return writer.sent

    async def _send_later(self, writer: _Writer, flags: int) -> int:
        patience = self.send_patience(flags)
        try:
            while True:
                await patience.wait(self.write_wait)
                if writer.write_some():
                    return writer.sent
        except (KernelError, Restart) as error:
            if writer.sent:
                return writer.sent
            if isinstance(error, EPIPE):
                raise self.broken_pipe(writer.task, flags) from None
            raise
        finally:
            writer.scm.put()

    # Receiving.

    def recvmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Receive what there is; with MSG_WAITALL wait for all. 0 at the end."""
        if self.state != ESTABLISHED:
            raise EINVAL("it is not connected")
        if flags & MSG_OOB:
            return self._receive_urgent(msg, flags)
        reader = _Reader(self, msg, flags)
        if reader.read_some():
            return reader.finish()
        if flags & MSG_DONTWAIT:
            raise EAGAIN
        return self._receive_later(reader, flags)

    async def _receive_later(self, reader: _Reader, flags: int) -> int:
        patience = self.receive_patience(flags)
        while True:
            try:
                await patience.wait(self.read_wait)
                if reader.read_some():
                    return reader.finish()
            except (KernelError, Restart):
                if reader.copied:
                    return reader.finish()
                raise

    def _receive_urgent(self, msg: MsgHdr, flags: int) -> int:
        skb = self.urgent
        if skb is None or self.flag(SO_OOBINLINE):
            raise EINVAL("there is no urgent byte")
        if not flags & MSG_PEEK:
            self.urgent = None
        if msg.buffer.count:
            msg.buffer.copy_to(skb.data[skb.offset : skb.offset + 1])
        if not flags & MSG_PEEK:
            skb.offset += 1
        msg.flags |= MSG_OOB
        return 1

    def poll(self, waits: PollTable | None) -> int:
        """As all, and POLLPRI for an urgent byte."""
        return super().poll(waits) | (POLLPRI if self.urgent is not None else 0)

    def ioctl(self, task: Task, cmd: int, arg: int) -> Result:
        """SIOCATMARK too: whether the next byte is the urgent one."""
        if cmd != SIOCATMARK:
            return super().ioctl(task, cmd, arg)
        queue = self.receive_queue
        at_mark = bool(queue) and (queue[0] is self.urgent or not len(queue[0]))
        task.mm.write_u32(arg, at_mark)
        return 0


class _Writer:
    """One call that sends to a stream: see unix_stream_sendmsg. `scm` is what is still to go."""

    __slots__ = ("_msg", "_other", "_rest", "_socket", "_urgent", "scm", "sent", "task")

    def __init__(self, socket: UnixStream, msg: MsgHdr, flags: int, scm: Scm) -> None:
        self._socket = socket
        self._msg = msg
        self._urgent = bool(flags & MSG_OOB)
        self._rest = msg.buffer.count - self._urgent
        self._other: UnixStream | None = None
        self.task = msg.task
        self.scm = scm
        self.sent = 0

    def write_some(self) -> bool:
        """Send what there is room for; whether the call is done. EPIPE, ENOTCONN, EISCONN."""
        socket = self._socket
        other = self._other or self._begin()
        limit = min(PIECE_MAX, max(1, (socket.sndbuf >> 1) - 64))
        while self._rest:
            if socket.shutdown_mask & SEND_SHUTDOWN:
                return self._broken()
            if socket.wmem_alloc >= socket.sndbuf:
                return False
            if other.dead or other.shutdown_mask & RCV_SHUTDOWN:
                return self._broken()
            try:
                self._send(other, min(self._rest, limit))
            except EFAULT:
                if not self.sent:
                    raise
                return True
        if self._urgent:
            if other.dead or other.shutdown_mask & RCV_SHUTDOWN:
                return self._broken()
            self._rest, self._urgent = 1, False
            other.urgent = self._send(other, 1)
            send_sigurg(other)
        return True

    def _begin(self) -> UnixStream:
        socket, msg = self._socket, self._msg
        if self._rest < 0:
            raise EOPNOTSUPP("no urgent byte")
        if msg.name is not None and len(msg.name):
            raise EISCONN if socket.state == ESTABLISHED else EOPNOTSUPP("streams are connected")
        other = socket.other
        if other is None:
            raise ENOTCONN
        if socket.shutdown_mask & SEND_SHUTDOWN:
            raise EPIPE
        socket.take_error()
        assert isinstance(other, UnixStream)
        self._other = other
        return other

    def _broken(self) -> bool:
        if not self.sent:
            raise EPIPE
        return True

    def _send(self, other: UnixStream, size: int) -> SkBuff:
        socket = self._socket
        if self.scm.files:
            socket.unix.check_files(self.task, self.scm)
        data = self._msg.buffer.copy_from(size)
        scm = with_sender(self.scm, self.task, socket, other)
        self.scm = NO_SCM
        skb = SkBuff(data, socket.address, scm)
        skb.charge_sender(socket)
        other.receive_queue.append(skb)
        if scm.files:
            socket.unix.give_files(scm)
        other.data_ready()
        self.sent += len(data)
        self._rest -= len(data)
        return skb


class _Reader:
    """One call that receives from a stream: see unix_stream_read_generic."""

    __slots__ = ("_flags", "_msg", "_scm", "_skip", "_socket", "_target", "copied")

    def __init__(self, socket: UnixStream, msg: MsgHdr, flags: int) -> None:
        self._socket = socket
        self._msg = msg
        self._flags = flags
        size = msg.buffer.count
        self._target = size if flags & MSG_WAITALL else min(socket.rcvlowat, size) or 1
        self._skip = max(0, socket.peek_offset) if flags & MSG_PEEK else 0
        self._scm: Scm | None = None
        self.copied = 0

    def read_some(self) -> bool:
        """Take what there is; whether the call is done. An error of the socket is raised."""
        socket, buffer = self._socket, self._msg.buffer
        peek = self._flags & MSG_PEEK
        queue = socket.receive_queue
        place = 0
        skip = self._skip
        while True:
            skb = self._next(place)
            if skb is None:
                break
            length = len(skb)
            if skip >= length and peek:
                skip -= length
                place += 1
                continue
            if not self._accepts(skb.control):
                return True
            chunk = min(length - skip, buffer.count)
            if chunk and not self._copy(skb, skip, chunk):
                return True
            files = skb.control.files
            if peek:
                if files:
                    self._scm = skb.control.copy_files()
                    return True
                if not buffer.count:
                    return True
                skip = 0
                place += 1
                continue
            skb.offset += chunk
            if files:
                self._scm = socket.unix.take_files(skb.control)
                skb.control = Scm(skb.control.sender)
            if len(skb):
                return True
            queue.popleft()
            skb.free()
            if files or not buffer.count:
                return True
        if self.copied >= self._target:
            return True
        if not self.copied:
            socket.take_error()
        elif socket.error is not None:
            return True
        return bool(socket.shutdown_mask & RCV_SHUTDOWN)

    def _next(self, place: int) -> SkBuff | None:
        """The buffer at a place of the queue that may be read now: see manage_oob."""
        socket = self._socket
        queue = socket.receive_queue
        peek = self._flags & MSG_PEEK
        while place < len(queue):
            skb = queue[place]
            if not len(skb):  # where an urgent byte was taken
                if self.copied and socket.urgent is None:
                    return None
                if peek:
                    place += 1
                else:
                    queue.popleft().free()
                continue
            if skb is not socket.urgent:
                return skb
            if self.copied:
                return None
            if socket.flag(SO_OOBINLINE):
                if not peek:
                    socket.urgent = None
                return skb
            if peek:
                place += 1
            else:
                socket.urgent = None
                queue.popleft().free()
        return None

    def _accepts(self, scm: Scm) -> bool:
        """Whether bytes of this sender may follow those that were taken."""
        if self._scm is None:
            self._scm = Scm(scm.sender)
            return True
        asks = self._socket.flags & (1 << SO_PASSCRED | 1 << SO_PASSPIDFD)
        return not asks or self._scm.same_sender(scm)

    def _copy(self, skb: SkBuff, skip: int, chunk: int) -> bool:
        first = skb.offset + skip
        try:
            done = self._msg.buffer.copy_to(skb.data[first : first + chunk])
        except EFAULT:
            if not self.copied:
                raise
            return False
        if not self.copied and skb.address.raw:
            self._msg.address = skb.address
        self.copied += done
        return True

    def finish(self) -> int:
        """Give the control messages, and tell how many bytes were received."""
        socket, flags = self._socket, self._flags
        if flags & MSG_PEEK and socket.peek_offset >= 0:
            socket.peek_offset += self.copied
        elif not flags & MSG_PEEK and socket.peek_offset > 0:
            socket.peek_offset = max(0, socket.peek_offset - self.copied)
        if self._scm is not None:
            scm_recv(socket, self._msg, self._scm, flags)
        return self.copied
