"""The memory of a process as files: mem, maps, smaps, cmdline, environ, auxv, pagemap.

See fs/proc/task_mmu.c and the mem, environ and cmdline parts of fs/proc/base.c. Who opens one
must be allowed to look into the process then; afterwards it is the memory of that moment, which
an execve does not exchange.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from emu.arch.cpu import PAGE_MASK, PAGE_SHIFT, PAGE_SIZE
from emu.kernel.errno import EACCES, EFAULT, EINVAL, EIO, EPERM
from emu.kernel.fs.procfs.access import current_of, mm_of, present
from emu.kernel.fs.procfs.maps import show_maps
from emu.kernel.fs.procfs.smaps import show_smaps, show_smaps_rollup
from emu.kernel.fs.procfs.text import GeneratedText, taken
from emu.kernel.mm.force import read_forced, write_forced
from emu.kernel.mm.ram import ZERO_FRAME
from emu.kernel.ptrace_access import (
    PTRACE_MODE_ATTACH,
    PTRACE_MODE_FSCREDS,
    PTRACE_MODE_READ,
    check_ptrace_access,
)
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.fs import SEEK_CUR, SEEK_SET
from emu.kernel.vfs.file_operations import FileOperations, Result, seek

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

Move = Callable[["AddressSpace", "Buffer", int, int], int]
"""Copies so many bytes between a buffer and an address, within one page: how many. EIO, EFAULT."""

PIECE = 1 << 16
PM_PRESENT, PM_FILE, PM_MMAP_EXCLUSIVE = 1 << 63, 1 << 61, 1 << 56
ENTRY_BYTES = 8


def open_memory(inode: Inode, mode: int) -> AddressSpace | None:
    """The memory of the process that a file is about: see proc_mem_open. EACCES, ESRCH."""
    task = task_of(inode)
    try:
        check_ptrace_access(current_of(task.kernel), task, mode | PTRACE_MODE_FSCREDS)
    except EPERM:
        raise EACCES("its memory may not be seen") from None
    return mm_of(task)


def task_of(inode: Inode) -> Task:
    """The task that a file is about. ESRCH once it is gone."""
    task: Any = inode.private
    return present(task)


class MemoryText(GeneratedText):
    """A text about areas of memory: maps and its kin."""

    no_write = EINVAL

    def __init__(self, show: Any) -> None:
        self._show = show

    def opened(self, inode: Inode) -> Any:
        """The memory. EACCES."""
        return open_memory(inode, PTRACE_MODE_READ)

    def text(self, file: File) -> bytes:
        """The areas as they are now; nothing for a process that has ended."""
        task, mm = task_of(file.inode), file.private_data.private
        if mm is None or not mm.users:
            return b""
        shown: bytes = self._show(current_of(task.kernel), mm)
        return shown


class Memory(FileOperations):
    """/proc/PID/mem: the positions are addresses, any that fit into 64 bits."""

    mode = PTRACE_MODE_ATTACH

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """EACCES."""
        file.private_data = open_memory(inode, self.mode)
        return None

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """What is at an address; EIO if nothing is, 0 if the process has ended."""
        return self._by_page(file, buffer, pos, _read)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Change what is at an address, also where the process itself may only read."""
        return self._by_page(file, buffer, pos, _write)

    def _by_page(self, file: File, buffer: Buffer, pos: int, move: Move) -> int:
        mm: AddressSpace | None = file.private_data
        if mm is None or not mm.users:
            return 0
        done = 0
        while buffer.count:
            count = min(buffer.count, PAGE_SIZE - pos % PAGE_SIZE)
            try:
                moved = move(mm, buffer, pos, count)
            except (EFAULT, EIO):
                if done:
                    break
                raise
            done += moved
            pos += moved
            if moved < count:
                break
        return done

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """To any address: see mem_lseek."""
        return seek_address(file, offset, whence)


class MemoryPiece(Memory):
    """A part of a process's own memory, as it is now: its arguments or environment."""

    mode = PTRACE_MODE_READ

    def __init__(self, first: str, last: str, *, checked: bool) -> None:
        self._first = first
        self._last = last
        self._checked = checked

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """EACCES where the contents are not for everybody."""
        file.private_data = (
            open_memory(inode, self.mode) if self._checked else mm_of(task_of(inode))
        )
        return None

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """What is left from a position on; nothing where the memory is not there."""
        mm: AddressSpace | None = file.private_data
        if mm is None or not mm.users:
            return 0
        start, end = getattr(mm, self._first) + pos, getattr(mm, self._last)
        done = 0
        while buffer.count and start < end:
            count = min(buffer.count, end - start, PAGE_SIZE - start % PAGE_SIZE)
            try:
                data = mm.read(start, count)
            except EFAULT:
                break
            done += buffer.copy_to(data)
            start += count
        return done

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """It cannot be written."""
        raise EINVAL

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """cmdline has no size; the others are sought as memory is."""
        return seek(file, offset, whence, 0)


