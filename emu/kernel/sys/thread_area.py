"""Thread-local storage of i386 and MIPS: set_thread_area(2)."""

from __future__ import annotations

from typing import Protocol, cast

from emu.kernel.args import Pointer, UserStruct
from emu.kernel.errno import EINVAL, ENOSYS, ESRCH
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

GDT_ENTRY_TLS_MIN = 6
GDT_ENTRY_TLS_MAX = 8
NO_ENTRY = 0xFFFFFFFF

# The bits of struct user_desc's flags, in their order.
DESC_FLAGS = (
    ("seg_32bit", 0),
    ("contents", 1),
    ("read_exec_only", 3),
    ("limit_in_pages", 4),
    ("seg_not_present", 5),
    ("useable", 6),
)
SEG_32BIT = 1 << 0
CONTENTS = 3 << 1
READ_EXEC_ONLY = 1 << 3
SEG_NOT_PRESENT = 1 << 5
FLAGS_OF_EMPTY = (0, READ_EXEC_ONLY | SEG_NOT_PRESENT)


class DescriptorCpu(Protocol):
    """What an i386 CPU has beside the common interface."""

    def set_tls_entry(self, index: int, base: int, limit: int, flags: int) -> None:
        """Fill an entry of the GDT; the flags are those of struct user_desc."""


@syscall("sys_set_thread_area")
def set_thread_area(task: Task, u_info: Pointer) -> int:
    """Set a GDT entry (x86), or the thread pointer itself (MIPS). See set_thread_area(2)."""
    if task.abi.isa.name.startswith("mips"):
        task.cpu.thread_pointer = u_info
        return 0
    check_cpu(task)
    info = user_desc(task, u_info).read()
    flags = sum(info[name] << shift for name, shift in DESC_FLAGS)
    empty = not info["base_addr"] and not info["limit"] and flags in FLAGS_OF_EMPTY
    if not empty and (
        not flags & SEG_32BIT or (flags & CONTENTS) >> 1 > 1 or flags & SEG_NOT_PRESENT
    ):
        raise EINVAL("not a present 32-bit data segment")
    entries = task.attributes.tls_entries
    index = info["entry_number"]
    if index == NO_ENTRY:
        index = free_entry(entries)
        task.mm.write_u32(u_info, index)
    check_entry(index)
    cast(DescriptorCpu, task.cpu).set_tls_entry(index, info["base_addr"], info["limit"], flags)
    if empty:
        entries.pop(index, None)
    else:
        entries[index] = (info["base_addr"], info["limit"], flags)
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


def user_desc(task: Task, address: int) -> UserStruct:
    """The struct user_desc at a user address."""
    return UserStruct(task.mm, address, task.abi.layout("user_desc"))


def free_entry(entries: dict[int, tuple[int, int, int]]) -> int:
    """The first thread entry that is empty. ESRCH."""
    for index in range(GDT_ENTRY_TLS_MIN, GDT_ENTRY_TLS_MAX + 1):
        if index not in entries:
            return index
    raise ESRCH("all thread entries are taken")


def check_entry(index: int) -> int:
    """EINVAL unless the entry is for threads."""
    if not GDT_ENTRY_TLS_MIN <= index <= GDT_ENTRY_TLS_MAX:
        raise EINVAL("not an entry for threads")
    return index
