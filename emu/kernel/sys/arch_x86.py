"""x86: segment bases and thread areas. See arch_prctl(2), set_thread_area(2)."""

from __future__ import annotations

from typing import Annotated, Protocol, cast

from emu.kernel.args import FlagFamily, FlagsArg, StructArg, ULong, UserStruct
from emu.kernel.errno import EINVAL, ENODEV, EPERM, ESRCH
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

ARCH_SET_GS = 0x1001
ARCH_SET_FS = 0x1002
ARCH_GET_FS = 0x1003
ARCH_GET_GS = 0x1004
ARCH_GET_CPUID = 0x1011
ARCH_SET_CPUID = 0x1012
ARCH_OPTIONS = FlagFamily(
    "arch_prctl option",
    (
        ("ARCH_SET_GS", ARCH_SET_GS),
        ("ARCH_SET_FS", ARCH_SET_FS),
        ("ARCH_GET_FS", ARCH_GET_FS),
        ("ARCH_GET_GS", ARCH_GET_GS),
        ("ARCH_GET_CPUID", ARCH_GET_CPUID),
        ("ARCH_SET_CPUID", ARCH_SET_CPUID),
    ),
    is_number=True,
)

ArchOption = Annotated[int, FlagsArg(signed=True, family=ARCH_OPTIONS)]
UserDesc = Annotated[UserStruct, StructArg(layout="user_desc", out=True)]

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


class SegmentedCpu(Protocol):
    """What an x86 CPU has beside the common interface."""

    gs_base: int

    def set_tls_entry(self, index: int, base: int, limit: int, flags: int) -> None:
        """Fill an entry of the GDT; the flags are those of struct user_desc."""


@syscall("sys_arch_prctl")
def arch_prctl(task: Task, option: ArchOption, arg2: ULong) -> int:
    """Set or tell a segment's base, or whether CPUID may be used. See arch_prctl(2)."""
    if option == ARCH_GET_CPUID:
        return 1
    if option == ARCH_SET_CPUID:
        raise ENODEV("the CPU cannot forbid cpuid")
    if task.abi.isa.word_bits == 64:
        cpu = cast(SegmentedCpu, task.cpu)
        if option == ARCH_SET_FS:
            task.cpu.thread_pointer = user_address(task, arg2)
            return 0
        if option == ARCH_SET_GS:
            cpu.gs_base = user_address(task, arg2)
            return 0
        if option == ARCH_GET_FS:
            task.mm.write_u64(arg2, task.cpu.thread_pointer)
            return 0
        if option == ARCH_GET_GS:
            task.mm.write_u64(arg2, cpu.gs_base)
            return 0
    raise EINVAL(f"option {option:#x} is not supported")


@syscall("sys_set_thread_area")
def set_thread_area(task: Task, u_info: UserDesc) -> int:
    """Set an entry of the GDT for thread-local storage. See set_thread_area(2).

    MIPS has an entry point of this name too, which takes the address itself: see `arch_mips`.
    """
    if task.abi.isa.name.startswith("mips"):
        task.cpu.thread_pointer = u_info.address
        return 0
    info = u_info.read()
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
        task.mm.write_u32(u_info.address, index)
    check_entry(index)
    cast(SegmentedCpu, task.cpu).set_tls_entry(index, info["base_addr"], info["limit"], flags)
    if empty:
        entries.pop(index, None)
    else:
        entries[index] = (info["base_addr"], info["limit"], flags)
    return 0


@syscall("sys_get_thread_area")
def get_thread_area(task: Task, u_info: UserDesc) -> int:
    """Tell an entry of the GDT for thread-local storage. See get_thread_area(2)."""
    index = check_entry(task.mm.read_u32(u_info.address))
    base, limit, flags = task.attributes.tls_entries.get(index, (0, 0, sum(FLAGS_OF_EMPTY)))
    values = {name: flags >> shift & (3 if name == "contents" else 1) for name, shift in DESC_FLAGS}
    u_info.write(entry_number=index, base_addr=base, limit=limit, **values)
    return 0


def user_address(task: Task, address: int) -> int:
    """EPERM for a base that no user program may have."""
    if address >= task.mm.task_size:
        raise EPERM("not a user address")
    return address


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
