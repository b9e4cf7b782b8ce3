"""/proc/PID/net: what is known of a task's network. The sockets put their tables here.

See fs/proc/proc_net.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.rows import Table, TableDirectory

if TYPE_CHECKING:
    from emu.kernel.fs.procfs.pid import TaskDirectory

NET: Table = {}
"""Rows about the kernel: there is one network namespace."""


def net_directory(parent: TaskDirectory, mode: int, ino: int) -> TableDirectory:
    """The directory of the network that a task is in."""
    kernel = parent.task.kernel
    return TableDirectory(parent.sb, kernel, NET, mode, ino=ino)
