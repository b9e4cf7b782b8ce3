"""Files and credentials that travel with messages. See unix(7), net/core/scm.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EMFILE, EPERM, ESRCH
from emu.kernel.fs.pidfd import create_pidfd
from emu.kernel.net.msghdr import Cmsg
from emu.kernel.net.peer import NOBODY_ID, OVERFLOW_ID, Peer
from emu.kernel.uapi.capability import CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN
from emu.kernel.uapi.socket import (
    MSG_CMSG_CLOEXEC,
    MSG_CTRUNC,
    SCM_CREDENTIALS,
    SCM_MAX_FD,
    SCM_PIDFD,
    SCM_RIGHTS,
    SO_PASSCRED,
    SO_PASSPIDFD,
    SOL_SOCKET,
)
from emu.kernel.vfs.fdtable import fd_install
from emu.record import record, replace

if TYPE_CHECKING:
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.socket import Socket
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File

INT = 4
UCRED = 12


@record(frozen=False)
class Scm:
    """What comes with a message: the sender, if anybody wants to know, and files.

    Each file is counted once for the message; `put` gives them back.
    """

    sender: Peer | None = None
    files: tuple[File, ...] = ()
    uid: int = 0
    """Whose the files are while they wait."""

    def same_sender(self, other: Scm) -> bool:
        """Whether bytes of both may be received at once."""
        return identity(self.sender) == identity(other.sender)

    def copy_files(self) -> Scm:
        """The same for one more receiver: MSG_PEEK gives new descriptors too."""
        for file in self.files:
            file.get()
        return replace(self)

    def put(self) -> None:
        """Nobody received the files."""
        files, self.files = self.files, ()
        for file in files:
            file.put()


NO_SCM = Scm()
"""What comes with most messages; it holds no files ever."""


def scm_send(task: Task, control: tuple[Cmsg, ...]) -> Scm:
    """What a sender's control messages mean. EINVAL, EBADF, EPERM, ESRCH."""
    if not control:
        return NO_SCM
    scm = Scm(uid=task.cred.uid)
    try:
        for cmsg in control:
            if cmsg.level == SOL_SOCKET:
                _take_cmsg(task, scm, cmsg)
    except BaseException:
        scm.put()
        raise
    return scm


def _take_cmsg(task: Task, scm: Scm, cmsg: Cmsg) -> None:
    if cmsg.type == SCM_RIGHTS:
        count = len(cmsg.data) // INT
        if count > SCM_MAX_FD or len(scm.files) + count > SCM_MAX_FD:
            raise EINVAL("too many descriptors")
        order = task.abi.isa.byte_order
        for (fd,) in struct.iter_unpack(f"{order}i", cmsg.data[: count * INT]):
            scm.files += (task.files.raw(fd).get(),)
    elif cmsg.type == SCM_CREDENTIALS:
        if len(cmsg.data) != UCRED:
            raise EINVAL("not a struct ucred")
        pid, uid, gid = struct.unpack(f"{task.abi.isa.byte_order}iII", cmsg.data)
        scm.sender = _checked_sender(task, pid, uid, gid)
    else:
        raise EINVAL(f"no control message {cmsg.type} can be sent")


def _checked_sender(task: Task, pid: int, uid: int, gid: int) -> Peer:
    """Who a sender says it is. EPERM unless it is so or it may lie; ESRCH."""
    cred = task.cred
    if NOBODY_ID in (uid, gid):
        raise EINVAL("no id")
    if not (
        (pid == task.tgid or cred.capable(CAP_SYS_ADMIN))
        and (uid in (cred.uid, cred.euid, cred.suid) or cred.capable(CAP_SETUID))
        and (gid in (cred.gid, cred.egid, cred.sgid) or cred.capable(CAP_SETGID))
    ):
        raise EPERM("the credentials of somebody else")
    process = task.group if pid == task.tgid else task.kernel.process(pid)
    if process is None:
        raise ESRCH(f"no process {pid}")
    return Peer(pid, uid, gid, leader=process.leader)


def with_sender(scm: Scm, task: Task, sender: Socket, receiver: Socket) -> Scm:
    """Add who sends if either side asks for credentials: see maybe_add_creds."""
    wanted = 1 << SO_PASSCRED | 1 << SO_PASSPIDFD
    if scm.sender is not None:
        return scm
    if not (sender.flags | receiver.flags) & wanted and receiver.file is not None:
        return scm
    cred = task.cred
    peer = Peer(task.tgid, cred.uid, cred.gid, leader=task.group.leader)
    return Scm(peer, scm.files, scm.uid)


def scm_recv(receiver: Socket, msg: MsgHdr, scm: Scm, flags: int) -> None:
    """Give a receiver what came with a message; what there is no room for is lost."""
    asks = receiver.flags & (1 << SO_PASSCRED | 1 << SO_PASSPIDFD)
    if not asks and not scm.files:
        return
    if not msg.wants_control:
        msg.flags |= MSG_CTRUNC
        scm.put()
        return
    sender = scm.sender
    if receiver.flag(SO_PASSCRED):
        told = sender or Peer(0, OVERFLOW_ID, OVERFLOW_ID)
        msg.put_cmsg(SOL_SOCKET, SCM_CREDENTIALS, told.pack(msg.order))
    if scm.files:
        _receive_files(msg, scm, flags)
    if receiver.flag(SO_PASSPIDFD):
        _receive_pidfd(msg, sender)


def _receive_files(msg: MsgHdr, scm: Scm, flags: int) -> None:
    task = msg.task
    room = msg.room_for(INT)
    cloexec = bool(flags & MSG_CMSG_CLOEXEC)
    fds: list[int] = []
    try:
        for file in scm.files[:room]:
            fds.append(fd_install(task, file.get(), cloexec=cloexec))
    except EMFILE:
        pass
    if fds:
        order = task.abi.isa.byte_order
        msg.put_cmsg(SOL_SOCKET, SCM_RIGHTS, struct.pack(f"{order}{len(fds)}i", *fds))
    if len(fds) < len(scm.files):
        msg.flags |= MSG_CTRUNC
    scm.put()


def _receive_pidfd(msg: MsgHdr, sender: Peer | None) -> None:
    if not msg.room_for(INT):
        msg.flags |= MSG_CTRUNC
        return
    fd = peer_pidfd(msg.task, sender)
    msg.put_cmsg(SOL_SOCKET, SCM_PIDFD, struct.pack(f"{msg.order}i", fd))


def peer_pidfd(task: Task, peer: Peer | None) -> int:
    """A new pidfd of a process, or the negative number of an error: ESRCH, EMFILE."""
    number = task.abi.errno
    if peer is None or peer.leader is None:
        return -number["ESRCH"]
    try:
        return fd_install(task, create_pidfd(task, peer.leader), cloexec=True)
    except EMFILE:
        return -number["EMFILE"]


def identity(sender: Peer | None) -> tuple[int, int, int] | None:
    """What tells one sender from another."""
    return None if sender is None else (sender.pid, sender.uid, sender.gid)
