"""The host's terminal as the machine's console: imported by machines that have one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from emu.kernel.fs.devtmpfs import TTY_GID, DevtmpfsSuperBlock
from emu.kernel.fs.setup import ROOT, KernelWalker
from emu.kernel.tty.host_console import HVC0, HostConsole, Watch
from emu.kernel.tty.jobctrl import proc_set_tty
from emu.kernel.tty.tty_io import tty_open
from emu.kernel.uapi.fcntl import O_RDWR
from emu.kernel.vfs.file import File

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.task import Task
    from emu.kernel.vfs.fdtable import FileTable


def connect_console(kernel: Kernel, fd: int) -> HostConsole:
    """Make the host's terminal the machine's console, /dev/hvc0. It must not block."""
    vfs = kernel.root_mount.vfs
    console = HostConsole(kernel, fd)
    vfs.console = console.tty
    sb = KernelWalker(kernel.root_mount).lookup(b"/dev").dentry.sb
    assert isinstance(sb, DevtmpfsSuperBlock)
    sb.add_node(b"hvc0", HVC0, 0o620, TTY_GID)
    return console


def open_console(kernel: Kernel, table: FileTable, fds: Sequence[int]) -> None:
    """Have descriptors be the machine's console."""
    console = kernel.root_mount.vfs.console
    assert console is not None
    path = KernelWalker(kernel.root_mount).lookup(b"/dev/hvc0")
    file = File(path, O_RDWR, ROOT)
    tty_open(file, console, may_control=False)
    for fd in fds:
        table.replace(fd, file.get(), cloexec=False)
    file.put()


def give_console(task: Task, fds: Sequence[int]) -> None:
    """Make the console a session leader's terminal, and open these descriptors on it."""
    open_console(task.kernel, task.files, fds)
    console = task.kernel.root_mount.vfs.console
    assert console is not None
    proc_set_tty(console, task.group)


def watch_host(kernel: Kernel, fd: int, action: Callable[[], None]) -> None:
    """Call an action whenever the host's descriptor can be read, between two tasks' turns."""
    Watch(kernel.sched.host_queues(fd)[0], action).on()
