"""A thread's own storage, as each ABI finds it: thread pointer or i386 descriptor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.args import UserStruct
from emu.kernel.errno import EINVAL, ESRCH

if TYPE_CHECKING:
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


def set_tls(task: Task, tls: int) -> None:
    """Set up what CLONE_SETTLS names, for the task whose registers are on the CPU. EINVAL, EFAULT.

    A thread pointer, or on i386 the address of a struct user_desc.
    """
    if task.image_abi.name == "i386":
        set_descriptor(task, tls, may_choose=False)
    else:
        task.cpu.thread_pointer = tls


def set_descriptor(task: Task, address: int, *, may_choose: bool) -> None:
    """Fill a GDT entry from a struct user_desc. EINVAL, EFAULT, ESRCH.

    With `may_choose` an entry number of -1 asks for a free entry, whose number is stored.
    """
    info = user_desc(task, address).read()
    flags = sum(info[name] << shift for name, shift in DESC_FLAGS)
    empty = not info["base_addr"] and not info["limit"] and flags in FLAGS_OF_EMPTY
    if not empty and (
        not flags & SEG_32BIT or (flags & CONTENTS) >> 1 > 1 or flags & SEG_NOT_PRESENT
    ):
        raise EINVAL("not a present 32-bit data segment")
    entries = task.attributes.tls_entries
    index = info["entry_number"]
    if index == NO_ENTRY and may_choose:
        index = free_entry(entries)
        task.mm.write_u32(address, index)
    check_entry(index)
    task.cpu.set_tls_entry(index, info["base_addr"], info["limit"], flags)
    if empty:
        entries.pop(index, None)
    else:
        entries[index] = (info["base_addr"], info["limit"], flags)


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
