"""/proc/PID/mounts and mountinfo. See fs/proc_namespace.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.path import d_path

if TYPE_CHECKING:
    from emu.kernel.task import Task

ESCAPED = {b" ": b"\\040", b"\t": b"\\011", b"\n": b"\\012", b"\\": b"\\134"}


def show_mounts(task: Task) -> bytes:
    """The lines of /proc/mounts, as in fstab(5)."""
    lines = []
    for mount, place in _visible(task):
        options = mounted_options(mount).encode()
        source = escape(mount.source)
        lines.append(b"%s %s %s %s 0 0\n" % (source, place, mount.sb.fs_type, options))
    return b"".join(lines)


def mounted_options(mount: Mount) -> str:
    """The options of a mount and of its file system, as in fstab(5)."""
    sb = mount.sb
    own = mount.show_options()[len("rw") :]
    return ("ro" if mount.read_only else "rw") + sb.show_flags() + own + sb.show_options()


def show_mountstats(task: Task) -> bytes:
    """The lines of /proc/PID/mountstats."""
    return b"".join(
        b"device %s mounted on %s with fstype %s\n"
        % (escape(mount.source), place, mount.sb.fs_type)
        for mount, place in _visible(task)
    )


def propagation_fields(mount: Mount) -> bytes:
    """The optional fields: with whom a mount shares."""
    fields = b" shared:%d" % mount.peers.id if mount.peers else b""
    if mount.master:
        fields += b" master:%d" % mount.master.id
    return fields + b" unbindable" if mount.unbindable else fields


def show_mountinfo(task: Task) -> bytes:
    """The lines of /proc/PID/mountinfo."""
    lines = []
    for mount, place in _visible(task):
        sb = mount.sb
        parent = mount.parent.mnt_id if mount.parent else mount.mnt_id
        sb_options = ("ro" if sb.read_only else "rw") + sb.show_flags() + sb.show_options()
        lines.append(
            b"%d %d %d:%d %s %s %s%s - %s %s %s\n"
            % (
                mount.mnt_id,
                parent,
                MAJOR(sb.dev),
                MINOR(sb.dev),
                escape(inside(mount)),
                place,
                mount.show_options().encode(),
                propagation_fields(mount),
                sb.fs_type,
                escape(mount.source),
                sb_options.encode(),
            )
        )
    return b"".join(lines)


def escape(text: bytes) -> bytes:
    """As in fstab(5): blanks as octal numbers."""
    return b"".join(ESCAPED.get(text[i : i + 1], text[i : i + 1]) for i in range(len(text)))


def _visible(task: Task) -> list[tuple[Mount, bytes]]:
    """The mounts below a task's root, and where, in order of their making."""
    found = []
    for mount in sorted(task.fs.mnt_ns.root.tree(), key=lambda mount: mount.mnt_id):
        name, reachable = d_path(mount.root_path(), task.fs.root)
        if reachable:
            found.append((mount, escape(name)))
    return found


def inside(mount: Mount) -> bytes:
    """The name of a mount's root within its file system."""
    names = []
    dentry = mount.root
    while dentry.parent is not dentry:
        names.append(dentry.name)
        dentry = dentry.parent
    return b"/" + b"/".join(reversed(names)) + (b"//deleted" if mount.root.dead else b"")
