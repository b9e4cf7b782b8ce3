"""Mapping memory: mmap(2) under all its names, munmap(2), mremap(2), brk(2)."""

from __future__ import annotations

from typing import Annotated

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT
from emu.kernel.args import Fd, FlagsArg, Pointer, Size, StructArg, ULong, UserStruct
from emu.kernel.errno import EINVAL
from emu.kernel.mm.layout import mmap_base
from emu.kernel.mm.remap import do_mremap, do_remap_file_pages
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_IPC_LOCK
from emu.kernel.uapi.mman import MAP, MAP_ANONYMOUS, MAP_HUGETLB, MREMAP, PROT
from emu.kernel.uapi.personality import READ_IMPLIES_EXEC

Prot = Annotated[int, FlagsArg(bits=0, family=PROT)]
MapFlags = Annotated[int, FlagsArg(bits=0, family=MAP)]
MremapFlags = Annotated[int, FlagsArg(bits=0, family=MREMAP)]
MmapArguments = Annotated[UserStruct, StructArg(layout="mmap_arg_struct")]


@syscall("sys_mmap", "sys_mips_mmap", missing="huge pages, MAP_DROPPABLE")
def mmap(
    task: Task, addr: Pointer, len: Size, prot: Prot, flags: MapFlags, fd: Fd, off: ULong
) -> int:
    """Map memory; the offset counts bytes. See mmap(2)."""
    if off & ~PAGE_MASK:
        raise EINVAL("unaligned offset")
    return ksys_mmap(task, addr, len, prot, flags, fd, off)


@syscall("sys_mmap_pgoff", "sys_mmap2", "sys_mips_mmap2", missing="huge pages, MAP_DROPPABLE")
def mmap_pgoff(
    task: Task, addr: Pointer, len: Size, prot: Prot, flags: MapFlags, fd: Fd, pgoff: ULong
) -> int:
    """Map memory; the offset counts pages of 4096 bytes. See mmap2(2)."""
    return ksys_mmap(task, addr, len, prot, flags, fd, pgoff << PAGE_SHIFT)


@syscall("sys_old_mmap")
def old_mmap(task: Task, arg: MmapArguments) -> int:
    """Map memory, all arguments in a struct. Only ABIs with the generic flags have it."""
    given = arg.read()
    if given["offset"] & ~PAGE_MASK:
        raise EINVAL("unaligned offset")
    fd = given["fd"] if given["fd"] < 1 << 31 else -1
    return ksys_mmap(
        task, given["addr"], given["len"], given["prot"], given["flags"], fd, given["offset"]
    )


def ksys_mmap(
    task: Task, addr: int, length: int, prot: int, flags: int, fd: int, offset: int
) -> int:
    """What all mmap calls come to. EBADF, and what `do_mmap` raises."""
    file = None if flags & MAP_ANONYMOUS else task.files[fd]
    if flags & MAP_HUGETLB:
        raise EINVAL("no huge pages, as on a kernel without hugetlbfs")
    mm = task.mm
    mm.read_implies_exec = bool(task.attributes.personality & READ_IMPLIES_EXEC)
    return mm.mmap(
        addr, length, prot, flags, file, offset, may_lock=may_lock(task), below=compat_base(task)
    )


def compat_base(task: Task) -> int | None:
    """Below where a narrower ABI's call maps, so that its caller can reach it: int 0x80 on x86-64.

    None for a program's own ABI. See get_mmap_base in arch/x86/mm/mmap.c.
    """
    memory = task.abi.memory
    if memory.task_size >= task.mm.task_size:
        return None
    return mmap_base(memory, task.mm.limit("RLIMIT_STACK"))


def may_lock(task: Task) -> bool:
    """Whether RLIMIT_MEMLOCK does not bind the caller."""
    return task.cred.capable(CAP_IPC_LOCK)


@syscall("sys_munmap")
def munmap(task: Task, addr: Pointer, len: Size) -> int:
    """Remove mappings. See munmap(2)."""
    task.mm.munmap(addr, len)
    return 0


@syscall("sys_mremap")
def mremap(
    task: Task,
    addr: Pointer,
    old_len: Size,
    new_len: Size,
    flags: MremapFlags,
    new_addr: Pointer,
) -> int:
    """Resize or move a mapping. See mremap(2)."""
    lock, below = may_lock(task), compat_base(task)
    return do_mremap(task.mm, addr, old_len, new_len, flags, new_addr, may_lock=lock, below=below)


@syscall("sys_remap_file_pages")
def remap_file_pages(
    task: Task, start: Pointer, size: Size, prot: Prot, pgoff: ULong, flags: MapFlags
) -> int:
    """Show another part of a file in a shared mapping. See remap_file_pages(2)."""
    do_remap_file_pages(task.mm, start, size, prot, pgoff, flags)
    return 0


@syscall("sys_brk")
def brk(task: Task, brk: Pointer) -> int:
    """Move the program break, or tell where it is. See brk(2), C library/kernel differences."""
    return task.mm.set_brk(brk, may_lock=may_lock(task))
