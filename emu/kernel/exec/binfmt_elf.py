"""Loading ELF programs into an address space. See fs/binfmt_elf.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_MASK, PAGE_SIZE
from emu.kernel.errno import EFAULT, EINVAL, ELIBBAD, ENOEXEC, KernelError
from emu.kernel.exec.elf import PF_R, PF_W, PF_X, ElfImage, Segment, parse_elf
from emu.kernel.mm.brk import vm_brk
from emu.kernel.mm.layout import page_align
from emu.kernel.mm.mapping import do_mmap, get_unmapped_area
from emu.kernel.uapi.mman import (
    MAP_FIXED,
    MAP_FIXED_NOREPLACE,
    MAP_PRIVATE,
    PROT_EXEC,
    PROT_READ,
    PROT_WRITE,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode


@record
class LoadedImage:
    """Where an image came to lie.

    `bias` is what was added to the file's addresses; `headers` the program headers' address;
    `end` the first address after all segments.
    """

    bias: int
    entry: int
    headers: int
    start_code: int
    end_code: int
    start_data: int
    end_data: int
    end: int


def elf_image(inode: Inode) -> ElfImage:
    """The parsed image of a file, from memory if the file is as it was. ENOEXEC."""
    mapping = inode.mapping
    if mapping is None:
        raise ENOEXEC("not a file that can be mapped")
    stamp = (inode.size, inode.mtime_ns)
    if mapping.image is None or mapping.image[0] != stamp:
        try:
            mapping.image = (stamp, parse_elf(lambda offset, n: read_file(inode, offset, n)))
        except ENOEXEC:
            raise
        except KernelError as error:  # unreadable headers: not a program
            raise ENOEXEC(str(error)) from error
    image = mapping.image[1]
    assert isinstance(image, ElfImage)
    return image


def read_file(inode: Inode, offset: int, count: int) -> bytes:
    """Read from a file's page cache; shorter at its end."""
    mapping = inode.mapping
    assert mapping is not None
    count = min(count, inode.size - offset)
    parts = []
    while count > 0:
        index, start = divmod(offset, PAGE_SIZE)
        piece = mapping.page(index)[start : start + count]
        parts.append(bytes(piece))
        offset += len(piece)
        count -= len(piece)
    return b"".join(parts)


def check_interpreter(program: ElfImage, interpreter: ElfImage) -> None:
    """ELIBBAD unless the interpreter runs on the program's own machine."""
    if interpreter.isa != program.isa or interpreter.abi != program.abi:
        raise ELIBBAD("the interpreter is for another machine")


def load_program(mm: AddressSpace, file: File, image: ElfImage) -> LoadedImage:
    """Map a program's segments. EINVAL, ENOMEM, and what mmap(2) raises."""
    if not image.segments:
        if image.is_dynamic:
            raise EINVAL("no segment to load")
        return LoadedImage(0, image.entry, 0, 0, 0, 0, 0, 0)
    first = image.segments[0].vaddr
    if not image.is_dynamic:
        return _load_segments(mm, file, image, 0)
    if not image.span:
        raise EINVAL("empty program")
    if image.interpreter is not None:
        base = mm.abi.memory.pie_base & -image.alignment
    else:
        base = _free_area(mm, image, 0)
    return _load_segments(mm, file, image, (base - first) & PAGE_MASK)


def load_interpreter(
    mm: AddressSpace, file: File, image: ElfImage, program_bias: int
) -> LoadedImage:
    """Map a dynamic linker where mmap(2) would put it."""
    if not image.span:
        raise EINVAL("no segment to load")
    if not image.is_dynamic:
        return _load_segments(mm, file, image, 0, MAP_FIXED)
    first = image.segments[0].vaddr
    hint = 0 if program_bias else first & PAGE_MASK
    base = _free_area(mm, image, hint)
    return _load_segments(mm, file, image, (base - first) & PAGE_MASK)


def _free_area(mm: AddressSpace, image: ElfImage, hint: int) -> int:
    """Room for a whole image that may lie anywhere, aligned as it asks."""
    room = page_align(image.span)
    if image.alignment > PAGE_SIZE:
        return get_unmapped_area(mm, hint, room, 0) & -image.alignment
    return get_unmapped_area(mm, hint, room, 0)


def _load_segments(
    mm: AddressSpace, file: File, image: ElfImage, bias: int, how: int = MAP_FIXED_NOREPLACE
) -> LoadedImage:
    """Map all segments, `bias` added to their addresses (modulo the word)."""
    wrap = (1 << (64 if mm.task_size > 1 << 32 else 32)) - 1
    headers = 0
    start_code, end_code, start_data, end_data, end = wrap, 0, 0, 0, 0
    for segment in image.segments:
        low = segment.vaddr
        _load_segment(mm, file, segment, (bias + low) & wrap, how)
        how = MAP_FIXED
        if segment.offset <= image.header_offset < segment.offset + segment.filesz:
            headers = image.header_offset - segment.offset + low
        if (
            low >= mm.task_size
            or segment.filesz > segment.memsz
            or segment.memsz > mm.task_size - low
        ):
            raise EINVAL("a segment does not fit in the address space")
        if segment.flags & PF_X:
            start_code = min(start_code, low)
            end_code = max(end_code, low + segment.filesz)
        start_data = max(start_data, low)
        end_data = max(end_data, low + segment.filesz)
        end = max(end, low + segment.memsz)
    entry = (image.entry + bias) & wrap
    if entry >= mm.task_size:
        raise EINVAL("the entry is not in the address space")
    values = (headers, start_code, end_code, start_data, end_data, end)
    return LoadedImage(bias & wrap, entry, *((value + bias) & wrap for value in values))


def _load_segment(mm: AddressSpace, file: File, segment: Segment, address: int, how: int) -> None:
    """Map one segment's file part, zero the rest of its last page, map its bss: see elf_load."""
    flags = segment.flags
    prot = (
        (PROT_READ if flags & PF_R else 0)
        | (PROT_WRITE if flags & PF_W else 0)
        | (PROT_EXEC if flags & PF_X else 0)
    )
    inside = segment.vaddr & ~PAGE_MASK
    start = address & PAGE_MASK
    if address >= mm.task_size or segment.memsz > mm.task_size:
        raise EINVAL("a segment does not fit in the address space")
    file_end = start + inside + segment.filesz
    end = start + inside + segment.memsz
    if segment.filesz:
        if (segment.offset - inside) & ~PAGE_MASK:
            raise EINVAL("a segment's offset and address do not agree")
        length = page_align(inside + segment.filesz)
        do_mmap(mm, start, length, prot, MAP_PRIVATE | how, file, segment.offset - inside)
        if end > file_end and mm.clear(file_end, -file_end % PAGE_SIZE) and prot & PROT_WRITE:
            raise EFAULT("the last page of a segment cannot be zeroed")
    else:
        file_end = start
    bss, bss_end = page_align(file_end), page_align(end)
    if bss_end > bss:
        vm_brk(mm, bss, bss_end - bss, bool(prot & PROT_EXEC))
