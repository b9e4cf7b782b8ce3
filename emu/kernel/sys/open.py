"""Opening and closing: open(2), openat2(2), creat(2), close(2), close_range(2)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.args import Fd, Mode, Path, Size, UInt
from emu.kernel.errno import EINVAL
from emu.kernel.sys.file_kinds import OpenFlags, OpenHowPointer
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import (
    AT_FDCWD,
    O_CLOEXEC,
    O_CREAT,
    O_LARGEFILE,
    O_PATH,
    O_TRUNC,
    O_WRONLY,
    RESOLVE_BENEATH,
    RESOLVE_IN_ROOT,
    VALID_RESOLVE_FLAGS,
)
from emu.kernel.uapi.fs import CLOSE_RANGE_CLOEXEC, CLOSE_RANGE_UNSHARE
from emu.kernel.user_struct import copy_struct_from_user
from emu.kernel.vfs.fdtable import fd_install
from emu.kernel.vfs.file import File
from emu.kernel.vfs.open import build_open_how, open_how

if TYPE_CHECKING:
    from emu.arch.abi import Abi

OFF_T_32 = frozenset({"i386", "arm-eabi", "arm-oabi", "mips-o32"})
"""ABIs with a 32-bit off_t (CONFIG_ARCH_32BIT_OFF_T): only they must ask for O_LARGEFILE."""

OPEN_HOW_SIZE_VER0 = 24


@syscall("sys_open")
def open(task: Task, filename: Path, flags: OpenFlags, mode: Mode) -> int | Awaitable[int]:
    """Open a file by name. See open(2)."""
    return openat(task, AT_FDCWD, filename, flags, mode)


@syscall("sys_openat")
def openat(
    task: Task, dfd: Fd, filename: Path, flags: OpenFlags, mode: Mode
) -> int | Awaitable[int]:
    """Open a file by name, seen from a directory. See open(2)."""
    if task.abi.name not in OFF_T_32:
        flags |= O_LARGEFILE
    opening = open_how(task, dfd, filename, build_open_how(flags, mode))
    return install_opened(task, opening, bool(flags & O_CLOEXEC))


@syscall("sys_creat")
def creat(task: Task, pathname: Path, mode: Mode) -> int | Awaitable[int]:
    """Make or empty a file and open it for writing. See creat(2)."""
    return openat(task, AT_FDCWD, pathname, O_CREAT | O_WRONLY | O_TRUNC, mode)


@syscall("sys_openat2")
def openat2(
    task: Task, dfd: Fd, filename: Path, how: OpenHowPointer, usize: Size
) -> int | Awaitable[int]:
    """Open with rules for the walk: all RESOLVE_ flags. See openat2(2)."""
    if usize < OPEN_HOW_SIZE_VER0:
        raise EINVAL("struct open_how is larger")
    given = copy_struct_from_user(task.mm, how.address, usize, how.layout)
    flags = how.flags(given["flags"])
    resolve = given["resolve"]
    if resolve & ~VALID_RESOLVE_FLAGS:
        raise EINVAL("unknown resolve flag")
    if resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT) == RESOLVE_BENEATH | RESOLVE_IN_ROOT:
        raise EINVAL("beneath and in root exclude each other")
    if task.abi.name not in OFF_T_32 and not flags & O_PATH:
        flags |= O_LARGEFILE
    checked = build_open_how(flags, given["mode"], resolve, strict=True)
    opening = open_how(task, dfd, filename, checked)
    return install_opened(task, opening, bool(flags & O_CLOEXEC))


@syscall("sys_close")
def close(task: Task, fd: Fd) -> int:
    """Close a descriptor. See close(2)."""
    task.files.close(fd)
    return 0


@syscall("sys_close_range")
def close_range(task: Task, fd: UInt, max_fd: UInt, flags: UInt) -> int:
    """Close descriptors, or mark them to be closed on exec. See close_range(2)."""
    if flags & ~(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE):
        raise EINVAL("unknown flag")
    if fd > max_fd:
        raise EINVAL("the range is empty")
    if flags & CLOSE_RANGE_UNSHARE and task.files.users > 1:
        shared = task.files
        task.files = shared.fork()
        shared.put()
    if flags & CLOSE_RANGE_CLOEXEC:
        task.files.cloexec_range(fd, max_fd)
    else:
        task.files.close_range(fd, max_fd)
    return 0


def install_opened(
    task: Task, opening: File | Awaitable[File], cloexec: bool
) -> int | Awaitable[int]:
    """Give a task a descriptor for what it opens, which may have to be awaited. EMFILE."""
    if isinstance(opening, File):
        return fd_install(task, opening, cloexec=cloexec)
    return _opened_later(task, opening, cloexec)


async def _opened_later(task: Task, opening: Awaitable[File], cloexec: bool) -> int:
    return fd_install(task, await opening, cloexec=cloexec)


def has_32bit_off_t(abi: Abi) -> bool:
    """Whether plain calls of this ABI have a 32-bit off_t."""
    return abi.name in OFF_T_32
