"""Leaving a signal handler, and going on with what it broke: sigreturn(2), restart_syscall(2)."""

from __future__ import annotations

from collections.abc import Awaitable

from emu.kernel.errno import EINTR
from emu.kernel.restart import RegistersSet
from emu.kernel.signal.frame import restore_frame
from emu.kernel.syscall import syscall
from emu.kernel.task import Task


@syscall("sys_rt_sigreturn")
def rt_sigreturn(task: Task) -> int:
    """Put back what a handler's call changed. See rt_sigreturn(2)."""
    return _return_from(task, rt=True)


@syscall("sys_sigreturn")
def sigreturn(task: Task) -> int:
    """The same for the frames of old. See sigreturn(2)."""
    return _return_from(task, rt=False)


@syscall("sys_restart_syscall")
def restart_syscall(task: Task) -> int | Awaitable[int]:
    """Go on with a call that a signal without a handler broke. See restart_syscall(2).

    EINTR if there is none.
    """
    resume, task.restart_block = task.restart_block, None
    if resume is None:
        raise EINTR("nothing was broken")
    return resume()


def _return_from(task: Task, *, rt: bool) -> int:
    if restore_frame(task, rt=rt):
        raise RegistersSet
    return 0
