"""/proc/PID/limits. See proc_pid_limits in fs/proc/base.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.access import present
from emu.kernel.uapi.resource import RLIM_INFINITY, RLIMIT_NAMES

if TYPE_CHECKING:
    from emu.kernel.task import Task

LIMIT_TEXTS = {
    "RLIMIT_CPU": ("Max cpu time", "seconds"),
    "RLIMIT_FSIZE": ("Max file size", "bytes"),
    "RLIMIT_DATA": ("Max data size", "bytes"),
    "RLIMIT_STACK": ("Max stack size", "bytes"),
    "RLIMIT_CORE": ("Max core file size", "bytes"),
    "RLIMIT_RSS": ("Max resident set", "bytes"),
    "RLIMIT_NPROC": ("Max processes", "processes"),
    "RLIMIT_NOFILE": ("Max open files", "files"),
    "RLIMIT_MEMLOCK": ("Max locked memory", "bytes"),
    "RLIMIT_AS": ("Max address space", "bytes"),
    "RLIMIT_LOCKS": ("Max file locks", "locks"),
    "RLIMIT_SIGPENDING": ("Max pending signals", "signals"),
    "RLIMIT_MSGQUEUE": ("Max msgqueue size", "bytes"),
    "RLIMIT_NICE": ("Max nice priority", None),
    "RLIMIT_RTPRIO": ("Max realtime priority", None),
    "RLIMIT_RTTIME": ("Max realtime timeout", "us"),
}


def show_limits(task: Task) -> bytes:
    """A table of the resource limits."""
    present(task)
    lines = [f"{'Limit':25} {'Soft Limit':20} {'Hard Limit':20} {'Units':10}\n"]
    for name in RLIMIT_NAMES:
        title, unit = LIMIT_TEXTS[name]
        soft, hard = ("unlimited" if n == RLIM_INFINITY else str(n) for n in task.rlimits[name])
        lines.append(f"{title:25} {soft:20} {hard:20} ")
        lines.append(f"{unit:10}\n" if unit else "\n")
    return "".join(lines).encode()
