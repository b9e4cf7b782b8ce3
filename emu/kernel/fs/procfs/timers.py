"""/proc/PID/timers: the POSIX timers of a process. See show_timer in fs/proc/base.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.access import present
from emu.kernel.uapi.signal import SIGEV_THREAD_ID

if TYPE_CHECKING:
    from emu.kernel.task import Task

NOTIFY_NAMES = ("signal", "none", "thread")


def show_timers(task: Task) -> bytes:
    """Four lines for each."""
    return b"".join(
        f"ID: {timer_id}\n"
        f"signal: {timer.info.signal}/{timer.info.value:016x}\n"
        f"notify: {NOTIFY_NAMES[timer.notify & ~SIGEV_THREAD_ID]}/"
        f"{'tid' if timer.notify & SIGEV_THREAD_ID else 'pid'}."
        f"{timer.target.pid if timer.notify & SIGEV_THREAD_ID else timer.target.tgid}\n"
        f"ClockID: {timer.clock_id}\n".encode()
        for timer_id, timer in present(task).group.posix_timers.items()
    )
