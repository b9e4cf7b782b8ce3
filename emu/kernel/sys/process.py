"""Ending: _exit(2) and exit_group(2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from emu.kernel.args import Int
from emu.kernel.exit import do_exit, do_group_exit
from emu.kernel.syscall import syscall
from emu.kernel.task import Task


@syscall("sys_exit")
def exit(task: Task, error_code: Int) -> int | Awaitable[int]:
    """End the thread. See _exit(2)."""
    return _end(task, (error_code & 0xFF) << 8, do_exit)


@syscall("sys_exit_group")
def exit_group(task: Task, error_code: Int) -> int | Awaitable[int]:
    """End the process. See exit_group(2)."""
    return _end(task, (error_code & 0xFF) << 8, do_group_exit)


def _end(task: Task, status: int, how: Callable[[Task, int], None]) -> int | Awaitable[int]:
    if task.ptrace is not None:
        return task.ptrace.exits(status, how)
    how(task, status)
    return 0
