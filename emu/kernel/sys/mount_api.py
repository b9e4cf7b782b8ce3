"""Mounting step by step: fsopen(2), fsconfig(2), fsmount(2), move_mount(2), open_tree(2) ..."""

from __future__ import annotations

from typing import Annotated

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.args import Fd, FlagsArg, Int, Path, Pointer, Size, StructArg, UInt, UserStruct
from emu.kernel.errno import (
    E2BIG,
    EBADF,
    EBUSY,
    EINVAL,
    EOPNOTSUPP,
)
from emu.kernel.fs.fscontext import DetachedMount, MountContext, Phase, context_of, open_context
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import (
    AT_EMPTY_PATH,
    AT_FDCWD,
    AT_NO_AUTOMOUNT,
    AT_SYMLINK_NOFOLLOW,
    O_PATH,
)
from emu.kernel.uapi.mount import (
    AT_RECURSIVE,
    FSCONFIG_CMD_CREATE,
    FSCONFIG_CMD_CREATE_EXCL,
    FSCONFIG_CMD_RECONFIGURE,
    FSCONFIG_COMMANDS,
    FSCONFIG_SET_BINARY,
    FSCONFIG_SET_FD,
    FSCONFIG_SET_FLAG,
    FSCONFIG_SET_PATH,
    FSCONFIG_SET_PATH_EMPTY,
    FSCONFIG_SET_STRING,
    FSMOUNT_CLOEXEC,
    FSMOUNT_FLAGS,
    FSOPEN_CLOEXEC,
    FSOPEN_FLAGS,
    FSPICK_CLOEXEC,
    FSPICK_EMPTY_PATH,
    FSPICK_FLAGS,
    FSPICK_NO_AUTOMOUNT,
    FSPICK_SYMLINK_NOFOLLOW,
    MOUNT_ATTR_FLAGS,
    MOVE_MOUNT__MASK,
    MOVE_MOUNT_BENEATH,
    MOVE_MOUNT_F_EMPTY_PATH,
    MOVE_MOUNT_F_SYMLINKS,
    MOVE_MOUNT_FLAGS,
    MOVE_MOUNT_SET_GROUP,
    MOVE_MOUNT_T_EMPTY_PATH,
    MOVE_MOUNT_T_SYMLINKS,
    OPEN_TREE_CLOEXEC,
    OPEN_TREE_CLONE,
)
from emu.kernel.user_struct import copy_struct_from_user
from emu.kernel.vfs.fdtable import fd_install
from emu.kernel.vfs.file import File
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.mount_attr import (
    FSMOUNT_VALID,
    AttributeChange,
    change_attributes,
    flags_of_attributes,
)
from emu.kernel.vfs.namei import LOOKUP_EMPTY, LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.namespace import bound, file_system_type, may_mount, set_group
from emu.kernel.vfs.namespace import move_mount as do_move_mount

NAME_LIMIT = 256
BINARY_LIMIT = 1 << 20
MOUNT_ATTR_SIZE_VER0 = 32
OPEN_TREE_KNOWN = (
    AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | OPEN_TREE_CLONE
    | OPEN_TREE_CLOEXEC
)  # fmt: skip
FSPICK_KNOWN = FSPICK_CLOEXEC | FSPICK_SYMLINK_NOFOLLOW | FSPICK_NO_AUTOMOUNT | FSPICK_EMPTY_PATH
SETATTR_KNOWN = AT_EMPTY_PATH | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT

FsopenFlags = Annotated[int, FlagsArg(family=FSOPEN_FLAGS)]
FsmountFlags = Annotated[int, FlagsArg(family=FSMOUNT_FLAGS)]
FspickFlags = Annotated[int, FlagsArg(family=FSPICK_FLAGS)]
MoveMountFlags = Annotated[int, FlagsArg(family=MOVE_MOUNT_FLAGS)]
MountAttributes = Annotated[int, FlagsArg(family=MOUNT_ATTR_FLAGS)]
FsconfigCommand = Annotated[int, FlagsArg(family=FSCONFIG_COMMANDS)]
MountAttr = Annotated[UserStruct, StructArg(layout="mount_attr")]


