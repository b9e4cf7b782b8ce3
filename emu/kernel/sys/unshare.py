"""Parting from what clone(2) shared: unshare(2); joining it again: setns(2)."""

from __future__ import annotations

from emu.kernel.args import Fd, Int
from emu.kernel.errno import EINVAL
from emu.kernel.fork import check_namespaces
from emu.kernel.ipc.sem_undo import exit_sem
from emu.kernel.sys.clone import CloneFlags
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.clone import (
    CLONE_FILES,
    CLONE_FS,
    CLONE_NEW_ANYTHING,
    CLONE_NEWNS,
    CLONE_SIGHAND,
    CLONE_SYSVSEM,
    CLONE_THREAD,
    CLONE_VM,
)
from emu.kernel.vfs.fdtable import unshare_files

KNOWN = (
    CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_SYSVSEM
    | CLONE_NEW_ANYTHING
)  # fmt: skip


@syscall("sys_unshare", missing="namespaces but those of mounts")
def unshare(task: Task, unshare_flags: CloneFlags) -> int:
    """Have files, working directory, mounts or semaphore undo of one's own. See unshare(2).

    Memory, signal handlers and the process itself cannot be unshared, only not be shared.
    """
    if unshare_flags & ~KNOWN:
        raise EINVAL("unknown flag")
    # A mount namespace of one's own is no use with a shared root.
    check_namespaces(task, unshare_flags & ~CLONE_FS)
    if unshare_flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM):
        if len(task.group.threads) > 1:
            raise EINVAL("there are other threads")
        if unshare_flags & (CLONE_SIGHAND | CLONE_VM) and task.mm.users > 1:
            raise EINVAL("the memory is another process's, too")
    if unshare_flags & CLONE_NEWNS:
        task.fs = task.fs.with_own_mounts()
    elif unshare_flags & CLONE_FS:
        task.fs = task.fs.fork()
    if unshare_flags & CLONE_FILES:
        unshare_files(task)
    if unshare_flags & CLONE_SYSVSEM:
        exit_sem(task)
    return 0


@syscall("sys_setns", missing="joining namespaces: EINVAL for each")
def setns(task: Task, fd: Fd, nstype: Int) -> int:
    """Join a namespace by its file. See setns(2).

    There is no file of a namespace here yet, and so none to join.
    """
    _ = task.files[fd]
    raise EINVAL("not the file of a namespace")
