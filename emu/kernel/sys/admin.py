"""What an administrator turns on and off: swapon(2), swapoff(2), acct(2), quotactl(2).

There is nothing to swap to, no accounting and no quotas; the calls say so as Linux does.
"""

from __future__ import annotations

from collections.abc import Awaitable

from emu.kernel.args import Int, OptionalPath, Path, Pointer, UInt
from emu.kernel.errno import EACCES, EINVAL, ENODEV, ENOSYS, ENOTBLK, EPERM
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_ADMIN, CAP_SYS_PACCT
from emu.kernel.uapi.fcntl import AT_FDCWD, O_LARGEFILE, O_RDWR
from emu.kernel.vfs.file import File
from emu.kernel.vfs.namei import path_lookup
from emu.kernel.vfs.open import do_open

SWAP_FLAGS_VALID = 0x7FFFF
MAXQUOTAS = 3
SUBCMDMASK, SUBCMDSHIFT = 0xFF, 8
Q_SYNC = 0x800001


@syscall("sys_swapon", missing="swapping")
def swapon(task: Task, specialfile: Path, swap_flags: Int) -> int | Awaitable[int]:
    """Swap to a device or file; nothing here can be swapped to. See swapon(2)."""
    if swap_flags & ~SWAP_FLAGS_VALID:
        raise EINVAL("unknown flag")
    return _no_swap(task, specialfile)


@syscall("sys_swapoff")
def swapoff(task: Task, specialfile: Path) -> int | Awaitable[int]:
    """Swap no longer to a device or file; nobody does. See swapoff(2)."""
    return _no_swap(task, specialfile)


@syscall("sys_acct", missing="accounting: ENOSYS, as without CONFIG_BSD_PROCESS_ACCT")
def acct(task: Task, name: OptionalPath) -> int:
    """Record every process that ends in a file, or with NULL no longer. See acct(2)."""
    if not task.cred.capable(CAP_SYS_PACCT):
        raise EPERM("accounting needs CAP_SYS_PACCT")
    if name is None:
        return 0
    if not path_lookup(task, AT_FDCWD, name).inode.is_regular:
        raise EACCES("only regular files")
    raise ENOSYS("there is no accounting")


@syscall("sys_quotactl", missing="quotas: no file system has them, as without CONFIG_QUOTA")
def quotactl(task: Task, cmd: UInt, special: OptionalPath, id: Int, addr: Pointer) -> int:
    """Ask or change quotas of a device. See quotactl(2)."""
    if cmd & SUBCMDMASK >= MAXQUOTAS:
        raise EINVAL("no such kind of quota")
    if special is None:
        if cmd >> SUBCMDSHIFT == Q_SYNC:
            return 0
        raise ENODEV
    path_lookup(task, AT_FDCWD, special)
    raise ENOTBLK("no block device has a file system here")


@syscall("sys_quotactl_fd", missing="quotas: no file system has them, as without CONFIG_QUOTA")
def quotactl_fd(task: Task, fd: UInt, cmd: UInt, id: Int, addr: Pointer) -> int:
    """quotactl of the file system that a descriptor is on."""
    task.files.raw(fd)
    if cmd & SUBCMDMASK >= MAXQUOTAS:
        raise EINVAL("no such kind of quota")
    raise ENOSYS("no file system has quotas here")


def _no_swap(task: Task, name: bytes) -> int | Awaitable[int]:
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM("swapping needs CAP_SYS_ADMIN")
    opening = do_open(task, AT_FDCWD, name, O_RDWR | O_LARGEFILE)
    if isinstance(opening, File):
        return _refuse(opening)
    return _refuse_later(opening)


async def _refuse_later(opening: Awaitable[File]) -> int:
    return _refuse(await opening)


def _refuse(file: File) -> int:
    file.put()
    raise EINVAL("nothing that is or can be swapped to")
