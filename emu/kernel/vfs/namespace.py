"""Changing the tree of mounts: what mount(2) and pivot_root(2) do. See fs/namespace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EBUSY, EINVAL, ELOOP, ENODEV, ENOENT, ENOTDIR, EPERM
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.uapi.mount import (
    MS_BIND,
    MS_DIRSYNC,
    MS_LAZYTIME,
    MS_MGC_MSK,
    MS_MGC_VAL,
    MS_MOVE,
    MS_NOATIME,
    MS_NODEV,
    MS_NODIRATIME,
    MS_NOEXEC,
    MS_NOSUID,
    MS_NOSYMFOLLOW,
    MS_RDONLY,
    MS_REC,
    MS_RELATIME,
    MS_REMOUNT,
    MS_SILENT,
    MS_STRICTATIME,
    MS_SYNCHRONOUS,
)
from emu.kernel.vfs.mount import Mount, traverse_mounts
from emu.kernel.vfs.mount_tree import (
    attach_beneath,
    attach_recursive,
    clone_mount,
    copy_tree,
    is_ours,
    is_reachable,
)
from emu.kernel.vfs.namei import LOOKUP_DIRECTORY, LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.path import VfsPath
from emu.kernel.vfs.peers import PROPAGATION, change_type, join_peers

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.super_block import SuperBlock
    from emu.kernel.vfs.vfs import FileSystemType, Vfs

SB_NOUSER = 1 << 31
ATIME = MS_NOATIME | MS_NODIRATIME | MS_RELATIME
PER_MOUNT = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | ATIME | MS_NOSYMFOLLOW
PER_SUPER_BLOCK = MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | MS_LAZYTIME


def do_mount(
    task: Task, source: bytes | None, target: bytes, kind: bytes | None, flags: int, data: bytes
) -> None:
    """Mount, bind, move, remount, or change the propagation. EPERM, ENODEV, EINVAL ..."""
    if flags & MS_MGC_MSK == MS_MGC_VAL:
        flags &= ~MS_MGC_MSK
    place = path_lookup(task, AT_FDCWD, target)
    if flags & SB_NOUSER:
        raise EINVAL("a flag of the kernel's own")
    may_mount(task)
    options = mount_flags(flags, place.mount)
    if flags & MS_REMOUNT and flags & MS_BIND:
        set_mount_flags(own_mount(task, place), options)
    elif flags & MS_REMOUNT:
        remount(task, place, flags, options, data)
    elif flags & MS_BIND:
        bind(task, source, place, recursive=bool(flags & MS_REC))
    elif flags & PROPAGATION:
        change_propagation(place, flags)
    elif flags & MS_MOVE:
        if not source:
            raise EINVAL("no source")
        move_mount(task, path_lookup(task, AT_FDCWD, source), place)
    else:
        if kind is None:
            raise EINVAL("no file system type")
        sb = file_system_type(place.mount.vfs, kind).make(place.mount.vfs, data)
        set_super_flags(sb, flags)
        add_mount(task, Mount(sb, flags=options, source=source or b"none"), place)


def may_mount(task: Task) -> None:
    """EPERM without CAP_SYS_ADMIN."""
    if not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM("mounting needs CAP_SYS_ADMIN")


def mount_flags(flags: int, at: Mount) -> int:
    """The mount's own options in the flags of mount(2); relatime is the default.

    A remount that says nothing of access times leaves them as they are.
    """
    options = flags & PER_MOUNT & ~MS_RELATIME
    if flags & MS_REMOUNT and not flags & (ATIME | MS_STRICTATIME):
        return options | at.flags & ATIME
    if not flags & MS_NOATIME:
        options |= MS_RELATIME
    if flags & MS_STRICTATIME:
        options &= ~(MS_RELATIME | MS_NOATIME)
    return options


def file_system_type(vfs: Vfs, name: bytes) -> FileSystemType:
    """A type by its name. ENODEV if there is none."""
    found = vfs.file_systems.get(name)
    if found is None:
        raise ENODEV(f"no file system type {name.decode(errors='replace')}")
    return found


def own_mount(task: Task, place: VfsPath) -> Mount:
    """The mount whose root a place is, in the task's namespace. EINVAL."""
    if place.dentry is not place.mount.root:
        raise EINVAL("not the root of a mount")
    if not is_ours(task, place.mount):
        raise EINVAL("in another namespace")
    return place.mount


