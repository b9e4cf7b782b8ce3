"""/proc/PID/maps and statm: a process's memory. See fs/proc/task_mmu.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SHIFT
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.vfs.path import file_name

if TYPE_CHECKING:
    from emu.kernel.mm.vma import Vma
    from emu.kernel.task import Task

NAME_COLUMN = 73


def show_maps(task: Task) -> bytes:
    """A line for each area of memory."""
    return b"".join(_line(task, vma) for vma in task.mm.vmas)


def _line(task: Task, vma: Vma) -> bytes:
    dev = ino = 0
    if vma.file is not None:
        dev, ino = vma.file.inode.sb.dev, vma.file.inode.ino
    text = (
        f"{vma.start:08x}-{vma.end:08x} {vma.permissions} {vma.offset:08x} "
        f"{MAJOR(dev):02x}:{MINOR(dev):02x} {ino} "
    ).encode()
    name = _name(task, vma)
    return (text.ljust(NAME_COLUMN) + name if name else text) + b"\n"


def _name(task: Task, vma: Vma) -> bytes:
    if vma.file is not None:
        return file_name(vma.file.path, task.fs.root).replace(b"\n", b"\\012")
    if vma.name:
        return vma.name
    mm = task.mm
    if vma.mapping is None:
        if vma.start <= mm.start_stack < vma.end:
            return b"[stack]"
        if vma.start < mm.brk and vma.end > mm.start_brk:
            return b"[heap]"
    return b""


def show_statm(task: Task) -> bytes:
    """Seven numbers of pages."""
    size, resident, shared, text, data = memory_pages(task)
    return b"%d %d %d %d 0 %d 0\n" % (size, resident, shared, text, data)


def memory_pages(task: Task) -> tuple[int, int, int, int, int]:
    """Pages in all, in memory, of those shared with files, of text, of data and stack."""
    mm = task.mm
    size = sum(vma.page_count for vma in mm.vmas)
    data = sum(vma.page_count for vma in mm.vmas if vma.is_anonymous)
    files = [vma for vma in mm.vmas if not vma.is_anonymous]
    ranges = [(vma.start >> PAGE_SHIFT, vma.end >> PAGE_SHIFT) for vma in files]
    shared = sum(sum(page in mm.pages for page in range(*pages)) for pages in ranges)
    text = (mm.end_code - mm.start_code + 4095) >> PAGE_SHIFT
    return size, len(mm.pages), shared, text, data
