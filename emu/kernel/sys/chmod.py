"""Modes and owners: chmod(2), chown(2) and their kin."""

from __future__ import annotations

from emu.kernel.args import Fd, Mode, OptionalPath, Path
from emu.kernel.cred import UNCHANGED
from emu.kernel.errno import EFAULT, EINVAL, EOPNOTSUPP
from emu.kernel.sys.file_kinds import AtFlags
from emu.kernel.sys.kinds import Uid, Uid16
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW
from emu.kernel.vfs import attr
from emu.kernel.vfs.namei import LOOKUP_EMPTY, LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.path import VfsPath


@syscall("sys_chmod")
def chmod(task: Task, filename: Path, mode: Mode) -> int:
    """Set the mode of a file. See chmod(2)."""
    return _chmod(task, AT_FDCWD, filename, mode, 0)


@syscall("sys_fchmod")
def fchmod(task: Task, fd: Fd, mode: Mode) -> int:
    """Set the mode of an open file. See fchmod(2)."""
    attr.chmod(task, task.files[fd].path, mode)
    return 0


@syscall("sys_fchmodat")
def fchmodat(task: Task, dfd: Fd, filename: Path, mode: Mode) -> int:
    """chmod seen from a directory. See fchmodat(2)."""
    return _chmod(task, dfd, filename, mode, 0)


@syscall("sys_fchmodat2")
def fchmodat2(task: Task, dfd: Fd, filename: OptionalPath, mode: Mode, flags: AtFlags) -> int:
    """fchmodat with flags; symbolic links have no mode to set. See fchmodat2(2)."""
    return _chmod(task, dfd, filename, mode, flags)


@syscall("sys_chown")
def chown(task: Task, filename: Path, user: Uid, group: Uid) -> int:
    """Set the owner and group of a file. See chown(2)."""
    return _chown(task, AT_FDCWD, filename, user, group, 0)


@syscall("sys_lchown")
def lchown(task: Task, filename: Path, user: Uid, group: Uid) -> int:
    """chown, also of a symbolic link itself. See lchown(2)."""
    return _chown(task, AT_FDCWD, filename, user, group, AT_SYMLINK_NOFOLLOW)


@syscall("sys_fchown")
def fchown(task: Task, fd: Fd, user: Uid, group: Uid) -> int:
    """chown of an open file. See fchown(2)."""
    attr.chown(task, task.files[fd].path, user, group)
    return 0


@syscall("sys_fchownat")
def fchownat(
    task: Task, dfd: Fd, filename: OptionalPath, user: Uid, group: Uid, flag: AtFlags
) -> int:
    """chown seen from a directory. See fchownat(2)."""
    return _chown(task, dfd, filename, user, group, flag)


@syscall("sys_chown16")
def chown16(task: Task, filename: Path, user: Uid16, group: Uid16) -> int:
    """chown with 16-bit ids."""
    return _chown(task, AT_FDCWD, filename, _wide(user), _wide(group), 0)


@syscall("sys_lchown16")
def lchown16(task: Task, filename: Path, user: Uid16, group: Uid16) -> int:
    """lchown with 16-bit ids."""
    return _chown(task, AT_FDCWD, filename, _wide(user), _wide(group), AT_SYMLINK_NOFOLLOW)


@syscall("sys_fchown16")
def fchown16(task: Task, fd: Fd, user: Uid16, group: Uid16) -> int:
    """fchown with 16-bit ids."""
    return fchown(task, fd, _wide(user), _wide(group))


def _wide(uid: int) -> int:
    """See low2highuid: all ones stay all ones."""
    return UNCHANGED if uid == 0xFFFF else uid


def _chmod(task: Task, dfd: int, name: bytes | None, mode: int, flags: int) -> int:
    path = _place(task, dfd, name, flags)
    if path.inode.is_symlink:
        raise EOPNOTSUPP("the mode of a symbolic link cannot be set")
    attr.chmod(task, path, mode)
    return 0


def _chown(task: Task, dfd: int, name: bytes | None, user: int, group: int, flags: int) -> int:
    attr.chown(task, _place(task, dfd, name, flags), user, group)
    return 0


def _place(task: Task, dfd: int, name: bytes | None, flags: int) -> VfsPath:
    if flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH):
        raise EINVAL("unknown flag")
    if name is None and not flags & AT_EMPTY_PATH:
        raise EFAULT("null file name")
    lookup = 0 if flags & AT_SYMLINK_NOFOLLOW else LOOKUP_FOLLOW
    lookup |= LOOKUP_EMPTY if flags & AT_EMPTY_PATH else 0
    return path_lookup(task, dfd, name or b"", lookup)
