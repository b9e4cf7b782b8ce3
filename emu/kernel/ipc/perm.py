"""Who may do what with an IPC object. See struct kern_ipc_perm and ipc/util.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.errno import EACCES, EPERM
from emu.kernel.uapi.capability import CAP_IPC_OWNER, CAP_SYS_ADMIN

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task

S_IRUGO = 0o444
S_IWUGO = 0o222
S_IXUGO = 0o111
S_IRWXUGO = 0o777


class IpcObject:
    """What a shared memory segment, a semaphore set and a message queue have in common.

    `id`, `seq` and `index` are given by the `IpcIds` that keeps it; `key` is IPC_PRIVATE for
    one that cannot be found by a key. Times are seconds since the epoch.
    """

    def __init__(self, task: Task, key: int, mode: int) -> None:
        self.key = key
        self.mode = mode & S_IRWXUGO
        cred = task.cred
        self.uid = self.cuid = cred.euid
        self.gid = self.cgid = cred.egid
        self.id = self.index = self.seq = -1
        self.ctime = now(task)
        self.removed = False

    def check(self, cred: Credentials, wanted: int) -> None:
        """EACCES unless the mode grants the bits of `wanted` (of any class): see ipcperms."""
        wanted = wanted >> 6 | wanted >> 3 | wanted
        granted = self.mode
        if cred.euid in (self.cuid, self.uid):
            granted >>= 6
        elif cred.in_group(self.cgid) or cred.in_group(self.gid):
            granted >>= 3
        if wanted & ~granted & 7 and not cred.capable(CAP_IPC_OWNER):
            raise EACCES(f"mode {self.mode & S_IRWXUGO:o} of {self.uid}:{self.gid} forbids it")

    def check_owner(self, cred: Credentials) -> None:
        """EPERM unless the caller owns or made it: see ipcctl_obtain_check."""
        if cred.euid not in (self.cuid, self.uid) and not cred.capable(CAP_SYS_ADMIN):
            raise EPERM("another user's object")

    def change(self, task: Task, uid: int, gid: int, mode: int) -> None:
        """Give it to somebody else and set its mode: see ipc_update_perm."""
        self.uid, self.gid = uid, gid
        self.mode = self.mode & ~S_IRWXUGO | mode & S_IRWXUGO
        self.ctime = now(task)


def now(task: Task) -> int:
    """The time that IPC objects note."""
    return task.kernel.clock.realtime_ns() // NSEC_PER_SEC
