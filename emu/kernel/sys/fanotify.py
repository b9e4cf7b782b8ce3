"""Watching files, mounts and file systems: fanotify_init(2), fanotify_mark(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Fd, FlagsArg, OptionalPath
from emu.kernel.errno import EINVAL, ENOTDIR, EPERM
from emu.kernel.notify.fanotify import FID_MODES, FanotifyGroup, check_mask
from emu.kernel.notify.fanotify_file import FANOTIFY, create_fanotify
from emu.kernel.notify.marks import Place
from emu.kernel.sys.file_kinds import OpenFlags
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.fcntl import (
    O_ACCMODE,
    O_APPEND,
    O_CLOEXEC,
    O_DSYNC,
    O_LARGEFILE,
    O_NOATIME,
    O_NONBLOCK,
    O_SYNC,
)
from emu.kernel.uapi.notify import (
    FAN_CLASS_CONTENT,
    FAN_CLASS_PRE_CONTENT,
    FAN_CLOEXEC,
    FAN_EVENT_ON_CHILD,
    FAN_MARK_ADD,
    FAN_MARK_DONT_FOLLOW,
    FAN_MARK_FILESYSTEM,
    FAN_MARK_FLUSH,
    FAN_MARK_IGNORED_MASK,
    FAN_MARK_IGNORED_SURV_MODIFY,
    FAN_MARK_MOUNT,
    FAN_MARK_ONLYDIR,
    FAN_MARK_REMOVE,
    FAN_NONBLOCK,
    FAN_REPORT_DIR_FID,
    FAN_REPORT_NAME,
    FAN_REPORT_TID,
    FAN_UNLIMITED_MARKS,
    FAN_UNLIMITED_QUEUE,
    FANOTIFY_EVENTS,
    FANOTIFY_INIT_FLAGS,
    FANOTIFY_MARK_FLAGS,
)
from emu.kernel.vfs.export import exports_of
from emu.kernel.vfs.fdtable import fd_install
from emu.kernel.vfs.inode import Inode
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.namei import LOOKUP_DIRECTORY, LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.permission import MAY_READ, inode_permission
from emu.kernel.vfs.super_block import SuperBlock

InitFlags = Annotated[int, FlagsArg(family=FANOTIFY_INIT_FLAGS)]
EventMask = Annotated[int, FlagsArg(bits=64, family=FANOTIFY_EVENTS)]
MarkFlags = Annotated[int, FlagsArg(family=FANOTIFY_MARK_FLAGS)]

CLASSES = FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT
ADMIN_FLAGS = CLASSES | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS | FAN_REPORT_TID
KNOWN_INIT = ADMIN_FLAGS | FID_MODES | FAN_REPORT_NAME | FAN_CLOEXEC | FAN_NONBLOCK
EVENT_FLAGS = (
    O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | O_CLOEXEC | O_LARGEFILE | O_NOATIME
)
COMMANDS = FAN_MARK_ADD | FAN_MARK_REMOVE | FAN_MARK_FLUSH
PLACES = FAN_MARK_MOUNT | FAN_MARK_FILESYSTEM
KNOWN_MARK = (
    COMMANDS
    | PLACES
    | FAN_MARK_DONT_FOLLOW
    | FAN_MARK_ONLYDIR
    | FAN_MARK_IGNORED_MASK
    | FAN_MARK_IGNORED_SURV_MODIFY
)


@syscall("sys_fanotify_init")
def fanotify_init(task: Task, flags: InitFlags, event_f_flags: OpenFlags) -> int:
    """Make a fanotify. See fanotify_init(2)."""
    privileged = task.cred.capable(CAP_SYS_ADMIN)
    if not privileged and (flags & ADMIN_FLAGS or not flags & FID_MODES):
        raise EPERM("only an administrator is told descriptors")
    if flags & ~KNOWN_INIT or flags & CLASSES == CLASSES:
        raise EINVAL("unknown flag or class")
    if event_f_flags & ~EVENT_FLAGS or event_f_flags & O_ACCMODE == O_ACCMODE:
        raise EINVAL("a flag that descriptors of events cannot have")
    if flags & FID_MODES and flags & CLASSES:
        raise EINVAL("file ids only notify")
    if flags & FAN_REPORT_NAME and not flags & FAN_REPORT_DIR_FID:
        raise EINVAL("names are those of a directory")
    group = FanotifyGroup(task, flags, event_f_flags, privileged)
    file = create_fanotify(task, group, O_NONBLOCK if flags & FAN_NONBLOCK else 0)
    return fd_install(task, file, cloexec=bool(flags & FAN_CLOEXEC))


@syscall("sys_fanotify_mark")
def fanotify_mark(
    task: Task, fanotify_fd: Fd, flags: MarkFlags, mask: EventMask, dfd: Fd, pathname: OptionalPath
) -> int:
    """Add, change or remove marks. See fanotify_mark(2)."""
    command = flags & COMMANDS
    if flags & ~KNOWN_MARK or flags & PLACES == PLACES:
        raise EINVAL("unknown flag")
    if command not in (FAN_MARK_ADD, FAN_MARK_REMOVE, FAN_MARK_FLUSH):
        raise EINVAL("not one command")
    if command == FAN_MARK_FLUSH:
        if flags & ~(PLACES | FAN_MARK_FLUSH):
            raise EINVAL("a flag that flushing does not take")
    elif not mask:
        raise EINVAL("no events")
    file = task.files[fanotify_fd]
    if mask >> 32:
        raise EINVAL("unknown events")
    if file.f_op is not FANOTIFY:
        raise EINVAL("no fanotify")
    group: FanotifyGroup = file.private_data
    if flags & PLACES and not group.privileged:
        raise EPERM("only an administrator marks mounts and file systems")
    check_mask(group, mask, bool(flags & FAN_MARK_MOUNT))
    if command == FAN_MARK_FLUSH:
        group.flush(_kind(flags))
        return 0
    path = _find(task, dfd, pathname, flags)
    if group.by_fid:
        exports_of(path.mount.sb)
    if not path.inode.is_dir and not flags & PLACES:
        mask &= ~FAN_EVENT_ON_CHILD
    ignored = bool(flags & FAN_MARK_IGNORED_MASK)
    if command == FAN_MARK_ADD:
        group.add(_place(path, flags), mask, ignored, flags)
    else:
        group.remove(_place(path, flags), mask, ignored)
    return 0


def _find(task: Task, dfd: int, name: bytes | None, flags: int) -> VfsPath:
    """What is to be marked; a null pointer is the descriptor itself."""
    if name is None:
        path = task.files.raw(dfd).path
        if flags & FAN_MARK_ONLYDIR and not path.inode.is_dir:
            raise ENOTDIR
    else:
        lookup = 0 if flags & FAN_MARK_DONT_FOLLOW else LOOKUP_FOLLOW
        lookup |= LOOKUP_DIRECTORY if flags & FAN_MARK_ONLYDIR else 0
        path = path_lookup(task, dfd, name, lookup)
    inode_permission(task.cred, path.inode, MAY_READ)
    return path


def _kind(flags: int) -> type:
    if flags & FAN_MARK_MOUNT:
        return Mount
    return SuperBlock if flags & FAN_MARK_FILESYSTEM else Inode


def _place(path: VfsPath, flags: int) -> Place:
    if flags & FAN_MARK_MOUNT:
        return path.mount
    return path.mount.sb if flags & FAN_MARK_FILESYSTEM else path.inode
