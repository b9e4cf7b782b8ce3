"""Extended attributes: getxattr(2), setxattr(2), listxattr(2), removexattr(2) and their kin."""

from __future__ import annotations

from emu.kernel.args import Fd, Int, OutBuffer, Path, Pointer, Size
from emu.kernel.errno import (
    E2BIG,
    EINVAL,
    ENODATA,
    EOPNOTSUPP,
    EPERM,
    ERANGE,
)
from emu.kernel.exec.file_caps import unpack_capabilities
from emu.kernel.sys.file_kinds import Name
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import (
    CAP_SETFCAP,
    CAP_SYS_ADMIN,
    VFS_CAP_REVISION_1,
    VFS_CAP_REVISION_MASK,
    XATTR_NAME_CAPS,
)
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.stat import (
    S_ISVTX,
    XATTR_CREATE,
    XATTR_NAME_MAX,
    XATTR_REPLACE,
    XATTR_SIZE_MAX,
)
from emu.kernel.vfs.attr import attributes_changed
from emu.kernel.vfs.inode import Inode
from emu.kernel.vfs.namei import LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.permission import MAY_READ, MAY_WRITE, inode_permission, owner_or_capable
from emu.kernel.vfs.posix_acl import pack_acl, set_acl, unpack_acl

ACL_ACCESS = b"system.posix_acl_access"
ACL_DEFAULT = b"system.posix_acl_default"
ACL_DEFAULTS = {ACL_ACCESS: False, ACL_DEFAULT: True}
"""The attributes that are lists, and whether it is the default one."""


@syscall("sys_setxattr")
def setxattr(task: Task, pathname: Path, name: Name, value: Pointer, size: Size, flags: Int) -> int:
    """Set an attribute. See setxattr(2)."""
    return _set(task, _followed(task, pathname), name, value, size, flags)


@syscall("sys_lsetxattr")
def lsetxattr(
    task: Task, pathname: Path, name: Name, value: Pointer, size: Size, flags: Int
) -> int:
    """setxattr, also of a symbolic link itself."""
    return _set(task, path_lookup(task, AT_FDCWD, pathname, 0), name, value, size, flags)


@syscall("sys_fsetxattr")
def fsetxattr(task: Task, fd: Fd, name: Name, value: Pointer, size: Size, flags: Int) -> int:
    """setxattr of an open file."""
    return _set(task, task.files[fd].path, name, value, size, flags)


@syscall("sys_getxattr")
def getxattr(task: Task, pathname: Path, name: Name, value: OutBuffer, size: Size) -> int:
    """The value of an attribute, or its size if *size* is 0. See getxattr(2)."""
    return _get(task, _followed(task, pathname), name, value, size)


@syscall("sys_lgetxattr")
def lgetxattr(task: Task, pathname: Path, name: Name, value: OutBuffer, size: Size) -> int:
    """getxattr, also of a symbolic link itself."""
    return _get(task, path_lookup(task, AT_FDCWD, pathname, 0), name, value, size)


@syscall("sys_fgetxattr")
def fgetxattr(task: Task, fd: Fd, name: Name, value: OutBuffer, size: Size) -> int:
    """getxattr of an open file."""
    return _get(task, task.files[fd].path, name, value, size)


@syscall("sys_listxattr")
def listxattr(task: Task, pathname: Path, list: OutBuffer, size: Size) -> int:
    """The names of all attributes, each with a NUL. See listxattr(2)."""
    return _list(task, _followed(task, pathname), list, size)


@syscall("sys_llistxattr")
def llistxattr(task: Task, pathname: Path, list: OutBuffer, size: Size) -> int:
    """listxattr, also of a symbolic link itself."""
    return _list(task, path_lookup(task, AT_FDCWD, pathname, 0), list, size)


@syscall("sys_flistxattr")
def flistxattr(task: Task, fd: Fd, list: OutBuffer, size: Size) -> int:
    """listxattr of an open file."""
    return _list(task, task.files[fd].path, list, size)


@syscall("sys_removexattr")
def removexattr(task: Task, pathname: Path, name: Name) -> int:
    """Remove an attribute. See removexattr(2)."""
    return _remove(task, _followed(task, pathname), name)


@syscall("sys_lremovexattr")
def lremovexattr(task: Task, pathname: Path, name: Name) -> int:
    """removexattr, also of a symbolic link itself."""
    return _remove(task, path_lookup(task, AT_FDCWD, pathname, 0), name)


@syscall("sys_fremovexattr")
def fremovexattr(task: Task, fd: Fd, name: Name) -> int:
    """removexattr of an open file."""
    return _remove(task, task.files[fd].path, name)


