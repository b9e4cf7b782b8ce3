"""sysinfo(2) and getrusage(2): what is used of the machine."""

from __future__ import annotations

from typing import Annotated

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.args import FlagFamily, FlagsArg, StructArg, UserStruct
from emu.kernel.clock import NSEC_PER_SEC, NSEC_PER_USEC
from emu.kernel.cpu_time import process_time_ns, thread_time_ns
from emu.kernel.errno import EINVAL
from emu.kernel.sys.time import wrapped
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.resource import RUSAGE_CHILDREN, RUSAGE_SELF, RUSAGE_THREAD

LOAD_SCALE = 1 << 16
"""SI_LOAD_SHIFT: load averages are told in these fractions."""

OutSysinfo = Annotated[UserStruct, StructArg(layout="sysinfo", out=True)]
OutRusage = Annotated[UserStruct, StructArg(layout="rusage", out=True)]
RUSAGE_WHO = FlagFamily(
    "rusage who",
    (
        ("RUSAGE_SELF", RUSAGE_SELF),
        ("RUSAGE_CHILDREN", RUSAGE_CHILDREN),
        ("RUSAGE_THREAD", RUSAGE_THREAD),
    ),
    is_number=True,
)
Who = Annotated[int, FlagsArg(signed=True, family=RUSAGE_WHO)]


@syscall("sys_sysinfo")
def sysinfo(task: Task, info: OutSysinfo) -> int:
    """Tell the uptime, the load and the memory; there is no swap. See sysinfo(2)."""
    kernel = task.kernel
    total, free = memory(task)
    # 32-bit callers count in pages once bytes do not fit, as do_sysinfo has it.
    unit = 1 if total < 1 << 32 or task.abi.layout("sysinfo").size > 64 else PAGE_SIZE
    info.write(
        uptime=wrapped(-(-kernel.clock.boottime_ns() // NSEC_PER_SEC), task.abi.word_bits),
        loads=tuple(int(average * LOAD_SCALE) for average in kernel.load.averages()),
        totalram=total // unit,
        freeram=free // unit,
        sharedram=kernel.ram.shmem_pages() * PAGE_SIZE // unit,
        procs=len(kernel.tasks),
        mem_unit=unit,
    )
    return 0


@syscall("sys_getrusage")
def getrusage(task: Task, who: Who, ru: OutRusage) -> int:
    """Tell the CPU time and the most memory used; all time is user time. See getrusage(2)."""
    group = task.group
    resident = task.mm.resident_bytes
    if who == RUSAGE_SELF:
        write_rusage(task, ru, process_time_ns(task), max(group.maxrss, resident))
    elif who == RUSAGE_THREAD:
        write_rusage(task, ru, thread_time_ns(task), max(group.maxrss, resident))
    elif who == RUSAGE_CHILDREN:
        write_rusage(task, ru, group.children_ns, group.children_maxrss)
    else:
        raise EINVAL("neither self, children nor thread")
    return 0


def write_rusage(task: Task, ru: UserStruct, cpu_time_ns: int, maxrss: int) -> None:
    """Fill a struct rusage. `maxrss` is in bytes. EFAULT."""
    seconds, nanoseconds = divmod(cpu_time_ns, NSEC_PER_SEC)
    seconds = wrapped(seconds, task.abi.word_bits)
    ru.write(
        ru_utime={"tv_sec": seconds, "tv_usec": nanoseconds // NSEC_PER_USEC},
        ru_maxrss=maxrss >> 10,
    )


def memory(task: Task) -> tuple[int, int]:
    """The machine's memory in bytes, and how much of it is free."""
    ram = task.kernel.ram
    return ram.size, ram.free_bytes
