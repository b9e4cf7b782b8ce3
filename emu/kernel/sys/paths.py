"""Asking about paths, and where a task is: readlink(2), access(2), getcwd(2), chroot(2) ..."""

from __future__ import annotations

from emu.kernel.args import Fd, Int, Mode, OptionalPath, OutBuffer, Path, ULong
from emu.kernel.cred import Credentials
from emu.kernel.errno import EACCES, EFAULT, EINVAL, ENOENT, ENOTDIR, EPERM, ERANGE, EROFS
from emu.kernel.sys.file_kinds import AtFlags, OutPath
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_CHROOT
from emu.kernel.uapi.fcntl import (
    AT_EACCESS,
    AT_EMPTY_PATH,
    AT_FDCWD,
    AT_SYMLINK_NOFOLLOW,
)
from emu.kernel.uapi.mount import MS_NOEXEC
from emu.kernel.vfs.mount import touch_atime
from emu.kernel.vfs.namei import (
    LOOKUP_DIRECTORY,
    LOOKUP_EMPTY,
    LOOKUP_FOLLOW,
    path_lookup,
)
from emu.kernel.vfs.path import VfsPath, d_path, file_name
from emu.kernel.vfs.permission import MAY_EXEC, MAY_WRITE, inode_permission
from emu.record import replace

PATH_MAX = 4096


@syscall("sys_readlink")
def readlink(task: Task, path: Path, buf: OutPath, size: Int) -> int:
    """The text of a symbolic link, without a NUL. See readlink(2)."""
    return readlinkat(task, AT_FDCWD, path, buf, size)


@syscall("sys_readlinkat")
def readlinkat(task: Task, dfd: Fd, pathname: Path, buf: OutPath, size: Int) -> int:
    """readlink seen from a directory; the empty name is *dfd* itself. See readlinkat(2)."""
    if size <= 0:
        raise EINVAL("no room")
    path = path_lookup(task, dfd, pathname, LOOKUP_EMPTY)
    inode = path.inode
    if not inode.is_symlink:
        raise EINVAL("not a symbolic link") if pathname else ENOENT("not a symbolic link")
    touch_atime(path.mount, path.inode)
    target = inode.get_link()
    text = file_name(target, task.fs.root) if isinstance(target, VfsPath) else target
    task.mm.write(buf, text[:size])
    return min(len(text), size)


@syscall("sys_access")
def access(task: Task, filename: Path, mode: Int) -> int:
    """Whether the real user may use a file. See access(2)."""
    return _access(task, AT_FDCWD, filename, mode, 0)


@syscall("sys_faccessat")
def faccessat(task: Task, dfd: Fd, filename: Path, mode: Int) -> int:
    """access seen from a directory. See faccessat(2)."""
    return _access(task, dfd, filename, mode, 0)


@syscall("sys_faccessat2")
def faccessat2(task: Task, dfd: Fd, filename: OptionalPath, mode: Int, flags: AtFlags) -> int:
    """faccessat with flags. See faccessat2(2)."""
    if flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH):
        raise EINVAL("unknown flag")
    if filename is None and not flags & AT_EMPTY_PATH:
        raise EFAULT("null file name")
    return _access(task, dfd, filename or b"", mode, flags)


@syscall("sys_getcwd")
def getcwd(task: Task, buf: OutBuffer, size: ULong) -> int:
    """The working directory's name: its length with the NUL. See getcwd(2)."""
    cwd = task.fs.cwd
    if cwd.dentry.dead:
        raise ENOENT("the working directory was removed")
    name, reachable = d_path(cwd, task.fs.root)
    if not reachable:
        name = b"(unreachable)" + name
    if len(name) + 1 > size:
        raise ERANGE("no room")
    task.mm.write(buf, name + b"\0")
    return len(name) + 1


@syscall("sys_chdir")
def chdir(task: Task, filename: Path) -> int:
    """Change the working directory. See chdir(2)."""
    path = path_lookup(task, AT_FDCWD, filename, LOOKUP_FOLLOW | LOOKUP_DIRECTORY)
    inode_permission(task.cred, path.inode, MAY_EXEC)
    task.fs.cwd = path
    return 0


@syscall("sys_fchdir")
def fchdir(task: Task, fd: Fd) -> int:
    """Change the working directory to an open one. See fchdir(2)."""
    path = task.files.raw(fd).path
    if not path.inode.is_dir:
        raise ENOTDIR
    inode_permission(task.cred, path.inode, MAY_EXEC)
    task.fs.cwd = path
    return 0


@syscall("sys_chroot")
def chroot(task: Task, filename: Path) -> int:
    """Change the root directory. See chroot(2)."""
    path = path_lookup(task, AT_FDCWD, filename, LOOKUP_FOLLOW | LOOKUP_DIRECTORY)
    inode_permission(task.cred, path.inode, MAY_EXEC)
    if not task.cred.capable(CAP_SYS_CHROOT):
        raise EPERM("chroot needs CAP_SYS_CHROOT")
    task.fs.root = path
    return 0


@syscall("sys_umask")
def umask(task: Task, mask: Mode) -> int:
    """Set the mode bits that new files do not get: the old ones. See umask(2)."""
    old = task.fs.umask
    task.fs.umask = mask & 0o777
    return old


def _access(task: Task, dfd: int, name: bytes, mode: int, flags: int) -> int:
    if mode & ~7:
        raise EINVAL("only R_OK, W_OK and X_OK")
    cred = task.cred if flags & AT_EACCESS else _real(task.cred)
    lookup = 0 if flags & AT_SYMLINK_NOFOLLOW else LOOKUP_FOLLOW
    if flags & AT_EMPTY_PATH:
        lookup |= LOOKUP_EMPTY
    walker = _As(task, cred)
    path = path_lookup(walker, dfd, name, lookup)
    inode = path.inode
    inode.refresh()
    if mode & MAY_EXEC and inode.is_regular and path.mount.flags & MS_NOEXEC:
        raise EACCES("no programs are run from this mount")
    if mode:
        inode_permission(cred, inode, mode)
    if mode & MAY_WRITE and not inode.is_special and path.mount.read_only:
        raise EROFS
    return 0


class _As:
    """A task walking with other credentials."""

    def __init__(self, task: Task, cred: Credentials) -> None:
        self.cred = cred
        self.fs = task.fs
        self.files = task.files


def _real(cred: Credentials) -> Credentials:
    """The credentials of the real user: see access_override_creds."""
    if cred.fsuid == cred.uid and cred.fsgid == cred.gid:
        return cred if cred.uid == 0 or not cred.cap_effective else replace(cred, cap_effective=0)
    capabilities = cred.cap_permitted if cred.uid == 0 else 0
    return replace(cred, fsuid=cred.uid, fsgid=cred.gid, cap_effective=capabilities)
