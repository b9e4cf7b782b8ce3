"""Making, moving and removing names: mkdir(2), unlink(2), rename(2), link(2), symlink(2) ..."""

from __future__ import annotations

from emu.kernel.args import Fd, Mode, OptionalPath, Path, UInt
from emu.kernel.errno import EFAULT, EINVAL
from emu.kernel.sys.file_kinds import AtFlags
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW
from emu.kernel.vfs import create, remove
from emu.kernel.vfs.dev import new_decode_dev
from emu.kernel.vfs.rename import rename as vfs_rename


@syscall("sys_mkdir")
def mkdir(task: Task, pathname: Path, mode: Mode) -> int:
    """Make a directory. See mkdir(2)."""
    return mkdirat(task, AT_FDCWD, pathname, mode)


@syscall("sys_mkdirat")
def mkdirat(task: Task, dfd: Fd, pathname: Path, mode: Mode) -> int:
    """Make a directory, seen from another. See mkdirat(2)."""
    create.mkdir(task, dfd, pathname, mode)
    return 0


@syscall("sys_mknod")
def mknod(task: Task, filename: Path, mode: Mode, dev: UInt) -> int:
    """Make a file, named pipe, socket or device. See mknod(2)."""
    return mknodat(task, AT_FDCWD, filename, mode, dev)


@syscall("sys_mknodat")
def mknodat(task: Task, dfd: Fd, filename: Path, mode: Mode, dev: UInt) -> int:
    """mknod seen from a directory. See mknodat(2)."""
    create.mknod(task, dfd, filename, mode, new_decode_dev(dev))
    return 0


@syscall("sys_symlink")
def symlink(task: Task, oldname: Path, newname: Path) -> int:
    """Make a symbolic link. See symlink(2)."""
    return symlinkat(task, oldname, AT_FDCWD, newname)


@syscall("sys_symlinkat")
def symlinkat(task: Task, oldname: Path, newdfd: Fd, newname: Path) -> int:
    """Make a symbolic link, seen from a directory. See symlinkat(2)."""
    create.symlink(task, oldname, newdfd, newname)
    return 0


@syscall("sys_link")
def link(task: Task, oldname: Path, newname: Path) -> int:
    """Give a file another name. See link(2)."""
    return linkat(task, AT_FDCWD, oldname, AT_FDCWD, newname, 0)


@syscall("sys_linkat")
def linkat(
    task: Task, olddfd: Fd, oldname: OptionalPath, newdfd: Fd, newname: Path, flags: AtFlags
) -> int:
    """link seen from directories, also of an open file without a name. See linkat(2)."""
    if flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH):
        raise EINVAL("unknown flag")
    empty = bool(flags & AT_EMPTY_PATH)
    if oldname is None and not empty:
        raise EFAULT("null file name")
    create.link(
        task,
        olddfd,
        oldname or b"",
        newdfd,
        newname,
        follow=bool(flags & AT_SYMLINK_FOLLOW),
        empty=empty,
    )
    return 0


@syscall("sys_unlink")
def unlink(task: Task, pathname: Path) -> int:
    """Remove a name. See unlink(2)."""
    remove.unlink(task, AT_FDCWD, pathname)
    return 0


@syscall("sys_rmdir")
def rmdir(task: Task, pathname: Path) -> int:
    """Remove an empty directory. See rmdir(2)."""
    remove.rmdir(task, AT_FDCWD, pathname)
    return 0


@syscall("sys_unlinkat")
def unlinkat(task: Task, dfd: Fd, pathname: Path, flag: AtFlags) -> int:
    """unlink, or rmdir with AT_REMOVEDIR, seen from a directory. See unlinkat(2)."""
    if flag & ~AT_REMOVEDIR:
        raise EINVAL("unknown flag")
    (remove.rmdir if flag else remove.unlink)(task, dfd, pathname)
    return 0


@syscall("sys_rename")
def rename(task: Task, oldname: Path, newname: Path) -> int:
    """Move a name. See rename(2)."""
    vfs_rename(task, AT_FDCWD, oldname, AT_FDCWD, newname)
    return 0


@syscall("sys_renameat")
def renameat(task: Task, olddfd: Fd, oldname: Path, newdfd: Fd, newname: Path) -> int:
    """Move a name, seen from directories. See renameat(2)."""
    vfs_rename(task, olddfd, oldname, newdfd, newname)
    return 0


@syscall("sys_renameat2")
def renameat2(task: Task, olddfd: Fd, oldname: Path, newdfd: Fd, newname: Path, flags: UInt) -> int:
    """Move a name, replace nothing, or exchange two. See renameat2(2)."""
    vfs_rename(task, olddfd, oldname, newdfd, newname, flags)
    return 0
