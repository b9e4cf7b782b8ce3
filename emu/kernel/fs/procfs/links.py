"""The magic links of /proc/PID: cwd, exe, root. See proc_pid_get_link in fs/proc/base.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import ENOENT
from emu.kernel.fs.procfs.access import require_read

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.path import VfsPath


def cwd(task: Task) -> VfsPath:
    """The working directory. EACCES; ENOENT for a process that ended."""
    require_read(task)
    return _living(task).fs.cwd


def root(task: Task) -> VfsPath:
    """The root directory. EACCES; ENOENT for a process that ended."""
    require_read(task)
    return _living(task).fs.root


def exe(task: Task) -> VfsPath:
    """The program. EACCES; ENOENT for a process that ended."""
    require_read(task)
    program = _living(task).exe
    if program is None:
        raise ENOENT("no program yet")
    return program


def _living(task: Task) -> Task:
    if not task.alive:
        raise ENOENT("the process has ended")
    return task
