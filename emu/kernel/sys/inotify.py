"""Watching files: inotify_init(2), inotify_add_watch(2), inotify_rm_watch(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import UNKNOWN_FLAG, Fd, FlagsArg, Int, Path
from emu.kernel.errno import EINVAL
from emu.kernel.notify.inotify import INOTIFY, InotifyGroup, create_inotify
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.notify import (
    IN_CLOEXEC,
    IN_DONT_FOLLOW,
    IN_MASK_ADD,
    IN_MASK_CREATE,
    IN_NONBLOCK,
    IN_ONLYDIR,
    INOTIFY_INIT_FLAGS,
    INOTIFY_MASK,
)
from emu.kernel.vfs.fdtable import fd_install
from emu.kernel.vfs.file import File
from emu.kernel.vfs.namei import LOOKUP_DIRECTORY, LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.permission import MAY_READ, inode_permission

InotifyInitFlags = Annotated[int, FlagsArg(family=INOTIFY_INIT_FLAGS)]
InotifyMask = Annotated[int, FlagsArg(family=INOTIFY_MASK)]


@syscall("sys_inotify_init")
def inotify_init(task: Task) -> int:
    """Make an inotify. See inotify_init(2)."""
    return inotify_init1(task, 0)


@syscall("sys_inotify_init1")
def inotify_init1(task: Task, flags: InotifyInitFlags) -> int:
    """Make an inotify, with flags. See inotify_init1(2)."""
    if flags & ~(IN_CLOEXEC | IN_NONBLOCK):
        raise EINVAL("unknown flag")
    file = create_inotify(task, flags & IN_NONBLOCK)
    return fd_install(task, file, cloexec=bool(flags & IN_CLOEXEC))


@syscall("sys_inotify_add_watch")
def inotify_add_watch(task: Task, fd: Fd, path: Path, mask: InotifyMask) -> int:
    """Watch a file or directory: the watch's number. See inotify_add_watch(2)."""
    if not mask & ~UNKNOWN_FLAG:
        raise EINVAL("nothing to watch for")
    file = task.files[fd]
    if mask & IN_MASK_ADD and mask & IN_MASK_CREATE:
        raise EINVAL("a watch is changed or made, not both")
    group = _group(file)
    lookup = (0 if mask & IN_DONT_FOLLOW else LOOKUP_FOLLOW) | (
        LOOKUP_DIRECTORY if mask & IN_ONLYDIR else 0
    )
    place = path_lookup(task, AT_FDCWD, path, lookup)
    inode_permission(task.cred, place.inode, MAY_READ)
    return group.add_watch(place.inode, mask)


@syscall("sys_inotify_rm_watch")
def inotify_rm_watch(task: Task, fd: Fd, wd: Int) -> int:
    """Watch no longer. See inotify_rm_watch(2)."""
    _group(task.files[fd]).remove_watch(wd)
    return 0


def _group(file: File) -> InotifyGroup:
    if file.f_op is not INOTIFY:
        raise EINVAL("no inotify")
    group: InotifyGroup = file.private_data
    return group