def _followed(task: Task, name: bytes) -> VfsPath:
    return path_lookup(task, AT_FDCWD, name, LOOKUP_FOLLOW)


def _set(task: Task, path: VfsPath, name: bytes, value: int, size: int, flags: int) -> int:
    if flags & ~(XATTR_CREATE | XATTR_REPLACE):
        raise EINVAL("unknown flag")
    _check_name(name)
    if size > XATTR_SIZE_MAX:
        raise E2BIG("value too large")
    data = task.mm.read(value, size)
    if name in ACL_DEFAULTS:
        acl = unpack_acl(data)
        path.mount.want_write()
        set_acl(task, path.inode, acl, default=ACL_DEFAULTS[name])
        attributes_changed(path)
        return 0
    if name == XATTR_NAME_CAPS:
        _check_file_capabilities(task, data)
    path.mount.want_write()
    _permission(task, path, name, MAY_WRITE)
    create, replace = bool(flags & XATTR_CREATE), bool(flags & XATTR_REPLACE)
    path.inode.setxattr(name, data, create=create, replace=replace)
    attributes_changed(path)
    return 0


def _get(task: Task, path: VfsPath, name: bytes, value: int, size: int) -> int:
    _check_name(name)
    if name in ACL_DEFAULTS:
        data = _acl_value(path.inode, ACL_DEFAULTS[name])
    else:
        _permission(task, path, name, MAY_READ)
        data = path.inode.getxattr(name)
    if size:
        if len(data) > size:
            raise ERANGE("no room")
        task.mm.write(value, data)
    return len(data)


def _list(task: Task, path: VfsPath, address: int, size: int) -> int:
    inode = path.inode
    names = inode.listxattr()
    if inode.acl is not None:
        names = [ACL_ACCESS, *names]
    if inode.default_acl is not None:
        names = [ACL_DEFAULT, *names]
    if not task.cred.capable(CAP_SYS_ADMIN):
        names = [name for name in names if not name.startswith(b"trusted.")]
    data = b"".join(name + b"\0" for name in names)
    if size:
        if len(data) > size:
            raise ERANGE("no room")
        task.mm.write(address, data)
    return len(data)


def _remove(task: Task, path: VfsPath, name: bytes) -> int:
    _check_name(name)
    path.mount.want_write()
    if name in ACL_DEFAULTS:
        set_acl(task, path.inode, None, default=ACL_DEFAULTS[name])
        attributes_changed(path)
        return 0
    _permission(task, path, name, MAY_WRITE)
    path.inode.removexattr(name)
    attributes_changed(path)
    return 0


def _acl_value(inode: Inode, default: bool) -> bytes:
    if inode.is_symlink or not inode.has_acls:
        raise EOPNOTSUPP("no lists here")
    acl = inode.default_acl if default else inode.acl
    if acl is None:
        raise ENODATA
    return pack_acl(acl)


def _check_file_capabilities(task: Task, value: bytes) -> None:
    """See cap_convert_nscap. EINVAL, EPERM."""
    if int.from_bytes(value[:4], "little") & VFS_CAP_REVISION_MASK == VFS_CAP_REVISION_1:
        raise EINVAL("a revision that is only read")
    unpack_capabilities(value)
    if not task.cred.capable(CAP_SETFCAP):
        raise EPERM("capabilities of files need CAP_SETFCAP")


def _check_name(name: bytes) -> None:
    if not name or len(name) > XATTR_NAME_MAX:
        raise ERANGE("no such attribute name")


def _permission(task: Task, path: VfsPath, name: bytes, mask: int) -> None:
    """Who may, and whether there is such a class: see xattr_permission, xattr_resolve_name."""
    inode, cred = path.inode, task.cred
    prefix, dot, rest = name.partition(b".")
    match prefix + dot:
        case b"security.":
            needed = CAP_SETFCAP if name == XATTR_NAME_CAPS else CAP_SYS_ADMIN
            if mask == MAY_WRITE and not cred.capable(needed):
                raise EPERM("security attributes need a capability")
        case b"trusted.":
            if not cred.capable(CAP_SYS_ADMIN):
                raise EPERM if mask == MAY_WRITE else ENODATA
        case b"user.":
            if not (inode.is_regular or inode.is_dir):
                raise EPERM if mask == MAY_WRITE else ENODATA
            sticky = inode.is_dir and inode.mode & S_ISVTX
            if sticky and mask == MAY_WRITE and not owner_or_capable(cred, inode):
                raise EPERM("the directory is sticky and another's")
            inode_permission(cred, inode, mask)
        case _:
            inode_permission(cred, inode, mask)
            raise EOPNOTSUPP("no such class of attributes")
    if not rest:
        raise EINVAL("only the name of a class")
