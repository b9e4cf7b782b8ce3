"""What AF_UNIX sockets of all types share: names, connections, listening, options, polling."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EADDRINUSE,
    ECONNREFUSED,
    ECONNRESET,
    EEXIST,
    EINVAL,
    EISCONN,
    ENODATA,
    ENOTCONN,
    EOPNOTSUPP,
)
from emu.kernel.net.peer import Peer
from emu.kernel.net.socket import RCV_SHUTDOWN, SEND_SHUTDOWN, SHUTDOWN_MASK, Socket
from emu.kernel.net.unix.address import (
    UNNAMED,
    UnixAddress,
    asks_for_autobind,
    parse_address,
)
from emu.kernel.net.unix.scm import peer_pidfd
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.ioctl import FIONREAD, TIOCOUTQ
from emu.kernel.uapi.poll import (
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLRDHUP,
    POLLRDNORM,
    POLLWRBAND,
    POLLWRNORM,
)
from emu.kernel.uapi.socket import (
    AF_UNIX,
    SO_PASSCRED,
    SO_PASSPIDFD,
    SO_PEEK_OFF,
    SO_PEERPIDFD,
)
from emu.kernel.uapi.stat import S_IALLUGO, S_IFSOCK, S_IRWXUGO
from emu.kernel.vfs.create import filename_create
from emu.kernel.vfs.path import VfsPath
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.net.address import SockAddr
    from emu.kernel.net.skbuff import SkBuff
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.net.unix.family import UnixFamily
    from emu.kernel.task import Task
    from emu.kernel.vfs.file_operations import PollTable, Result
    from emu.kernel.vfs.inode import Inode

CLOSED, ESTABLISHED, LISTEN = range(3)
READABLE = POLLIN | POLLRDNORM
WRITABLE = POLLOUT | POLLWRNORM | POLLWRBAND


class UnixSocket(Socket):
    """An AF_UNIX socket.

    `other` is whom it is connected to; that one may be connected to another, or to nobody, if
    they are datagram sockets. `address` is its name and `path` the place of it, if it is a path.
    """

    connection_based = True

    def __init__(self, unix: UnixFamily, type: int, cred: Credentials) -> None:
        super().__init__(unix.net, AF_UNIX, type, 0, cred)
        self.unix = unix
        self.state = CLOSED
        self.other: UnixSocket | None = None
        self.address = UNNAMED
        self.path: VfsPath | None = None
        self.inode: Inode | None = None
        """The inode of its path, which may have lost its name."""
        self.peer_wait = WaitQueue()
        """Where those sleep who find its queue full."""
        self.blocked: dict[UnixSocket, None] = {}
        """Who was told that they cannot send because its queue is full, and polls."""
        self.backlog = unix.net.sysctls.max_dgram_qlen
        self.embryos: deque[UnixSocket] = deque()
        """Connections that nobody has accepted, in order."""
        self.dead = False
        self.peek_offset = -1
        self._peer: Peer | None = None
        unix.sockets[self] = None

    # Names.

    def bind(self, task: Task, address: SockAddr) -> None:
        """Take a path, an abstract name, or one that the kernel chooses. EADDRINUSE, EINVAL."""
        if asks_for_autobind(address):
            self.autobind()
            return
        name = parse_address(address)
        if name.is_abstract:
            if self.address.raw:
                raise EINVAL("it has a name")
            self._take_abstract(name)
            return
        self._take_path(task, name)

    def autobind(self) -> None:
        """Take a free abstract name, if it has none."""
        if not self.address.raw:
            self._take_abstract(self.unix.free_abstract_name(self.type))

    def _take_abstract(self, name: UnixAddress) -> None:
        key = (self.type, name.raw)
        if key in self.unix.abstract:
            raise EADDRINUSE("somebody has this name")
        self.unix.abstract[key] = self
        self.address = name

    def _take_path(self, task: Task, name: UnixAddress) -> None:
        """Make the socket's file: see unix_bind_bsd."""
        try:
            parent, dentry = filename_create(task, AT_FDCWD, name.path)
        except EEXIST:
            raise EADDRINUSE("there is a file of this name") from None
        if self.address.raw:
            raise EINVAL("it has a name")
        mode = self.file.inode.mode if self.file is not None else S_IRWXUGO
        mode = mode & S_IALLUGO & ~task.fs.umask | S_IFSOCK
        inode = parent.inode.mknod(dentry.name, mode, 0, task.cred)
        dentry.instantiate(inode)
        self.path = VfsPath(parent.mount, dentry)
        self.path.mount.open_files += 1
        self.inode = inode
        self.unix.by_inode[inode] = self
        self.address = name

    def autobind_for_credentials(self) -> None:
        """Who asks for credentials gets a name, so that the other side can answer."""
        if self.flags & (1 << SO_PASSCRED | 1 << SO_PASSPIDFD):
            self.autobind()

    def getname(self, peer: bool) -> UnixAddress:
        """The own name, or the peer's. ENOTCONN."""
        if not peer:
            return self.address
        if self.other is None:
            raise ENOTCONN
        return self.other.address

    # Connections, of streams and of sequenced packets.

    def socketpair(self, other: Socket) -> None:
        """Connect two new sockets with each other."""
        assert isinstance(other, UnixSocket)
        task = self.net.kernel.sched.current
        assert task is not None
        peer = Peer.of(task)
        for one, another in ((self, other), (other, self)):
            one.other, one.state, one._peer = another, ESTABLISHED, peer

    def listen(self, task: Task, backlog: int) -> None:
        """Wait for connections. EINVAL without a name, or connected."""
        if not self.connection_based:
            raise EOPNOTSUPP
        if not self.address.raw or self.state == ESTABLISHED:
            raise EINVAL("it has no name, or is connected")
        if backlog > self.backlog:
            self.peer_wait.wake_up_all()
        self.backlog = backlog
        self.state = LISTEN
        self._peer = Peer.of(task)

    def is_listening(self) -> bool:
        """See `Socket.is_listening`."""
        return self.state == LISTEN

    @property
    def peer(self) -> Peer | None:
        """Who connected, or who listened when it was connected."""
        return self._peer

    def connect(self, task: Task, address: SockAddr, flags: int) -> Result:
        """Connect to a listening socket, waiting while its queue is full. EAGAIN, ECONNREFUSED."""
        name = parse_address(address)
        self.autobind_for_credentials()
        listener = self._find_listener(task, name)
        if len(listener.embryos) > listener.backlog:
            return self._connect_later(task, name, listener, flags)
        self._join(task, listener)
        return 0

    async def _connect_later(
        self, task: Task, name: UnixAddress, listener: UnixSocket, flags: int
    ) -> int:
        patience = self.send_patience(flags)
        while len(listener.embryos) > listener.backlog:
            await patience.wait(listener.peer_wait)
            listener = self._find_listener(task, name)
        self._join(task, listener)
        return 0

    def _find_listener(self, task: Task, name: UnixAddress) -> UnixSocket:
        listener = self.unix.find(task, name, self.type)
        if listener.state != LISTEN or listener.shutdown_mask & RCV_SHUTDOWN:
            raise ECONNREFUSED("it does not listen")
        return listener

    def _join(self, task: Task, listener: UnixSocket) -> None:
        """Make the socket at the other end, which waits to be accepted."""
        if self.state != CLOSED:
            raise EISCONN if self.state == ESTABLISHED else EINVAL("it listens")
        new = type(self)(self.unix, self.type, listener.cred)
        new.other, self.other = self, new
        new.state = self.state = ESTABLISHED
        new._peer, self._peer = Peer.of(task), listener._peer
        new.address = listener.address
        new.path, new.inode = listener.path, listener.inode
        new.flags |= listener.flags & (1 << SO_PASSCRED | 1 << SO_PASSPIDFD)
        listener.embryos.append(new)
        listener.data_ready()

    def accept(self, task: Task, flags: int) -> Socket | Awaitable[Socket]:
        """Take the next connection. EINVAL if it does not listen, or is shut down."""
        if not self.connection_based:
            raise EOPNOTSUPP
        if self.state != LISTEN:
            raise EINVAL("it does not listen")
        self.take_error()
        if self.embryos:
            return self._accepted()
        if self.shutdown_mask & RCV_SHUTDOWN:
            raise EINVAL("it was shut down")
        return self._accept_later(flags)

    async def _accept_later(self, flags: int) -> Socket:
        patience = self.receive_patience(flags)
        while not self.embryos:
            await patience.wait(self.read_wait)
            self.take_error()
            if self.shutdown_mask & RCV_SHUTDOWN and not self.embryos:
                raise EINVAL("it was shut down")
        return self._accepted()

    def _accepted(self) -> Socket:
        new = self.embryos.popleft()
        self.peer_wait.wake_up_all()
        return new

    def shutdown(self, how: int) -> None:
        """Close a direction, and the same one at the other end."""
        mask = how + 1
        self.shutdown_mask |= mask
        other = self.other
        if other is not None and self.connection_based:
            if mask & RCV_SHUTDOWN:
                other.shutdown_mask |= SEND_SHUTDOWN
            if mask & SEND_SHUTDOWN:
                other.shutdown_mask |= RCV_SHUTDOWN
            other.state_change()
        self.state_change()

    def release(self) -> None:
        """Take it away; the other end sees the end, or ECONNRESET if something was not read."""
        self._close(embryo=False)
        self.unix.collect()

    def _close(self, embryo: bool) -> None:
        self.dead = True
        listening = self.state == LISTEN
        self.state = CLOSED
        self.shutdown_mask = SHUTDOWN_MASK
        self.unix.sockets.pop(self, None)
        self._forget_name()
        other, self.other = self.other, None
        self.peer_wait.wake_up_all()
        self.wake_blocked()
        if other is not None:
            other.blocked.pop(self, None)
            if self.connection_based:
                other.shutdown_mask = SHUTDOWN_MASK
                if self._has_unread() or embryo:
                    other.error = ECONNRESET
                other.state_change()
        if listening:
            embryos, self.embryos = self.embryos, deque()
            for new in embryos:
                new._close(embryo=True)
        while self.receive_queue:
            self.discard(self.receive_queue.popleft())

    def _forget_name(self) -> None:
        if self.address.is_abstract:
            key = (self.type, self.address.raw)
            if self.unix.abstract.get(key) is self:
                del self.unix.abstract[key]
        elif self.inode is not None and self.unix.by_inode.get(self.inode) is self:
            assert self.path is not None
            del self.unix.by_inode[self.inode]
            self.path.mount.open_files -= 1

    def _has_unread(self) -> bool:
        return any(len(skb) for skb in self.receive_queue)

    def discard(self, skb: SkBuff) -> None:
        """Throw a message away, with the files in it."""
        skb.free()
        self.unix.take_files(skb.control).put()

    # Polling.

    def poll(self, waits: PollTable | None) -> int:
        """See unix_poll."""
        self.watch(waits)
        events = self.error_events()
        if self.shutdown_mask == SHUTDOWN_MASK:
            events |= POLLHUP
        if self.shutdown_mask & RCV_SHUTDOWN:
            events |= POLLRDHUP | READABLE
        if self.receive_queue or self.embryos:
            events |= READABLE
        if self.connection_based and self.state == CLOSED:
            events |= POLLHUP
        if self.can_send():
            events |= WRITABLE
        return events

    def can_send(self) -> bool:
        """Whether a poll for output succeeds."""
        return self.state != LISTEN and self.is_writable

    def wake_blocked(self) -> None:
        """The queue has room: tell who polls to send here."""
        while self.blocked:
            sender, _ = self.blocked.popitem()
            sender.write_wait.wake_up_all(WRITABLE)

    # Options and commands.

    def set_option(self, task: Task, optname: int, value: OptionValue) -> bool:
        """SO_PEEK_OFF."""
        if optname != SO_PEEK_OFF:
            return False
        self.peek_offset = value.integer()
        return True

    def get_option(self, task: Task, optname: int, length: int) -> bytes | None:
        """SO_PEEK_OFF, SO_PEERPIDFD."""
        order = task.abi.isa.byte_order
        if optname == SO_PEEK_OFF:
            return struct.pack(f"{order}i", self.peek_offset)
        if optname == SO_PEERPIDFD:
            if self._peer is None:
                raise ENODATA("there is no peer")
            return struct.pack(f"{order}i", peer_pidfd(task, self._peer))
        return None

    def ioctl(self, task: Task, cmd: int, arg: int) -> Result:
        """SIOCINQ, SIOCOUTQ."""
        if cmd == TIOCOUTQ:
            task.mm.write_u32(arg, self.wmem_alloc)
            return 0
        if cmd == FIONREAD:
            if self.state == LISTEN:
                raise EINVAL("it listens")
            task.mm.write_u32(arg, self.unread())
            return 0
        return super().ioctl(task, cmd, arg)

    def unread(self) -> int:
        """How many bytes can be read at once: SIOCINQ."""
        return sum(map(len, self.receive_queue))

    def show_fdinfo(self) -> bytes:
        """How many files wait to be received."""
        files = sum(len(skb.control.files) for skb in self.receive_queue)
        return b"scm_fds: %u\n" % files
