"""Writing a core file. See do_coredump in fs/coredump.c and elf_core_dump in fs/binfmt_elf.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.coredump.memory import dumped_size, page_to_dump
from emu.kernel.coredump.name import core_name
from emu.kernel.coredump.notes import all_notes, mapped_files
from emu.kernel.errno import EACCES, KernelError
from emu.kernel.mm.layout import page_align
from emu.kernel.mm.vma import VM_ACCESS, VM_EXEC, VM_READ, VM_WRITE
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.uapi.fcntl import AT_FDCWD, O_CREAT, O_LARGEFILE, O_NOFOLLOW, O_RDWR
from emu.kernel.vfs.attr import do_truncate
from emu.kernel.vfs.file import File
from emu.kernel.vfs.open import do_open
from emu.kernel.vfs.read_write import kernel_write

if TYPE_CHECKING:
    from emu.kernel.mm.vma import Vma
    from emu.kernel.signal.pending import SigInfo
    from emu.kernel.task import Task

MIN_COREDUMP = PAGE_SIZE
ET_CORE, PT_LOAD, PT_NOTE, EV_CURRENT, PN_XNUM = 4, 1, 4, 1, 0xFFFF
PF_X, PF_W, PF_R = 1, 2, 4
OTHERS_BITS = 0o677


class Cut(Exception):
    """The dump is larger than RLIMIT_CORE."""


def do_coredump(task: Task, info: SigInfo) -> bool:
    """Dump a process that a signal ends: whether a core file was written as a whole."""
    limit = task.rlimits["RLIMIT_CORE"][0]
    if limit < MIN_COREDUMP or task.attributes.dumpable != 1:
        return False
    try:
        file = open_core(task, info)
        try:
            write_core(CoreWriter(file, limit), task, info)
        finally:
            file.put()
    except (KernelError, Cut):
        return False
    return True


def open_core(task: Task, info: SigInfo) -> File:
    """The file, empty, which must be the process's own and nobody else's to read."""
    name = core_name(task, signal_numbers(task.image_abi).encode(info.signal))
    file = do_open(task, AT_FDCWD, name, O_CREAT | O_RDWR | O_NOFOLLOW | O_LARGEFILE, 0o600)
    if not isinstance(file, File):
        raise EACCES("not a regular file")
    try:
        inode = file.inode
        inode.refresh()
        mine = inode.uid == task.cred.fsuid and not inode.mode & OTHERS_BITS & ~0o600
        if not inode.is_regular or inode.nlink > 1 or not mine:
            raise EACCES("a file that a core must not replace")
        do_truncate(task, file.path, 0)
    except KernelError:
        file.put()
        raise
    return file


class CoreWriter:
    """Writes one part behind the other, up to the limit; what is skipped stays a hole."""

    def __init__(self, file: File, limit: int) -> None:
        self._file, self._limit = file, limit
        self._written = self._position = 0

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes. `Cut` behind the limit."""
        if self._written + len(data) > self._limit:
            raise Cut
        self._written += len(data)
        data = bytes(data)
        while data:
            done = kernel_write(self._file, data, self._position)
            if not done:
                raise Cut
            self._position += done
            data = data[done:]

    def skip(self, count: int) -> None:
        """Leave a hole."""
        self._position += count

    def finish(self) -> None:
        """A hole at the end needs a last byte to be in the file."""
        if self._position > self._file.inode.size:
            kernel_write(self._file, b"\0", self._position - 1)


def write_core(core: CoreWriter, task: Task, info: SigInfo) -> None:
    """The whole file: header, program headers, notes, memory."""
    abi, mm = task.image_abi, task.mm
    others = [thread for thread in task.group.threads if thread is not task]
    notes = all_notes(task, info, others, mapped_files(task))
    areas = [(vma, dumped_size(vma, task.attributes.coredump_filter)) for vma in mm.vmas]
    layout = CoreLayout(abi.elf_class, abi.isa.byte_order)
    headers_end = layout.header_size + layout.segment_size * (len(areas) + 1)
    offset = page_align(headers_end + len(notes))
    core.write(layout.header(abi.elf_machine, len(areas) + 1))
    core.write(layout.segment(PT_NOTE, 0, headers_end, 0, len(notes), 0, 4))
    place = offset
    for vma, size in areas:
        core.write(
            layout.segment(
                PT_LOAD, rights(vma), place, vma.start, size, vma.end - vma.start, PAGE_SIZE
            )
        )
        place += size
    core.write(notes)
    core.skip(offset - headers_end - len(notes))
    for vma, size in areas:
        for address in range(vma.start, vma.start + size, PAGE_SIZE):
            page = page_to_dump(mm, vma, address)
            if page is None:
                core.skip(PAGE_SIZE)
            else:
                core.write(page)
    core.finish()


def rights(vma: Vma) -> int:
    """PF_* of an area."""
    flags = vma.flags & VM_ACCESS
    return (
        (PF_R if flags & VM_READ else 0)
        | (PF_W if flags & VM_WRITE else 0)
        | (PF_X if flags & VM_EXEC else 0)
    )


class CoreLayout:
    """ELF's headers in one class and byte order."""

    def __init__(self, bits: int, order: str) -> None:
        self._wide = bits == 64
        self._ident = bytes(
            [0x7F, *b"ELF", 2 if self._wide else 1, 1 if order == "<" else 2, EV_CURRENT]
        )
        word = "Q" if self._wide else "I"
        self._header = struct.Struct(f"{order}16sHHI3{word}I6H")
        self._segment = struct.Struct(order + ("IIQQQQQQ" if self._wide else "8I"))
        self.header_size, self.segment_size = self._header.size, self._segment.size

    def header(self, machine: int, segments: int) -> bytes:
        """The file's header."""
        return self._header.pack(
            self._ident, ET_CORE, machine, EV_CURRENT, 0, self.header_size, 0, 0,
            self.header_size, self.segment_size, min(segments, PN_XNUM), 0, 0, 0,
        )  # fmt: skip

    def segment(
        self, kind: int, flags: int, offset: int, address: int, size: int, memory: int, align: int
    ) -> bytes:
        """A program header."""
        if self._wide:
            return self._segment.pack(kind, flags, offset, address, 0, size, memory, align)
        return self._segment.pack(kind, offset, address, 0, size, memory, flags, align)
