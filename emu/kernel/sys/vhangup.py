"""Hanging up one's own terminal: vhangup(2)."""

from __future__ import annotations

from emu.kernel.errno import EPERM
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.tty.hangup import vhangup
from emu.kernel.uapi.capability import CAP_SYS_TTY_CONFIG


@syscall("sys_vhangup")
def sys_vhangup(task: Task) -> int:
    """Hang up the caller's controlling terminal, if it has one. EPERM. See vhangup(2)."""
    if not task.cred.capable(CAP_SYS_TTY_CONFIG):
        raise EPERM
    if task.group.tty is not None:
        vhangup(task.group.tty)
    return 0
