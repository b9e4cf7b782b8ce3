"""AF_UNIX datagrams, and sequenced packets, which are datagrams of a connection. See unix(7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EAGAIN,
    ECONNREFUSED,
    ECONNRESET,
    EINVAL,
    EMSGSIZE,
    ENOTCONN,
    EOPNOTSUPP,
    EPERM,
    EPIPE,
)
from emu.kernel.net.datagram import copy_datagram, receive_datagram
from emu.kernel.net.filter import FilteredPacket
from emu.kernel.net.skbuff import SkBuff
from emu.kernel.net.socket import RCV_SHUTDOWN, SEND_SHUTDOWN
from emu.kernel.net.times import STAMPS, put_timestamps
from emu.kernel.net.unix.address import FAMILY_SIZE, UnixAddress, parse_address
from emu.kernel.net.unix.scm import Scm, scm_recv, scm_send, with_sender
from emu.kernel.net.unix.socket import CLOSED, ESTABLISHED, UnixSocket
from emu.kernel.uapi.socket import AF_UNSPEC, MSG_DONTWAIT, MSG_OOB, MSG_PEEK

if TYPE_CHECKING:
    from emu.kernel.net.address import SockAddr
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.patience import Patience
    from emu.kernel.task import Task
    from emu.kernel.vfs.file_operations import Result

OVERHEAD = 32
"""What a message may be shorter than the send buffer by."""


class UnixDatagram(UnixSocket):
    """A datagram socket: whoever may write its file may send to it, unless it is connected."""

    connection_based = False

    # Connecting is choosing whom to send to and hear.

    def connect(self, task: Task, address: SockAddr, flags: int) -> Result:
        """Send to one socket and hear only that one, or with AF_UNSPEC to none. EPERM."""
        if len(address) < FAMILY_SIZE:
            raise EINVAL("no family")
        if address.family == AF_UNSPEC:
            self._set_other(None)
            self.state = CLOSED
            return 0
        name = parse_address(address)
        self.autobind_for_credentials()
        other = self.unix.find(task, name, self.type)
        if not self._may_send_to(other):
            raise EPERM("it hears another")
        self.state = other.state = ESTABLISHED
        self._set_other(other)
        return 0

    def _set_other(self, other: UnixSocket | None) -> None:
        old, self.other = self.other, other
        if old is not None and old is not other:
            old.blocked.pop(self, None)
            self._disconnected(old)

    def _disconnected(self, old: UnixSocket) -> None:
        """What the old peer sent is lost; if it hears only this socket, it meets an error."""
        if not self.receive_queue:
            return
        while self.receive_queue:
            self.discard(self.receive_queue.popleft())
        self.peer_wait.wake_up_all()
        self.wake_blocked()
        if not old.dead and old.other is self:
            old.fail(ECONNRESET)

    def _may_send_to(self, other: UnixSocket) -> bool:
        return other.other is None or other.other is self

    def can_send(self) -> bool:
        """Whether there is room, and at the one it is connected to."""
        if not super().can_send():
            return False
        other = self.other
        if other is None or not _is_full(self, other):
            return True
        other.blocked[self] = None
        return False

    # Sending.

    def sendmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Send one message, waiting while the receiver's queue is full. EMSGSIZE, EAGAIN, EPIPE."""
        scm = scm_send(msg.task, msg.control)
        try:
            if flags & MSG_OOB:
                raise EOPNOTSUPP("datagrams are not urgent")
            name = self._destination(msg)
            self.autobind_for_credentials()
            if msg.buffer.count > self.sndbuf - OVERHEAD:
                raise EMSGSIZE
            self._check_sending()
            if self.wmem_alloc >= self.sndbuf:
                return self._send_later(msg, name, scm, flags)
            data = msg.buffer.copy_from(msg.buffer.count)
            other = self._receiver(msg.task, name)
            if other is not self and _is_full(self, other):
                return self._send_later(msg, name, scm, flags, data)
            return self._deliver(msg.task, other, data, scm)
        except BaseException:
            scm.put()
            raise

    def _destination(self, msg: MsgHdr) -> UnixAddress | None:
        if msg.name is not None and len(msg.name):
            return parse_address(msg.name)
        if self.other is None:
            raise ENOTCONN
        return None

    def _check_sending(self) -> None:
        self.take_error()
        if self.shutdown_mask & SEND_SHUTDOWN:
            raise EPIPE

    def _receiver(self, task: Task, name: UnixAddress | None) -> UnixSocket:
        """Who receives. ECONNREFUSED, ECONNRESET, EPERM; EPIPE if it was shut down."""
        other = self.other if name is None else self.unix.find(task, name, self.type)
        if other is None:
            raise ECONNRESET
        if not self._may_send_to(other):
            raise EPERM("it hears another")
        if other.dead:
            self._lost(other)
        if other.shutdown_mask & RCV_SHUTDOWN:
            raise EPIPE
        return other

    def _lost(self, other: UnixSocket) -> None:
        """The peer is gone."""
        self.other = None
        self.state = CLOSED
        self._disconnected(other)
        raise ECONNREFUSED("the peer was closed")

    def _deliver(self, task: Task, other: UnixSocket, data: bytes, scm: Scm) -> int:
        self.unix.check_files(task, scm)
        scm = with_sender(scm, task, self, other)
        count = len(data)
        if other.filter is not None:
            passed = other.filter.cut(data, FilteredPacket(data))
            if passed is None:
                scm.put()
                return count  # the sender is not told
            data = passed
        skb = SkBuff(data, self.address, scm)
        skb.charge_sender(self)
        if any(other.flag(option) for option in STAMPS):
            skb.stamp_ns = self.net.kernel.clock.realtime_ns()
        other.receive_queue.append(skb)
        self.unix.give_files(scm)
        other.data_ready()
        return count

    async def _send_later(
        self,
        msg: MsgHdr,
        name: UnixAddress | None,
        scm: Scm,
        flags: int,
        data: bytes | None = None,
    ) -> int:
        try:
            if data is None:
                patience = self.send_patience(flags)
                while self.wmem_alloc >= self.sndbuf:
                    await patience.wait(self.write_wait)
                    self._check_sending()
                data = msg.buffer.copy_from(msg.buffer.count)
            other = await self._receiver_with_room(msg.task, name, flags)
            return self._deliver(msg.task, other, data, scm)
        except BaseException:
            scm.put()
            raise

    async def _receiver_with_room(
        self, task: Task, name: UnixAddress | None, flags: int
    ) -> UnixSocket:
        patience: Patience | None = None
        while True:
            other = self._receiver(task, name)
            if other is self or not _is_full(self, other):
                return other
            if flags & MSG_DONTWAIT:
                if self.other is other:
                    other.blocked[self] = None
                raise EAGAIN
            patience = patience or self.send_patience(flags)
            await patience.wait(other.peer_wait)

    # Receiving.

    def recvmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Receive one message; what there is no room for is lost."""
        if flags & MSG_OOB:
            raise EOPNOTSUPP("datagrams are not urgent")
        return receive_datagram(self, flags, lambda skb: self._received(msg, flags, skb))

    def _received(self, msg: MsgHdr, flags: int, skb: SkBuff) -> int:
        peek = flags & MSG_PEEK
        skip = max(0, self.peek_offset) if peek else 0
        if peek and skip:
            skb, skip = self._at_offset(skip)
        else:
            self.peer_wait.wake_up_all()
        if not peek:
            self.receive_queue.popleft()
            self.wake_blocked()
        scm: Scm = skb.control
        try:
            copied = copy_datagram(skb, msg, flags, skip)
        except BaseException:
            if not peek:
                self.discard(skb)
            raise
        if skb.address.raw:
            msg.address = skb.address
        if skb.stamp_ns:
            put_timestamps(self, msg, skb.stamp_ns)
        if peek:
            if self.peek_offset >= 0:
                self.peek_offset += copied
            scm = scm.copy_files() if scm.files else Scm(scm.sender)
        else:
            skb.free()
            self.unix.take_files(scm)
        scm_recv(self, msg, scm, flags)
        return copied

    def _at_offset(self, skip: int) -> tuple[SkBuff, int]:
        """The message at the offset to peek at, and where in it. EAGAIN."""
        for skb in self.receive_queue:
            if skip < len(skb) or (not skip and not len(skb)):
                return skb, skip
            skip -= len(skb)
        raise EAGAIN("nothing is so far behind")

    def unread(self) -> int:
        """The size of the first message: SIOCINQ."""
        return len(self.receive_queue[0]) if self.receive_queue else 0


class UnixSeqpacket(UnixDatagram):
    """Packets of a connection, made as a stream's is."""

    connection_based = True

    def connect(self, task: Task, address: SockAddr, flags: int) -> Result:
        """Connect to a listening socket."""
        return UnixSocket.connect(self, task, address, flags)

    def sendmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Send one packet to the other end. ENOTCONN."""
        self.take_error()
        if self.state != ESTABLISHED:
            raise ENOTCONN
        msg.name = None
        return super().sendmsg(msg, flags)

    def recvmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Receive one packet; 0 at the end. ENOTCONN."""
        if self.state != ESTABLISHED:
            raise ENOTCONN
        try:
            return super().recvmsg(msg, flags)
        except EAGAIN:
            if self.shutdown_mask & RCV_SHUTDOWN:
                return 0
            raise

    def _lost(self, other: UnixSocket) -> None:
        raise EPIPE

    def unread(self) -> int:
        """All that is there: SIOCINQ."""
        return UnixSocket.unread(self)


def _is_full(sender: UnixSocket, receiver: UnixSocket) -> bool:
    """Whether the receiver's queue has no room for this sender; its own peer always may."""
    return receiver.other is not sender and len(receiver.receive_queue) > receiver.backlog
