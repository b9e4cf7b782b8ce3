"""/proc/sysvipc: what ipcs(1) reads. See the sysvipc_*_proc_show functions in ipc/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.rows import Table, TableDirectory, text
from emu.kernel.ipc.perm import S_IRWXUGO
from emu.kernel.uapi.ipc import SHM_DEST, SHM_LOCKED

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

SHM_HEADER = (
    "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid"
    "      atime      dtime      ctime                   rss                  swap\n"
)
SEM_HEADER = (
    "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n"
)
MSG_HEADER = (
    "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid"
    "      stime      rtime      ctime\n"
)
PAGE_BYTES = 4096


SYSVIPC: Table = {
    b"msg": text("sysvipc:show_msg"),
    b"sem": text("sysvipc:show_sem"),
    b"shm": text("sysvipc:show_shm"),
}


def sysvipc_directory(parent: TableDirectory, mode: int, ino: int) -> TableDirectory:
    """/proc/sysvipc."""
    return TableDirectory(parent.sb, parent.subject, SYSVIPC, mode, ino=ino)


def show_shm(kernel: Kernel) -> bytes:
    """A line for each segment."""
    mode = S_IRWXUGO | SHM_DEST | SHM_LOCKED
    lines = [
        f"{s.key:10d} {s.id:10d}  {s.mode & mode:4o} {s.size:21d} {s.cpid:5d} {s.lpid:5d}  "
        f"{s.nattch:5d} {s.uid:5d} {s.gid:5d} {s.cuid:5d} {s.cgid:5d} "
        f"{s.atime:10d} {s.dtime:10d} {s.ctime:10d} {s.resident_pages * PAGE_BYTES:21d} {0:21d}\n"
        for s in kernel.ipc.shm
    ]
    return "".join([SHM_HEADER, *lines]).encode()


def show_sem(kernel: Kernel) -> bytes:
    """A line for each set."""
    lines = [
        f"{s.key:10d} {s.id:10d}  {s.mode:4o} {len(s):10d} {s.uid:5d} {s.gid:5d} {s.cuid:5d} "
        f"{s.cgid:5d} {s.otime:10d} {s.ctime:10d}\n"
        for s in kernel.ipc.sem
    ]
    return "".join([SEM_HEADER, *lines]).encode()


def show_msg(kernel: Kernel) -> bytes:
    """A line for each queue."""
    lines = [
        f"{q.key:10d} {q.id:10d}  {q.mode:4o}  {q.cbytes:10d} {len(q.messages):10d} "
        f"{q.lspid:5d} {q.lrpid:5d} {q.uid:5d} {q.gid:5d} {q.cuid:5d} {q.cgid:5d} "
        f"{q.stime:10d} {q.rtime:10d} {q.ctime:10d}\n"
        for q in kernel.ipc.msg
    ]
    return "".join([MSG_HEADER, *lines]).encode()
