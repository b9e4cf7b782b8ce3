"""Taking mounts away: what umount2(2) does. See fs/namespace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EBUSY, EINVAL, EPERM
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.mount import MNT_DETACH, MNT_EXPIRE, MNT_FORCE, MS_RDONLY, UMOUNT_NOFOLLOW
from emu.kernel.vfs.mount import traverse_mounts
from emu.kernel.vfs.mount_tree import is_ours
from emu.kernel.vfs.namei import LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.peers import leave_peers, receivers

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.task import Task
    from emu.kernel.vfs.mount import Mount

KNOWN_FLAGS = MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW


def do_umount(task: Task, name: bytes, flags: int) -> None:
    """Take a mount away. EBUSY while it is used, unless MNT_DETACH."""
    if flags & ~KNOWN_FLAGS:
        raise EINVAL("unknown flag")
    marked = [m for m in task.fs.mnt_ns.root.tree() if m.expiry_mark]
    path = path_lookup(task, AT_FDCWD, name, 0 if flags & UMOUNT_NOFOLLOW else LOOKUP_FOLLOW)
    path = traverse_mounts(path)
    for used_by_this_call in marked:
        used_by_this_call.expiry_mark = True
    mount = path.mount
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM("unmounting needs CAP_SYS_ADMIN")
    if path.dentry is not mount.root:
        raise EINVAL("not the root of a mount")
    if not is_ours(task, mount):
        raise EINVAL("in another namespace")
    at_root = mount is task.fs.root.mount
    if flags & MNT_EXPIRE:
        if at_root or flags & (MNT_FORCE | MNT_DETACH):
            raise EINVAL("only what can be taken away expires")
        if is_busy(task.kernel, mount):
            raise EBUSY("it is in use")
        if not mount.expiry_mark:
            mount.expiry_mark = True
            raise EAGAIN("marked to be taken away, if nobody uses it")
    if at_root and not flags & MNT_DETACH:
        make_read_only(mount)
    elif mount.parent is None or mount.parent is task.fs.mnt_ns.root:
        raise EINVAL("the root of all") if flags & MNT_DETACH else EBUSY("the root of all")
    else:
        if not flags & MNT_DETACH and any(is_busy(task.kernel, m) for m in _all_of(mount)):
            raise EBUSY("it is in use")
        umount_tree(mount)


def umount_tree(mount: Mount) -> None:
    """Take a mount and all on it away, wherever it is shown: see umount_tree."""
    gone = [m for top in _all_of(mount) for m in top.tree()]
    for top in reversed(gone):
        top.ns = None
        leave_peers(top)
        if top.parent is not None:
            top.detach()


def make_read_only(mount: Mount) -> None:
    """What is done to the root instead: nothing can be changed any more. EBUSY while written."""
    if mount.writers and not mount.sb.read_only:
        raise EBUSY("a file is open for writing")
    mount.sb.read_only = True
    mount.flags |= MS_RDONLY


def is_busy(kernel: Kernel, mount: Mount) -> bool:
    """Whether files of it are open, mounts lie on it, or a task is there."""
    return bool(mount.children or mount.open_files) or any(
        mount in (task.fs.cwd.mount, task.fs.root.mount)
        or (task.exe is not None and task.exe.mount is mount)
        for task in kernel.tasks.values()
        if task.alive
    )


def _all_of(mount: Mount) -> list[Mount]:
    """A mount and those that were made of it where its place is shown."""
    found = [mount]
    if mount.parent is not None and mount.mountpoint is not None:
        for receiver in receivers(mount.parent, mount.mountpoint):
            child = receiver.children.get(mount.mountpoint)
            if child is not None and child.sb is mount.sb:
                found.append(child)
    return found
