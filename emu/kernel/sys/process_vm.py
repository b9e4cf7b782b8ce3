"""Other processes' memory: process_vm_readv(2) and process_vm_writev(2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from emu.arch.cpu import ACCESS_WRITE, PAGE_SIZE
from emu.kernel.args import IovecArg, Pid, Pointer, ULong
from emu.kernel.errno import EFAULT, EINVAL, ESRCH
from emu.kernel.ptrace_access import PTRACE_MODE_ATTACH, check_ptrace_access
from emu.kernel.sys.read_write import import_iovec, iovec_pieces
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uaccess import Buffer

Iovec = Annotated[int, IovecArg(length="liovcnt")]
OutIovec = Annotated[int, IovecArg(length="liovcnt", out=True)]
Copy = Callable[[Buffer, Task, int, int], int]
"""``copy(mine, other, address, size)``: how many bytes went."""


@syscall("sys_process_vm_readv")
def process_vm_readv(
    task: Task,
    pid: Pid,
    lvec: OutIovec,
    liovcnt: ULong,
    rvec: Pointer,
    riovcnt: ULong,
    flags: ULong,
) -> int:
    """Copy from another process's memory: how many bytes. See process_vm_readv(2)."""
    return transfer(task, pid, (lvec, liovcnt), (rvec, riovcnt), flags, _read)


@syscall("sys_process_vm_writev")
def process_vm_writev(
    task: Task,
    pid: Pid,
    lvec: Iovec,
    liovcnt: ULong,
    rvec: Pointer,
    riovcnt: ULong,
    flags: ULong,
) -> int:
    """Copy to another process's memory: how many bytes. See process_vm_writev(2)."""
    return transfer(task, pid, (lvec, liovcnt), (rvec, riovcnt), flags, _write)


def transfer(
    task: Task, pid: int, local: tuple[int, int], remote: tuple[int, int], flags: int, copy: Copy
) -> int:
    """Go through both lists of buffers, address and count, page by page.

    EINVAL, ESRCH, EPERM; EFAULT if nothing is copied.
    """
    if flags:
        raise EINVAL("there are no flags")
    mine = import_iovec(task, *local)
    theirs = iovec_pieces(task, *remote) if mine.count else []
    if not any(length for _, length in theirs):
        return 0
    other = task.kernel.tasks.get(pid)
    if other is None or not other.alive:
        raise ESRCH(f"no process {pid}")
    check_ptrace_access(task, other, PTRACE_MODE_ATTACH)
    done = 0
    try:
        for address, length in theirs:
            while length and mine.count:
                size = min(length, mine.count, PAGE_SIZE - address % PAGE_SIZE)
                copied = copy(mine, other, address, size)
                done += copied
                if copied < size:
                    return done
                address += size
                length -= size
    except EFAULT:
        if not done:
            raise
    return done


def _read(mine: Buffer, other: Task, address: int, size: int) -> int:
    return mine.copy_to(other.mm.read(address, size))


def _write(mine: Buffer, other: Task, address: int, size: int) -> int:
    other.mm.views(address, size, ACCESS_WRITE)
    data = mine.copy_from(size)
    other.mm.write(address, data)
    return len(data)