class AuxiliaryVector(MemoryText):
    """/proc/PID/auxv: what execve told the program."""

    def __init__(self) -> None:
        super().__init__(lambda asks, mm: mm.saved_auxv)

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """From the end of nothing, too."""
        return seek(file, offset, whence, 0)


class PageMap(Memory):
    """/proc/PID/pagemap: 64 bits for each page, of the reader's own byte order.

    The frame is told only to CAP_SYS_ADMIN. See Documentation/admin-guide/mm/pagemap.rst.
    """

    mode = PTRACE_MODE_READ

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Whole entries at a whole entry's position. EINVAL."""
        mm: AddressSpace | None = file.private_data
        if pos % ENTRY_BYTES or buffer.count % ENTRY_BYTES:
            raise EINVAL("not whole entries")
        if mm is None or not mm.users:
            return 0
        asks = current_of(task_of(file.inode).kernel)
        order = asks.mm.abi.byte_order
        shows_frames = asks.cred.capable(CAP_SYS_ADMIN)
        page, last = pos // ENTRY_BYTES, mm.task_size >> PAGE_SHIFT
        done = 0
        while buffer.count and page < last:
            end = min(last, page + min(buffer.count, PIECE) // ENTRY_BYTES)
            entries = (page_entry(mm, each, shows_frames) for each in range(page, end))
            done += buffer.copy_to(b"".join(each.to_bytes(ENTRY_BYTES, order) for each in entries))
            page = end
        return done

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """It cannot be written."""
        raise EINVAL


class ClearRefs(FileOperations):
    """/proc/PID/clear_refs: forget the most memory that the process ever had.

    The other requests would clear marks of use that no CPU here sets: EINVAL.
    """

    MM_HIWATER_RSS = b"5"

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Take a request."""
        count = buffer.count
        task = task_of(file.inode)
        if taken(buffer).strip() != self.MM_HIWATER_RSS:
            raise EINVAL("pages have no mark of use")
        mm = mm_of(task)
        if mm is not None:
            mm.most_pages = 0
        return count


def _read(mm: AddressSpace, buffer: Buffer, address: int, count: int) -> int:
    data = read_forced(mm, address, count)
    if not data:
        raise EIO("nothing is there")
    return buffer.copy_to(data)


def _write(mm: AddressSpace, buffer: Buffer, address: int, count: int) -> int:
    done = write_forced(mm, address, buffer.copy_from(count))
    if not done:
        raise EIO("nothing is there")
    return done


def page_entry(mm: AddressSpace, page: int, shows_frame: bool) -> int:
    """What /proc/PID/pagemap says of one page."""
    pte = mm.pages.get(page)
    if pte is None:
        return 0
    frame = pte & PAGE_MASK
    entry = PM_PRESENT | (frame >> PAGE_SHIFT if shows_frame else 0)
    vma = mm.vmas.at(page << PAGE_SHIFT)
    mapping = vma.mapping if vma is not None else None
    if vma is not None and mapping is not None and mapping.pages.get(vma.index(page)) == frame:
        return entry | PM_FILE | (PM_MMAP_EXCLUSIVE if mm.ram.references[frame] == 2 else 0)
    exclusive = frame != ZERO_FRAME and mm.ram.references[frame] == 1
    return entry | (PM_MMAP_EXCLUSIVE if exclusive else 0)


def seek_address(file: File, offset: int, whence: int) -> int:
    """lseek where every number of 64 bits is a position: see mem_lseek. EINVAL."""
    if whence == SEEK_SET:
        return offset & (1 << 64) - 1
    if whence == SEEK_CUR:
        return file.pos + offset & (1 << 64) - 1
    raise EINVAL("memory has no end")


MAPS = MemoryText(show_maps)
SMAPS = MemoryText(show_smaps)
SMAPS_ROLLUP = MemoryText(show_smaps_rollup)
MEM = Memory()
AUXV = AuxiliaryVector()
CMDLINE = MemoryPiece("arg_start", "arg_end", checked=False)
ENVIRON = MemoryPiece("env_start", "env_end", checked=True)
PAGEMAP = PageMap()
CLEAR_REFS = ClearRefs()
