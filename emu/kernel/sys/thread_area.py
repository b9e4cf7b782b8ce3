"""Thread-local storage of i386 and MIPS: set_thread_area(2)."""

from __future__ import annotations

from emu.kernel.args import Pointer
from emu.kernel.errno import ENOSYS
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.tls import DESC_FLAGS, FLAGS_OF_EMPTY, check_entry, set_descriptor, user_desc


@syscall("sys_set_thread_area")
def set_thread_area(task: Task, u_info: Pointer) -> int:
    """Set a GDT entry (x86), or the thread pointer itself (MIPS). See set_thread_area(2)."""
    if task.abi.isa.name.startswith("mips"):
        task.cpu.thread_pointer = u_info
        return 0
    check_cpu(task)
    set_descriptor(task, u_info, may_choose=True)
    return 0


@syscall("sys_get_thread_area")
def get_thread_area(task: Task, u_info: Pointer) -> int:
    """Tell an entry of the GDT for thread-local storage. See get_thread_area(2)."""
    check_cpu(task)
    index = check_entry(task.mm.read_u32(u_info))
    base, limit, flags = task.attributes.tls_entries.get(index, (0, 0, sum(FLAGS_OF_EMPTY)))
    values = {name: flags >> shift & (3 if name == "contents" else 1) for name, shift in DESC_FLAGS}
    user_desc(task, u_info).write(entry_number=index, base_addr=base, limit=limit, **values)
    return 0


def check_cpu(task: Task) -> None:
    """ENOSYS from 64-bit code: its CPU's descriptor table has no entries for threads."""
    if task.cpu.isa.name != "i386":
        raise ENOSYS("thread areas in a 64-bit program")
