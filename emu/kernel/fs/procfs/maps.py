"""/proc/PID/maps: the areas of a process's memory. See fs/proc/task_mmu.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.vfs.path import file_name

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.mm.vma import Vma
    from emu.kernel.task import Task

NAME_COLUMN = 73


def show_maps(asks: Task, mm: AddressSpace) -> bytes:
    """A line for each area of memory, as who asks sees the files."""
    return b"".join(map_line(asks, vma) for vma in mm.vmas)


def map_line(asks: Task, vma: Vma) -> bytes:
    """One area: addresses, rights, file."""
    dev = ino = 0
    if vma.file is not None:
        dev, ino = vma.file.inode.sb.dev, vma.file.inode.ino
    text = (
        f"{vma.start:08x}-{vma.end:08x} {vma.permissions} {vma.offset:08x} "
        f"{MAJOR(dev):02x}:{MINOR(dev):02x} {ino} "
    ).encode()
    name = area_name(asks, vma)
    return (text.ljust(NAME_COLUMN) + name if name else text) + b"\n"


def area_name(asks: Task, vma: Vma) -> bytes:
    """The name of a file, or what the kernel calls an area."""
    if vma.file is not None:
        return file_name(vma.file.path, asks.fs.root).replace(b"\n", b"\\012")
    return vma.mm.area_name(vma)