@syscall("sys_fsopen")
def fsopen(task: Task, fs_name: Path, flags: FsopenFlags) -> int:
    """Begin to make a file system of a type. See fsopen(2)."""
    may_mount(task)
    if flags & ~FSOPEN_CLOEXEC:
        raise EINVAL("unknown flag")
    vfs = task.kernel.root_mount.vfs
    context = MountContext(vfs, file_system_type(vfs, fs_name))
    return fd_install(task, open_context(task, context), cloexec=bool(flags & FSOPEN_CLOEXEC))


@syscall("sys_fspick")
def fspick(task: Task, dfd: Fd, path: Path, flags: FspickFlags) -> int:
    """Begin to change a file system that is mounted. See fspick(2)."""
    may_mount(task)
    if flags & ~FSPICK_KNOWN:
        raise EINVAL("unknown flag")
    lookup = 0 if flags & FSPICK_SYMLINK_NOFOLLOW else LOOKUP_FOLLOW
    lookup |= LOOKUP_EMPTY if flags & FSPICK_EMPTY_PATH else 0
    place = path_lookup(task, dfd, path, lookup)
    if place.dentry is not place.mount.root:
        raise EINVAL("not the root of a mount")
    sb = place.mount.sb
    vfs = sb.vfs
    context = MountContext(vfs, file_system_type(vfs, sb.fs_type), sb)
    context.mount = place.mount
    return fd_install(task, open_context(task, context), cloexec=bool(flags & FSPICK_CLOEXEC))


@syscall("sys_fsconfig")
def fsconfig(
    task: Task, fd: Fd, cmd: FsconfigCommand, key: Pointer, value: Pointer, aux: Int
) -> int:  # fmt: skip
    """Set an option of a file system in the making, or make it. See fsconfig(2)."""
    if fd < 0:
        raise EINVAL("no descriptor")
    _check_arguments(cmd, key, value, aux)
    context = context_of(task.files[fd])
    if cmd in (FSCONFIG_CMD_CREATE, FSCONFIG_CMD_CREATE_EXCL):
        may_mount(task)
        context.create()
        return 0
    if cmd == FSCONFIG_CMD_RECONFIGURE:
        may_mount(task)
        context.reconfigure()
        return 0
    name = task.mm.read_string(key, NAME_LIMIT)
    if cmd == FSCONFIG_SET_FLAG:
        context.set(name, None)
    elif cmd == FSCONFIG_SET_STRING:
        context.set(name, task.mm.read_string(value, NAME_LIMIT))
    else:
        raise EINVAL("no file system here has such an option")
    return 0


def _check_arguments(cmd: int, key: int, value: int, aux: int) -> None:
    """EINVAL for arguments that a command does not have, EOPNOTSUPP for no command."""
    match cmd:
        case c if c == FSCONFIG_SET_FLAG:
            fits = key and not value and not aux
        case c if c == FSCONFIG_SET_STRING:
            fits = key and value and not aux
        case c if c == FSCONFIG_SET_BINARY:
            fits = key and value and 0 < aux <= BINARY_LIMIT
        case c if c in (FSCONFIG_SET_PATH, FSCONFIG_SET_PATH_EMPTY):
            fits = key and value and (aux == AT_FDCWD or aux >= 0)
        case c if c == FSCONFIG_SET_FD:
            fits = key and not value and aux >= 0
        case c if c in (FSCONFIG_CMD_CREATE, FSCONFIG_CMD_CREATE_EXCL, FSCONFIG_CMD_RECONFIGURE):
            fits = not key and not value and not aux
        case _:
            raise EOPNOTSUPP("no such command")
    if not fits:
        raise EINVAL("not this command's arguments")


@syscall("sys_fsmount")
def fsmount(task: Task, fs_fd: Fd, flags: FsmountFlags, attr_flags: MountAttributes) -> int:
    """A mount of a file system that was made, as a descriptor. See fsmount(2)."""
    may_mount(task)
    if flags & ~FSMOUNT_CLOEXEC or attr_flags & ~FSMOUNT_VALID:
        raise EINVAL("unknown flag")
    options = flags_of_attributes(attr_flags)
    context = context_of(task.files[fs_fd])
    if context.sb is None:
        raise EINVAL("nothing was made yet")
    if context.phase is not Phase.AWAITING_MOUNT:
        raise EBUSY("it is not ready to be mounted")
    mount = Mount(context.sb, flags=options, source=context.source or b"none")
    context.mounted()
    file = DetachedMount(mount, O_PATH, task.cred)
    return fd_install(task, file, cloexec=bool(flags & FSMOUNT_CLOEXEC))


