"""Rights of memory: mprotect(2), and protection keys as on a CPU without them."""

from __future__ import annotations

from emu.kernel.args import Int, Pointer, Size, ULong
from emu.kernel.errno import EINVAL, ENOSPC, ENOSYS
from emu.kernel.sys.mmap import Prot
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.personality import READ_IMPLIES_EXEC

PKEY_ACCESS_MASK = 3
NO_PKEY = -1


@syscall("sys_mprotect")
def mprotect(task: Task, start: Pointer, len: Size, prot: Prot) -> int:
    """Change the rights of memory. See mprotect(2)."""
    return _mprotect(task, start, len, prot)


@syscall("sys_pkey_mprotect")
def pkey_mprotect(task: Task, start: Pointer, len: Size, prot: Prot, pkey: Int) -> int:
    """Change the rights of memory, and its key: none can be had. See pkey_mprotect(2)."""
    _need_pkeys(task)
    if pkey != NO_PKEY:
        raise EINVAL("the key was not allocated")
    return _mprotect(task, start, len, prot)


@syscall("sys_pkey_alloc")
def pkey_alloc(task: Task, flags: ULong, init_val: ULong) -> int:
    """Get a protection key: there are none to be had. See pkey_alloc(2)."""
    _need_pkeys(task)
    if flags or init_val & ~PKEY_ACCESS_MASK:
        raise EINVAL("unknown flags or access rights")
    raise ENOSPC("the CPU has no protection keys")


@syscall("sys_pkey_free")
def pkey_free(task: Task, pkey: Int) -> int:
    """Give a protection key back: none was had. See pkey_free(2)."""
    _need_pkeys(task)
    raise EINVAL("the key was not allocated")


def _mprotect(task: Task, start: int, length: int, prot: int) -> int:
    mm = task.mm
    mm.read_implies_exec = bool(task.attributes.personality & READ_IMPLIES_EXEC)
    mm.mprotect(start, length, prot)
    return 0


def _need_pkeys(task: Task) -> None:
    """ENOSYS on architectures whose kernels know no protection keys."""
    if not task.abi.name.startswith(("x", "i386", "arm64")):
        raise ENOSYS("no protection keys on this architecture")
