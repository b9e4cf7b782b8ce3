"""Changing the tree of mounts: what mount(2) and umount2(2) do. See fs/namespace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EBUSY, EINVAL, ELOOP, ENODEV, ENOENT, ENOTDIR, EPERM
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.mount import (
    MNT_DETACH,
    MNT_EXPIRE,
    MNT_FORCE,
    MS_BIND,
    MS_MGC_MSK,
    MS_MGC_VAL,
    MS_MOVE,
    MS_NOATIME,
    MS_NODEV,
    MS_NODIRATIME,
    MS_NOEXEC,
    MS_NOSUID,
    MS_NOSYMFOLLOW,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_RELATIME,
    MS_REMOUNT,
    MS_SHARED,
    MS_SLAVE,
    MS_STRICTATIME,
    MS_UNBINDABLE,
    UMOUNT_NOFOLLOW,
)
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.namei import LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from emu.kernel.task import Task

PER_MOUNT = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME
PER_MOUNT |= MS_RELATIME | MS_NOSYMFOLLOW
PROPAGATION = MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE
UMOUNT_FLAGS = MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW


def do_mount(
    task: Task, source: bytes | None, target: bytes, kind: bytes | None, flags: int, data: bytes
) -> None:
    """Mount, bind, move or remount. EPERM, ENODEV, EINVAL ..."""
    if flags & MS_MGC_MSK == MS_MGC_VAL:
        flags &= ~MS_MGC_MSK
    place = path_lookup(task, AT_FDCWD, target)
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM("mounting needs CAP_SYS_ADMIN")
    options = mount_flags(flags)
    if flags & MS_REMOUNT:
        remount(place, options, whole=not flags & MS_BIND)
    elif flags & MS_BIND:
        bind(task, _required(source), place, recursive=bool(flags & MS_REC))
    elif flags & PROPAGATION:
        # With one mount namespace all mounts are private; only sharing would be a change.
        if flags & MS_SHARED:
            raise EINVAL("mounts cannot be shared")
    elif flags & MS_MOVE:
        move(task, _required(source), place)
    else:
        new_mount(place, source, kind, options, data)


def mount_flags(flags: int) -> int:
    """The options of a mount in the flags of mount(2); relatime is the default."""
    options = flags & PER_MOUNT
    if not flags & (MS_NOATIME | MS_STRICTATIME):
        options |= MS_RELATIME
    return options


def new_mount(
    place: VfsPath, source: bytes | None, kind: bytes | None, options: int, data: bytes
) -> None:
    """Mount a new instance of a file system type. ENODEV for an unknown one."""
    vfs = place.mount.vfs
    if kind is None:
        raise EINVAL("no file system type")
    file_system = vfs.file_systems.get(kind)
    if file_system is None:
        raise ENODEV(f"no file system type {kind.decode(errors='replace')}")
    if not place.inode.is_dir:
        raise ENOTDIR
    mount = Mount(file_system.make(vfs, data), flags=options, source=source or b"none")
    mount.attach(place)


def bind(task: Task, source: bytes, place: VfsPath, *, recursive: bool) -> None:
    """Show a part of the tree at another place too."""
    origin = path_lookup(task, AT_FDCWD, source)
    if origin.inode.is_dir != place.inode.is_dir:
        raise ENOTDIR
    copies = _copy(origin.mount, origin, recursive)
    copies.attach(place)


def _copy(mount: Mount, top: VfsPath, recursive: bool) -> Mount:
    copy = Mount(mount.sb, top.dentry, flags=mount.flags, source=mount.source)
    if recursive:
        for mountpoint, child in mount.children.items():
            if mountpoint.is_inside(top.dentry):
                twin = _copy(child, child.root_path(), True)
                twin.attach(VfsPath(copy, mountpoint))
    return copy


def move(task: Task, source: bytes, place: VfsPath) -> None:
    """Move a mount to another place."""
    origin = path_lookup(task, AT_FDCWD, source)
    mount = origin.mount
    if origin.dentry is not mount.root or mount.parent is None:
        raise EINVAL("not the root of a mount")
    if origin.inode.is_dir != place.inode.is_dir:
        raise EINVAL("a directory and something else")
    above: Mount | None = place.mount
    while above is not None:
        if above is mount:
            raise ELOOP("a mount cannot be moved into itself")
        above = above.parent
    mount.detach()
    mount.attach(place)


def remount(place: VfsPath, options: int, *, whole: bool) -> None:
    """Change the options of a mount, and with `whole` of its file system."""
    mount = place.mount
    if place.dentry is not mount.root:
        raise EINVAL("not the root of a mount")
    if not options & MS_RDONLY and mount.sb.fixed_read_only:
        raise EPERM("the machine's owner made it read-only")
    if whole:
        mount.sb.read_only = bool(options & MS_RDONLY)
        options &= ~MS_RDONLY
    mount.flags = options


def do_umount(task: Task, name: bytes, flags: int) -> None:
    """Take a mount away. EBUSY while it is used, unless MNT_DETACH."""
    if flags & ~UMOUNT_FLAGS:
        raise EINVAL("unknown flag")
    path = path_lookup(task, AT_FDCWD, name, 0 if flags & UMOUNT_NOFOLLOW else LOOKUP_FOLLOW)
    mount = path.mount
    if path.dentry is not mount.root:
        raise EINVAL("not the root of a mount")
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM("unmounting needs CAP_SYS_ADMIN")
    if flags & MNT_EXPIRE:
        raise EINVAL("mounts do not expire here")
    if mount.parent is None:
        raise EINVAL("the root") if flags & MNT_DETACH else EBUSY("the root")
    if not flags & MNT_DETACH and (mount.children or mount.open_files or _is_home(task, mount)):
        raise EBUSY("it is in use")
    mount.detach()


def _is_home(task: Task, mount: Mount) -> bool:
    """Whether a task's root or working directory is there."""
    return any(
        mount in (other.fs.cwd.mount, other.fs.root.mount)
        for other in (task, *task.kernel.tasks.values())
    )


def _required(name: bytes | None) -> bytes:
    if not name:
        raise ENOENT("no source")
    return name
