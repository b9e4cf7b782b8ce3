"""One end of a communication, whatever the family: what families implement and what they share.

`Socket` is the kernel's struct socket, struct sock and struct proto_ops in one: a family's socket
is a subclass. Its methods are the operations; those that a family does not have answer as the
kernel's sock_no_* functions do. How a family is found is in `emu.kernel.net.namespace`.

The rules for an operation:

* It raises errors, and answers an int or nothing where it does not sleep; where it sleeps it
  answers an awaitable. The common case should not make a coroutine.
* It sleeps by `Patience`, made from `receive_patience(flags)` or `send_patience(flags)`, which know
  timeouts and O_NONBLOCK: ``patience = self.receive_patience(flags); await patience.wait(queue)``.
* Whoever makes the socket readable calls `data_ready`, who makes room calls `write_space`, and who
  changes its state (connected, shut down, failed) calls `state_change`. These wake sleepers,
  polls and epolls, and send SIGIO.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EAGAIN,
    ENOTTY,
    EOPNOTSUPP,
    EPIPE,
    KernelError,
)
from emu.kernel.fs.pipefs import broken_pipe
from emu.kernel.net.owner import send_sigio
from emu.kernel.net.patience import Patience
from emu.kernel.net.skbuff import SkBuffQueue
from emu.kernel.uapi.fcntl import FASYNC
from emu.kernel.uapi.poll import POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRBAND, POLLWRNORM
from emu.kernel.uapi.socket import (
    MSG_DONTWAIT,
    MSG_NOSIGNAL,
)
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.net.address import Address, SockAddr
    from emu.kernel.net.filter import SocketFilter
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.namespace import Net
    from emu.kernel.net.peer import Peer
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import PollTable, Result

ErrorClass = type[KernelError]

RCV_SHUTDOWN = 1
SEND_SHUTDOWN = 2
SHUTDOWN_MASK = 3


class Socket:
    """A socket. `file` is its open file, or None until accept(2) gives it one.

    `flags` holds the options that are on or off, a bit for each SO_ number. Timeouts of None are
    for ever. `error` is reported once, by the next call: see sk_err.
    """

    keeps_stamps = False
    """Whether SIOCGSTAMP tells when the last message arrived: see sock_gettstamp."""

    def __init__(self, net: Net, family: int, type: int, protocol: int, cred: Credentials) -> None:
        self.net = net
        self.family = family
        self.type = type
        self.protocol = protocol
        self.cred = cred
        self.cookie = net.new_cookie()
        self.file: File | None = None
        self.async_fd = 0
        """The descriptor that signals of its readiness name."""
        self.flags = 0
        self.shutdown_mask = 0
        self.error: ErrorClass | None = None
        self.read_wait = WaitQueue()
        """Where receivers and accepters sleep, and who waits for a connection."""
        self.write_wait = WaitQueue()
        """Where senders sleep until there is room."""
        self.receive_queue = SkBuffQueue()
        self.sndbuf: int = net.sysctls.wmem_default
        self.rcvbuf: int = net.sysctls.rmem_default
        self.wmem_alloc = self.rmem_alloc = 0
        """How much of the buffers is used: see `SkBuff.charge_sender`."""
        self.rcvlowat: int = 1
        self.rcvtimeo_ns: int | None = None
        self.sndtimeo_ns: int | None = None
        self.linger: int | None = None
        """Seconds of SO_LINGER, if it is on."""
        self.priority: int = 0
        self.mark: int = 0
        self.filter: SocketFilter | None = None
        """Looks at what comes: SO_ATTACH_FILTER."""
        self.bound_dev_if: int = 0
        self.drops = 0
        self.stamp_ns = 0
        """When the last message that was received arrived, if SO_TIMESTAMP or its like is on."""
        self.values: dict[int, int] = {}
        """Options that are kept for getsockopt(2) alone."""

    # The operations of a family: struct proto_ops.

    def release(self) -> None:
        """The last descriptor is gone."""

    def bind(self, task: Task, address: SockAddr) -> None:
        """Give it a name."""
        raise EOPNOTSUPP

    def connect(self, task: Task, address: SockAddr, flags: int) -> Result:
        """Connect, or set where datagrams go. `flags` may hold MSG_DONTWAIT."""
        raise EOPNOTSUPP

    def socketpair(self, other: Socket) -> None:
        """Connect two new sockets with each other."""
        raise EOPNOTSUPP

    def listen(self, task: Task, backlog: int) -> None:
        """Wait for connections, `backlog` of them at most (as large as an unsigned int)."""
        raise EOPNOTSUPP

    def accept(self, task: Task, flags: int) -> Socket | Awaitable[Socket]:
        """Take the next connection. `flags` may hold MSG_DONTWAIT."""
        raise EOPNOTSUPP

    def getname(self, peer: bool) -> Address:
        """The own address, or the peer's. ENOTCONN."""
        raise EOPNOTSUPP

    def shutdown(self, how: int) -> None:
        """Close one direction, or both: SHUT_RD, SHUT_WR, SHUT_RDWR."""
        raise EOPNOTSUPP

    def sendmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Send: how many bytes. `flags` are MSG_ flags; O_NONBLOCK is MSG_DONTWAIT there."""
        raise EOPNOTSUPP

    def recvmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Receive: how many bytes, or with MSG_TRUNC how many there were."""
        raise EOPNOTSUPP

    def poll(self, waits: PollTable | None) -> int:
        """What would not block now. See `watch`."""
        self.watch(waits)
        return self.error_events()

    def ioctl(self, task: Task, cmd: int, arg: int) -> Result:
        """A command that is not for all sockets. ENOTTY, which sends it to the network devices."""
        raise ENOTTY

    def setsockopt(self, task: Task, level: int, optname: int, value: OptionValue) -> None:
        """Set an option of a level other than SOL_SOCKET."""
        raise EOPNOTSUPP

    def getsockopt(self, task: Task, level: int, optname: int, length: int) -> bytes:
        """The value of an option of such a level; `length` is the room of the caller.

        What is longer than that is cut.
        """
        raise EOPNOTSUPP

    def set_option(self, task: Task, optname: int, value: OptionValue) -> bool:
        """A SOL_SOCKET option that the family does otherwise than others: whether it did."""
        return False

    def get_option(self, task: Task, optname: int, length: int) -> bytes | None:
        """The value of a SOL_SOCKET option that the family answers otherwise, else None."""
        return None

    def is_listening(self) -> bool:
        """SO_ACCEPTCONN."""
        return False

    @property
    def peer(self) -> Peer | None:
        """Who is at the other end, for SO_PEERCRED: who connected or listened."""
        return None

    def set_keepalive(self, on: bool) -> None:
        """SO_KEEPALIVE was set."""

    def show_fdinfo(self) -> bytes:
        """Lines of the family for /proc/PID/fdinfo."""
        return b""

    # What families use.

    def flag(self, option: int) -> bool:
        """Whether an option that is on or off is on."""
        return bool(self.flags >> option & 1)

    def set_flag(self, option: int, on: bool) -> None:
        """Turn it on or off."""
        self.flags = self.flags | 1 << option if on else self.flags & ~(1 << option)

    def take_error(self) -> None:
        """Raise the error that the socket has met, once: see sock_error."""
        error = self.error
        if error is not None:
            self.error = None
            raise error

    def fail(self, error: ErrorClass) -> None:
        """Meet an error: the next call reports it."""
        self.error = error
        self.read_wait.wake_up_all(POLLERR)
        self.write_wait.wake_up_all(POLLERR)

    def receive_patience(self, flags: int) -> Patience:
        """For sleeping as a receiver. EAGAIN if it must not."""
        if flags & MSG_DONTWAIT:
            raise EAGAIN
        return Patience(self.net.kernel.clock, self.rcvtimeo_ns)

    def send_patience(self, flags: int) -> Patience:
        """For sleeping as a sender. EAGAIN if it must not."""
        if flags & MSG_DONTWAIT:
            raise EAGAIN
        return Patience(self.net.kernel.clock, self.sndtimeo_ns)

    def data_ready(self) -> None:
        """There is something to receive or accept."""
        self.read_wait.wake_up_all(POLLIN | POLLRDNORM)
        self.wake_async("POLL_IN")

    def write_space(self) -> None:
        """There is room to send again: told when a quarter of it is free or more."""
        if self.is_writable:
            self.write_wait.wake_up_all(POLLOUT | POLLWRNORM | POLLWRBAND)
            self.wake_async("POLL_OUT")

    def state_change(self) -> None:
        """It was connected, shut down, or met an error."""
        self.read_wait.wake_up_all()
        self.write_wait.wake_up_all()
        self.wake_async("POLL_HUP" if self.shutdown_mask == SHUTDOWN_MASK else "POLL_IN")

    def wake_async(self, code: str) -> None:
        """Send SIGIO to the owner if O_ASYNC is set: `code` is POLL_IN, POLL_OUT or POLL_HUP."""
        if self.file is not None and self.file.flags & FASYNC:
            send_sigio(self, code)

    @property
    def is_writable(self) -> bool:
        """Whether a poll for output succeeds: at most a quarter of the send buffer is used."""
        return self.wmem_alloc << 2 <= self.sndbuf

    def watch(self, waits: PollTable | None) -> None:
        """Name the queues that tell of its changes, for a poll."""
        if waits is not None:
            waits += (self.read_wait, self.write_wait)

    def error_events(self) -> int:
        """The poll event of an error."""
        return POLLERR if self.error is not None else 0

    def broken_pipe(self, task: Task, flags: int) -> EPIPE:
        """The error for sending what nobody can receive, with SIGPIPE unless MSG_NOSIGNAL."""
        return EPIPE("nobody can receive") if flags & MSG_NOSIGNAL else broken_pipe(task)

    def drop_receive_queue(self) -> None:
        """Throw away what was not read."""
        while self.receive_queue:
            self.receive_queue.popleft().free()