@syscall("sys_open_tree")
def open_tree(task: Task, dfd: Fd, filename: Path, flags: UInt) -> int:
    """A descriptor of a place, or of a copy of the mounts there. See open_tree(2)."""
    if flags & ~OPEN_TREE_KNOWN:
        raise EINVAL("unknown flag")
    if flags & (AT_RECURSIVE | OPEN_TREE_CLONE) == AT_RECURSIVE:
        raise EINVAL("only copies are recursive")
    if flags & OPEN_TREE_CLONE:
        may_mount(task)
    place = path_lookup(task, dfd, filename, _lookup_flags(flags))
    if flags & OPEN_TREE_CLONE:
        copy = bound(task, place, recursive=bool(flags & AT_RECURSIVE))
        file: File = DetachedMount(copy, O_PATH, task.cred)
    else:
        file = File(place, O_PATH, task.cred)
    return fd_install(task, file, cloexec=bool(flags & OPEN_TREE_CLOEXEC))


@syscall("sys_move_mount")
def move_mount(
    task: Task,
    from_dfd: Fd,
    from_pathname: Path,
    to_dfd: Fd,
    to_pathname: Path,
    flags: MoveMountFlags,
) -> int:
    """Put a mount somewhere, one from a descriptor too. See move_mount(2)."""
    may_mount(task)
    if flags & ~MOVE_MOUNT__MASK:
        raise EINVAL("unknown flag")
    if flags & MOVE_MOUNT_BENEATH and flags & MOVE_MOUNT_SET_GROUP:
        raise EINVAL("two things at once")
    lookup = LOOKUP_FOLLOW if flags & MOVE_MOUNT_F_SYMLINKS else 0
    lookup |= LOOKUP_EMPTY if flags & MOVE_MOUNT_F_EMPTY_PATH else 0
    origin = path_lookup(task, from_dfd, from_pathname, lookup)
    lookup = LOOKUP_FOLLOW if flags & MOVE_MOUNT_T_SYMLINKS else 0
    lookup |= LOOKUP_EMPTY if flags & MOVE_MOUNT_T_EMPTY_PATH else 0
    place = path_lookup(task, to_dfd, to_pathname, lookup)
    if flags & MOVE_MOUNT_SET_GROUP:
        set_group(task, origin, place)
    else:
        do_move_mount(task, origin, place, beneath=bool(flags & MOVE_MOUNT_BENEATH))
    return 0


@syscall("sys_mount_setattr", missing="mapped mounts, which need user namespaces")
def mount_setattr(
    task: Task, dfd: Fd, path: Path, flags: UInt, uattr: MountAttr, usize: Size
) -> int:  # fmt: skip
    """Change what mounts allow, and with whom they share. See mount_setattr(2)."""
    if flags & ~SETATTR_KNOWN:
        raise EINVAL("unknown flag")
    if usize > PAGE_SIZE:
        raise E2BIG("larger than a page")
    if usize < MOUNT_ATTR_SIZE_VER0:
        raise EINVAL("too small a struct")
    may_mount(task)
    wanted = copy_struct_from_user(task.mm, uattr.address, usize, uattr.layout)
    if not (wanted["attr_set"] or wanted["attr_clr"] or wanted["propagation"]):
        return 0
    change = AttributeChange.of(wanted)
    if change.idmap:
        if wanted["userns_fd"] >> 31:
            raise EINVAL("no descriptor")
        if task.files.get(wanted["userns_fd"]) is None:
            raise EBADF
        raise EINVAL("not a user namespace: there is but one")
    place = path_lookup(task, dfd, path, _lookup_flags(flags))
    change_attributes(task, place, change, recursive=bool(flags & AT_RECURSIVE))
    return 0


def _lookup_flags(flags: int) -> int:
    lookup = 0 if flags & AT_SYMLINK_NOFOLLOW else LOOKUP_FOLLOW
    return lookup | (LOOKUP_EMPTY if flags & AT_EMPTY_PATH else 0)