def add_mount(task: Task, mount: Mount, place: VfsPath) -> None:
    """Put a new mount somewhere: see do_add_mount."""
    if place.mount.sb is mount.sb and place.dentry is place.mount.root:
        raise EBUSY("the same file system is mounted there")
    graft(task, mount, place)


def graft(task: Task, mount: Mount, place: VfsPath) -> None:
    """Put a tree of mounts at a place, files on files and directories on directories."""
    place = traverse_mounts(place)
    if not is_ours(task, place.mount):
        raise EINVAL("in another namespace")
    if place.dentry.dead:
        raise ENOENT("the place was removed")
    root = mount.root.inode
    if root is None or root.is_dir != place.inode.is_dir:
        raise ENOTDIR
    attach_recursive(mount, place)


def bind(task: Task, source: bytes | None, place: VfsPath, *, recursive: bool) -> None:
    """Show a part of the tree at another place too."""
    if not source:
        raise EINVAL("no source")
    origin = path_lookup(task, AT_FDCWD, source)
    graft(task, bound(task, origin, recursive=recursive), place)


def bound(task: Task, origin: VfsPath, *, recursive: bool) -> Mount:
    """A copy of the mounts at a place, which lies nowhere yet."""
    if origin.mount.unbindable:
        raise EINVAL("the mount is unbindable")
    if not is_ours(task, origin.mount):
        raise EINVAL("in another namespace")
    if recursive:
        return copy_tree(origin.mount, origin.dentry)
    return clone_mount(origin.mount, origin.dentry)


def move_mount(task: Task, origin: VfsPath, place: VfsPath, *, beneath: bool = False) -> None:
    """Move a mount to another place, or under what is mounted at that place."""
    mount = origin.mount
    place = traverse_mounts(place)
    attached = mount.parent is not None
    if not is_ours(task, place.mount):
        raise EINVAL("in another namespace")
    ours = is_ours(task, mount) if attached else mount.ns is not None and mount.ns.anonymous
    if not ours or origin.dentry is not mount.root:
        raise EINVAL("not the root of a mount of ours")
    if origin.inode.is_dir != place.inode.is_dir:
        raise EINVAL("a directory and something else")
    if mount.parent is not None and mount.parent.peers is not None:
        raise EINVAL("what is shared stays where it is")
    if beneath:
        place = _place_beneath(task, mount, place)
    above: Mount | None = place.mount
    if place.mount.peers is not None and any(m.unbindable for m in mount.tree()):
        raise EINVAL("unbindable mounts cannot be shared")
    while above is not None:
        if above is mount:
            raise ELOOP("a mount cannot be moved into itself")
        above = above.parent
    if attached:
        mount.detach()
    if beneath:
        attach_beneath(mount, place)
    else:
        attach_recursive(mount, place)


def _place_beneath(task: Task, mount: Mount, place: VfsPath) -> VfsPath:
    """Where the top mount at a place lies itself: see can_move_mount_beneath."""
    top = place.mount
    if place.dentry is not top.root or top.parent is None or top.mountpoint is None:
        raise EINVAL("nothing is mounted there")
    if top is task.fs.root.mount or top.parent.peers is not None or mount is top:
        raise EINVAL("nothing goes beneath it")
    return VfsPath(top.parent, top.mountpoint)


