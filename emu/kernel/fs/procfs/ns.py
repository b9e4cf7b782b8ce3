"""/proc/PID/ns: a magic link for each namespace that a task is in. See fs/proc/namespaces.c."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from emu.kernel.fs.nsfs import NAMESPACES, namespace_path
from emu.kernel.fs.procfs.access import require_read
from emu.kernel.fs.procfs.inode import ProcDirectory

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.pid import TaskDirectory
    from emu.kernel.task import Task
    from emu.kernel.vfs.path import VfsPath

LINKS = {
    **{name: name for name in NAMESPACES},
    b"pid_for_children": b"pid",
    b"time_for_children": b"time",
}


def ns_directory(parent: TaskDirectory, mode: int, ino: int) -> ProcDirectory:
    """The directory of a task's namespaces."""
    directory = ProcDirectory(parent.sb, mode, uid=parent.uid, gid=parent.gid, ino=ino)
    for name in sorted(LINKS):
        directory.add_link(name, partial(_namespace, parent.task, LINKS[name]))
    return directory


def _namespace(task: Task, kind: bytes) -> VfsPath:
    require_read(task)
    return namespace_path(task, kind)
