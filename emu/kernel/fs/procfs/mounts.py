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
        options = mount.show_options() + mount.sb.show_options()
        source = escape(mount.source)
        lines.append(b"%s %s %s %s 0 0\n" % (source, place, mount.sb.fs_type, options.encode()))
    return b"".join(lines)


def show_mountinfo(task: Task) -> bytes:
    """The lines of /proc/PID/mountinfo."""
    lines = []
    for mount, place in _visible(task):
        sb = mount.sb
        parent = mount.parent.mnt_id if mount.parent else mount.mnt_id
        sb_options = ("ro" if sb.read_only else "rw") + sb.show_options()
        lines.append(
            b"%d %d %d:%d %s %s %s - %s %s %s\n"
            % (
                mount.mnt_id,
                parent,
                MAJOR(sb.dev),
                MINOR(sb.dev),
                escape(_inside(mount)),
                place,
                mount.show_options().encode(),
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
    """The mounts below a task's root, and where."""
    found = []
    for mount in task.kernel.root_mount.tree():
        name, reachable = d_path(mount.root_path(), task.fs.root)
        if reachable:
            found.append((mount, escape(name)))
    return found


def _inside(mount: Mount) -> bytes:
    """The name of a mount's root within its file system."""
    names = []
    dentry = mount.root
    while dentry.parent is not dentry:
        names.append(dentry.name)
        dentry = dentry.parent
    return b"/" + b"/".join(reversed(names))
