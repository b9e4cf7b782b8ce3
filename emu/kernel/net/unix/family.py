"""The AF_UNIX sockets of one machine: their names, and files that travel between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import (
    ECONNREFUSED,
    ENOSPC,
    EPROTONOSUPPORT,
    EPROTOTYPE,
    ESOCKTNOSUPPORT,
    ETOOMANYREFS,
)
from emu.kernel.net.sockfs import is_socket
from emu.kernel.net.unix.address import UnixAddress
from emu.kernel.net.unix.socket import UnixSocket
from emu.kernel.uapi.capability import CAP_SYS_ADMIN, CAP_SYS_RESOURCE
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.socket import AF_UNIX, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET, SOCK_STREAM
from emu.kernel.uapi.stat import S_IFMT, S_IFSOCK
from emu.kernel.vfs.fdtable import open_file_limit
from emu.kernel.vfs.namei import path_lookup
from emu.kernel.vfs.permission import MAY_WRITE, inode_permission

if TYPE_CHECKING:
    from emu.kernel.net.namespace import Net
    from emu.kernel.net.unix.scm import Scm
    from emu.kernel.task import Task
    from emu.kernel.vfs.inode import Inode

COLLECT_ABOVE = 1000
"""How many sockets may be in messages before one looks for those that nobody can reach."""

AUTOBIND_NAMES = 1 << 20
"""How many names autobind has: five hexadecimal digits."""


class UnixFamily:
    """All AF_UNIX sockets of a machine.

    `sockets` are all that live, accepted or not.
    """

    def __init__(self, net: Net) -> None:
        self.net = net
        self.sockets: dict[UnixSocket, None] = {}
        self.abstract: dict[tuple[int, bytes], UnixSocket] = {}
        self.by_inode: dict[Inode, UnixSocket] = {}
        self.inflight: dict[UnixSocket, int] = {}
        """Sockets whose files are in messages, and how many times."""
        self.waiting_files: dict[int, int] = {}
        """How many files wait in the messages of each user."""
        self._last_autobind = net.kernel.random.randrange(AUTOBIND_NAMES)

    def create(self, task: Task, type: int, protocol: int) -> UnixSocket:
        """See `emu.kernel.net.namespace.NetProtoFamily`."""
        if protocol not in (0, AF_UNIX):
            raise EPROTONOSUPPORT(f"AF_UNIX has no protocol {protocol}")
        if type == SOCK_STREAM:
            from emu.kernel.net.unix.stream import UnixStream

            return UnixStream(self, type, task.cred)
        from emu.kernel.net.unix.dgram import UnixDatagram, UnixSeqpacket

        if type in (SOCK_DGRAM, SOCK_RAW):
            return UnixDatagram(self, SOCK_DGRAM, task.cred)
        if type == SOCK_SEQPACKET:
            return UnixSeqpacket(self, type, task.cred)
        raise ESOCKTNOSUPPORT(f"AF_UNIX has no type {type}")

    def find(self, task: Task, address: UnixAddress, type: int) -> UnixSocket:
        """The socket of a name. ECONNREFUSED if there is none, EPROTOTYPE; the path's errors."""
        if address.is_abstract:
            found = self.abstract.get((type, address.raw))
            if found is None:
                raise ECONNREFUSED("nobody has this name")
            return found
        path = path_lookup(task, AT_FDCWD, address.path)
        inode = path.inode
        inode_permission(task.cred, inode, MAY_WRITE)
        found = self.by_inode.get(inode) if inode.mode & S_IFMT == S_IFSOCK else None
        if found is None:
            raise ECONNREFUSED("no socket listens there")
        if found.type != type:
            raise EPROTOTYPE("a socket of another type")
        inode.touch_atime()
        return found

    def check_files(self, task: Task, scm: Scm) -> None:
        """Whether a user may let more files wait: see too_many_unix_fds. ETOOMANYREFS."""
        waiting = self.waiting_files.get(scm.uid, 0) if scm.files else 0
        if waiting <= open_file_limit(task):
            return
        if not (task.cred.capable(CAP_SYS_RESOURCE) or task.cred.capable(CAP_SYS_ADMIN)):
            raise ETOOMANYREFS("the user's messages hold as many files as a process may open")

    def give_files(self, scm: Scm) -> None:
        """A message with files begins to wait: the sockets among them are in flight."""
        if not scm.files:
            return
        self.waiting_files[scm.uid] = self.waiting_files.get(scm.uid, 0) + len(scm.files)
        for file in scm.files:
            if is_socket(file) and isinstance(file.private_data, UnixSocket):
                socket = file.private_data
                self.inflight[socket] = self.inflight.get(socket, 0) + 1
        if len(self.inflight) > COLLECT_ABOVE:
            self.collect()

    def collect(self) -> None:
        """Throw away sockets that nobody can reach any more."""
        if self.inflight:
            from emu.kernel.net.unix.garbage import collect_garbage

            collect_garbage(self)

    def take_files(self, scm: Scm) -> Scm:
        """The message waits no longer."""
        if scm.files:
            self.waiting_files[scm.uid] -= len(scm.files)
        for file in scm.files:
            if is_socket(file) and isinstance(file.private_data, UnixSocket):
                socket = file.private_data
                self.inflight[socket] -= 1
                if not self.inflight[socket]:
                    del self.inflight[socket]
        return scm

    def free_abstract_name(self, type: int) -> UnixAddress:
        """A name that nobody has: NUL and five hexadecimal digits. ENOSPC."""
        for _ in range(AUTOBIND_NAMES):
            self._last_autobind = (self._last_autobind + 1) % AUTOBIND_NAMES
            name = b"\0%05x" % self._last_autobind
            if (type, name) not in self.abstract:
                return UnixAddress(name)
        raise ENOSPC("all names are taken")


def net_family(net: Net) -> UnixFamily:
    """AF_UNIX for a machine."""
    return UnixFamily(net)
