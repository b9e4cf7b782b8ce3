"""Ending: _exit(2) and exit_group(2)."""

from __future__ import annotations

from emu.kernel.args import Int
from emu.kernel.exit import do_exit
from emu.kernel.syscall import syscall
from emu.kernel.task import Task


@syscall("sys_exit")
def exit(task: Task, error_code: Int) -> int:
    """End the thread. See _exit(2)."""
    do_exit(task, (error_code & 0xFF) << 8)
    return 0


@syscall("sys_exit_group")
def exit_group(task: Task, error_code: Int) -> int:
    """End the process. See exit_group(2)."""
    task.exit(error_code)
    return 0
