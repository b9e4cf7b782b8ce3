"""What a process used: /proc/PID/io and schedstat. See fs/proc/base.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.cpu_time import thread_time_ns
from emu.kernel.fs.procfs.access import present, require_read
from emu.kernel.io_accounting import IoAccounting

if TYPE_CHECKING:
    from emu.kernel.task import Task


def show_thread_io(task: Task) -> bytes:
    """What one thread read and wrote. EACCES for another user's."""
    require_read(present(task))
    return _io_text(task.io)


def show_process_io(task: Task) -> bytes:
    """The same of all threads, those that ended included."""
    require_read(present(task))
    total = IoAccounting()
    total.add(task.group.dead_threads_io)
    for thread in task.group.threads:
        total.add(thread.io)
    return _io_text(total)


def show_schedstat(task: Task) -> bytes:
    """Nanoseconds on the CPU, nanoseconds waited for it (nobody counts them), and turns."""
    turns = present(task).nvcsw + task.nivcsw
    return b"%d 0 %d\n" % (thread_time_ns(task), turns)


def _io_text(io: IoAccounting) -> bytes:
    counts = (
        ("rchar", io.rchar), ("wchar", io.wchar), ("syscr", io.syscr), ("syscw", io.syscw),
        ("read_bytes", 0), ("write_bytes", 0), ("cancelled_write_bytes", 0),
    )  # fmt: skip
    return "".join(f"{name}: {count}\n" for name, count in counts).encode()