def set_group(task: Task, origin: VfsPath, place: VfsPath) -> None:
    """Make one mount a peer of another: see do_set_group."""
    source, mount = own_mount(task, origin), own_mount(task, place)
    if mount.peers is not None or mount.master is not None:
        raise EINVAL("it has peers or a master already")
    if source.sb is not mount.sb or not mount.root.is_inside(source.root):
        raise EINVAL("they show different things")
    if any(child.is_inside(source.root) for child in source.children):
        raise EINVAL("something is mounted on it")
    join_peers(mount, source)


def change_propagation(place: VfsPath, flags: int) -> None:
    """Share, follow, or neither. EINVAL unless it is exactly one of these."""
    kind = flags & ~(MS_REC | MS_SILENT)
    if kind & ~PROPAGATION or kind.bit_count() != 1:
        raise EINVAL("one type of propagation, and nothing else")
    if place.dentry is not place.mount.root:
        raise EINVAL("not the root of a mount")
    for mount in place.mount.tree() if flags & MS_REC else [place.mount]:
        change_type(mount, kind)


def remount(task: Task, place: VfsPath, flags: int, options: int, data: bytes) -> None:
    """Change the options of a mount and of its file system."""
    mount = own_mount(task, place)
    check_writable(mount, flags)
    if flags & MS_RDONLY and not mount.sb.read_only and mount.writers:
        raise EBUSY("a file is open for writing")
    mount.sb.reconfigure(data)
    set_super_flags(mount.sb, flags)
    mount.flags = options


def set_mount_flags(mount: Mount, options: int) -> None:
    """Change what one mount allows. EBUSY when it is to be read-only while files are written."""
    check_writable(mount, options)
    if options & MS_RDONLY and not mount.flags & MS_RDONLY and mount.writers:
        raise EBUSY("a file is open for writing")
    mount.flags = options


def check_writable(mount: Mount, flags: int) -> None:
    """EPERM when it is to become writable, but the host's owner says no."""
    if mount.sb.fixed_read_only and not flags & MS_RDONLY:
        raise EPERM("the machine's owner made it read-only")


def set_super_flags(sb: SuperBlock, flags: int) -> None:
    """Take over those flags that are about the whole file system."""
    sb.read_only = bool(flags & MS_RDONLY) or sb.fixed_read_only
    sb.flags = flags & PER_SUPER_BLOCK & ~MS_RDONLY


def pivot_root(task: Task, new_name: bytes, put_old: bytes) -> None:
    """Make another mount the root of all, and put the old root somewhere in it."""
    may_mount(task)
    new = path_lookup(task, AT_FDCWD, new_name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY)
    old = path_lookup(task, AT_FDCWD, put_old, LOOKUP_FOLLOW | LOOKUP_DIRECTORY)
    root = task.fs.root
    new_parent, root_parent = new.mount.parent, root.mount.parent
    if old.mount.peers is not None or any(
        parent is not None and parent.peers is not None for parent in (new_parent, root_parent)
    ):
        raise EINVAL("what is shared stays where it is")
    if not is_ours(task, root.mount) or not is_ours(task, new.mount):
        raise EINVAL("in another namespace")
    if new.dentry.dead:
        raise ENOENT("the new root was removed")
    if root.mount in (new.mount, old.mount):
        raise EBUSY("on the same mount as the old root")
    if root.dentry is not root.mount.root or new.dentry is not new.mount.root:
        raise EINVAL("not the root of a mount")
    if root_parent is None or new_parent is None or root.mount.mountpoint is None:
        raise EINVAL("it is mounted nowhere")
    if not is_reachable(old, new) or not is_reachable(new, root):
        raise EINVAL("not below the root")
    place = VfsPath(root_parent, root.mount.mountpoint)
    new.mount.detach()
    root.mount.detach()
    root.mount.attach(old)
    new.mount.attach(place)
    for other in task.kernel.tasks.values():
        if other.fs.root == root:
            other.fs.root = new
        if other.fs.cwd == root:
            other.fs.cwd = new
