"""TCP's sockets: what one knows, and which part does what. See tcp_sock, tcp.c.

The state machine is in `input`, what is sent in `output`, timers in `timer`; `connect`, `send` and
`receive` are the calls of programs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENOTCONN, KernelError
from emu.kernel.net.inet.sock import InetSocket
from emu.kernel.net.socket import RCV_SHUTDOWN, SEND_SHUTDOWN
from emu.kernel.net.tcp import close, connect, listen, receive, send
from emu.kernel.net.tcp.byte_queue import ByteQueue
from emu.kernel.net.tcp.info import get_tcp_option
from emu.kernel.net.tcp.input import segment_arrives
from emu.kernel.net.tcp.options import TcpOptions, set_tcp_option
from emu.kernel.net.tcp.segment import DEFAULT_MSS, distance
from emu.kernel.net.tcp.timer import Timers
from emu.kernel.uapi.ioctl import FIONREAD, TIOCOUTQ
from emu.kernel.uapi.poll import (
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLPRI,
    POLLRDHUP,
    POLLRDNORM,
    POLLWRNORM,
)
from emu.kernel.uapi.socket import (
    SO_OOBINLINE,
    SO_RCVBUF,
    SO_RCVBUFFORCE,
    SO_SNDBUF,
    SO_SNDBUFFORCE,
    SOL_TCP,
)
from emu.kernel.uapi.sockios import SIOCATMARK, SIOCOUTQNSD
from emu.kernel.uapi.tcp import TCP_CLOSE, TCP_LISTEN, TCP_SYN_RECV, TCP_SYN_SENT

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.net.address import Address, SockAddr
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.inet.icmp import IcmpError
    from emu.kernel.net.inet.packet import IpPacket
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.socket import Socket
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.net.stack import Stack
    from emu.kernel.net.tcp.segment import Segment
    from emu.kernel.net.tcp.table import Four
    from emu.kernel.task import Task
    from emu.kernel.vfs.file_operations import PollTable, Result

ErrorClass = type[KernelError]

INITIAL_WINDOW = 65536
INITIAL_CWND = 10
PRIVATE_BACKLOG = 4096


class TcpSocket(InetSocket):
    """One end of a connection, or a listener.

    Names of sequence variables are those of RFC 9293. `outgoing` begins at ``snd_una``: what was
    sent and not acknowledged, then what is to be sent, up to ``write_seq``. `incoming` begins at
    ``copied_seq``. `partner` is the other end if it is on this machine: bytes then go from queue to
    queue, see `emu.kernel.net.tcp.direct`.
    """

    def __init__(
        self, stack: Stack, family: int, type: int, protocol: int, cred: Credentials
    ) -> None:
        super().__init__(stack, family, type, protocol, cred)
        self.state = TCP_CLOSE
        self.iss = self.snd_una = self.snd_nxt = self.write_seq = 0
        self.snd_wnd = self.snd_wl1 = self.snd_wl2 = self.max_window = 0
        self.irs = self.rcv_nxt = self.rcv_adv = self.copied_seq = 0
        self.snd_wscale = self.rcv_wscale = 0
        self.mss = self.advmss = self.peer_mss = DEFAULT_MSS
        self.stamp_recent = 0
        self.outgoing = ByteQueue()
        self.incoming = ByteQueue()
        self.out_of_order: dict[int, tuple[bytes, bool]] = {}
        self.fin_queued = False
        self.partner: TcpSocket | None = None
        # Urgent data: where the mark of what is sent and received is.
        self.snd_up: int | None = None
        self.urg_seq: int | None = None
        self.urg_data: int | None = None
        self.urg_read = False
        # Congestion control.
        self.cwnd = INITIAL_CWND
        self.ssthresh = 0x7FFFFFFF
        self.dup_acks = 0
        self.recover: int | None = None
        self.acked_in_cwnd = 0
        self.timers = Timers(self)
        self.options = TcpOptions()
        self.soft_error: ErrorClass | None = None
        # A listener's.
        self.backlog = 0
        self.accept_queue: deque[TcpSocket] = deque()
        self.syn_queue: dict[TcpSocket, None] = {}
        self.listener: TcpSocket | None = None
        self.accepted: Callable[[TcpSocket], None] | None = None
        """Takes connections in the place of a program."""
        self.orphan = False
        """Whether no program has it any more: it lives until the connection has ended."""
        self.time_wait_ns = 0
        self.sndbuf = stack.sysctls.tcp_wmem[1]
        self.rcvbuf = stack.sysctls.tcp_rmem[1]
        self.window_limit = INITIAL_WINDOW
        self.window_read = 0
        self.bytes_acked = self.bytes_received = 0
        self.segs_out = self.segs_in = self.data_segs_out = self.data_segs_in = 0
        self.retransmits_total = 0
        self.answered_ns = 0
        self.last_sent_ns = self.last_received_ns = 0

    @property
    def four(self) -> Four:
        """What identifies the connection."""
        return self.local, self.local_port, self.remote, self.remote_port

    @property
    def unsent(self) -> int:
        """How many bytes have not been sent for the first time."""
        sent = distance(self.snd_una, self.snd_nxt)
        if self.fin_queued and self.snd_nxt == (self.write_seq + 1) % (1 << 32):
            sent -= 1
        return len(self.outgoing) - min(sent, len(self.outgoing))

    @property
    def room(self) -> int:
        """How many bytes a sender may add."""
        return self.sndbuf - len(self.outgoing)

    # What comes from the network.

    def receive(self, frame: Frame, packet: IpPacket, segment: Segment) -> None:
        """A segment has come."""
        segment_arrives(self, frame, packet, segment)

    def icmp_error(self, error: IcmpError) -> None:
        """An ICMP error has come: fatal only before the connection is."""
        if self.state in (TCP_SYN_SENT, TCP_SYN_RECV):
            close.abort(self, error.error)
        else:
            self.soft_error = error.error

    def destroy(self) -> None:
        """It is closed, whatever it was: no table knows it, and no timer."""
        close.destroy(self)

    # The calls.

    def release(self) -> None:
        """See `Socket.release`."""
        close.release(self)

    def bind(self, task: Task, address: SockAddr) -> None:
        """See `Socket.bind`."""
        wanted = self.parse_bind(task, address)
        if self.state != TCP_CLOSE or self.has_port:
            raise EINVAL("it is bound or connected")
        old = self.local
        self.local = wanted.address
        try:
            self.stack.tcp.bind(self, wanted.port)
        except BaseException:
            self.local = old
            raise
        self.is_bound = True

    def connect(self, task: Task, address: SockAddr, flags: int) -> Result:
        """See `Socket.connect`."""
        return connect.connect(self, address, flags)

    def listen(self, task: Task, backlog: int) -> None:
        """See `Socket.listen`."""
        listen.listen(self, backlog)

    def listen_privately(self, accepted: Callable[[TcpSocket], None]) -> None:
        """Take connections that the table leads here, for a function of the kernel's."""
        self.state, self.backlog, self.accepted = TCP_LISTEN, PRIVATE_BACKLOG, accepted

    def accept(self, task: Task, flags: int) -> Socket | Awaitable[Socket]:
        """See `Socket.accept`."""
        return listen.accept(self, flags)

    def shutdown(self, how: int) -> None:
        """See `Socket.shutdown`."""
        close.shutdown(self, how)

    def sendmsg(self, msg: MsgHdr, flags: int) -> Result:
        """See `Socket.sendmsg`."""
        return send.sendmsg(self, msg, flags)

    def recvmsg(self, msg: MsgHdr, flags: int) -> Result:
        """See `Socket.recvmsg`."""
        return receive.recvmsg(self, msg, flags)

    def getname(self, peer: bool) -> Address:
        """See `Socket.getname`; who is no longer connected has no peer."""
        if peer and self.state in (TCP_CLOSE, TCP_SYN_SENT):
            raise ENOTCONN
        return super().getname(peer)

    def is_listening(self) -> bool:
        """See `Socket.is_listening`."""
        return self.state == TCP_LISTEN

    def poll(self, waits: PollTable | None) -> int:
        """See tcp_poll."""
        self.watch(waits)
        if self.state == TCP_LISTEN:
            return POLLIN | POLLRDNORM if self.accept_queue else 0
        events = 0
        shut = self.shutdown_mask
        if shut == RCV_SHUTDOWN | SEND_SHUTDOWN or self.state == TCP_CLOSE:
            events |= POLLHUP
        if shut & RCV_SHUTDOWN:
            events |= POLLIN | POLLRDNORM | POLLRDHUP
        if self.state not in (TCP_SYN_SENT, TCP_SYN_RECV):
            if receive.available(self) >= self.rcvlowat:
                events |= POLLIN | POLLRDNORM
            if shut & SEND_SHUTDOWN or self.is_writable:
                events |= POLLOUT | POLLWRNORM
            if self.urg_data is not None:
                events |= POLLPRI
        return events | self.error_events()

    @property
    def is_writable(self) -> bool:
        """See sk_stream_is_writeable: a third of the buffer is free."""
        queued = len(self.outgoing)
        lowat = self.options.notsent_lowat
        return self.sndbuf - queued >= queued >> 1 and (not lowat or self.unsent < lowat)

    def ioctl(self, task: Task, cmd: int, arg: int) -> Result:
        """How much can be received, is not acknowledged, is not sent; whether at the mark."""
        match cmd:
            case int() if cmd == FIONREAD:
                self._not_listening()
                answer = receive.available(self)
            case int() if cmd == SIOCATMARK:
                answer = self.urg_seq is not None and self.urg_seq == self.copied_seq
            case int() if cmd == TIOCOUTQ:
                self._not_listening()
                answer = len(self.outgoing)
            case int() if cmd == SIOCOUTQNSD:
                self._not_listening()
                answer = self.unsent
            case _:
                return super().ioctl(task, cmd, arg)
        task.mm.write_u32(arg, int(answer))
        return 0

    def _not_listening(self) -> None:
        if self.state == TCP_LISTEN:
            raise EINVAL("it listens")

    def setsockopt(self, task: Task, level: int, optname: int, value: OptionValue) -> None:
        """See `Socket.setsockopt`."""
        if level == SOL_TCP:
            set_tcp_option(self, task, optname, value)
        else:
            super().setsockopt(task, level, optname, value)

    def getsockopt(self, task: Task, level: int, optname: int, length: int) -> bytes:
        """See `Socket.getsockopt`."""
        if level == SOL_TCP:
            return get_tcp_option(self, task, optname, length)
        return super().getsockopt(task, level, optname, length)

    def set_option(self, task: Task, optname: int, value: OptionValue) -> bool:
        """Buffers of a size that somebody chose do not grow by themselves."""
        if optname in (SO_SNDBUF, SO_SNDBUFFORCE):
            self.options.sndbuf_locked = True
        elif optname in (SO_RCVBUF, SO_RCVBUFFORCE):
            self.options.rcvbuf_locked = True
        return False

    def set_keepalive(self, on: bool) -> None:
        """See `Socket.set_keepalive`."""
        self.timers.set_keepalive(on)

    @property
    def oob_inline(self) -> bool:
        """Whether urgent data stays in the stream."""
        return self.flag(SO_OOBINLINE)
