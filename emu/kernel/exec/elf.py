"""ELF images: just enough of the format to load a program, from bytes nobody has checked.

A parsed image is plain data and is kept with the file's page cache, so that running the same
program again parses nothing. See elf(5) and load_elf_binary in fs/binfmt_elf.c.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from emu.arch.abi import identify_elf
from emu.arch.cpu import PAGE_MASK, PAGE_SIZE
from emu.kernel.errno import ENOEXEC
from emu.record import record

Reader = Callable[[int, int], bytes]
"""``read(offset, count)`` of the file; shorter at its end."""

ELF_MAGIC = b"\x7fELF"
ET_EXEC = 2
ET_DYN = 3
PT_LOAD = 1
PT_INTERP = 3
PT_GNU_STACK = 0x6474E551
PF_X = 1
PF_W = 2
PF_R = 4
PATH_MAX = 4096
MAX_HEADERS_SIZE = 65536

# e_type e_machine e_version e_entry e_phoff e_shoff e_flags e_ehsize e_phentsize e_phnum
_HEADER = {32: "HHIIIIIHHH", 64: "HHIQQQIHHH"}
# In the order type offset vaddr filesz memsz flags align, from where each class keeps them.
_SEGMENT = {32: ("IIIIIIII", (0, 1, 2, 4, 5, 6, 7)), 64: ("IIQQQQQQ", (0, 2, 3, 5, 6, 1, 7))}


@record
class Segment:
    """A PT_LOAD program header."""

    offset: int
    vaddr: int
    filesz: int
    memsz: int
    flags: int
    align: int


@record
class ElfImage:
    """What an ELF file says about loading it.

    `executable_stack` is None when there is no PT_GNU_STACK. `interpreter` is the path that
    PT_INTERP names.
    """

    abi: str
    isa: str
    big_endian: bool
    is_dynamic: bool
    entry: int
    flags: int
    header_offset: int
    header_size: int
    header_count: int
    segments: tuple[Segment, ...]
    interpreter: bytes | None
    executable_stack: bool | None

    @property
    def span(self) -> int:
        """From the first page to the last byte of all segments: see total_mapping_size."""
        if not self.segments:
            return 0
        low = min(s.vaddr & PAGE_MASK for s in self.segments)
        return max(s.vaddr + s.memsz for s in self.segments) - low

    @property
    def alignment(self) -> int:
        """The largest alignment that is a power of two, at least a page: see maximum_alignment."""
        good = (s.align for s in self.segments if s.align and not s.align & (s.align - 1))
        return max([PAGE_SIZE, *good])


def parse_elf(read: Reader) -> ElfImage:
    """Read an ELF file's headers. ENOEXEC if it is no program of an ABI that is known here."""
    ident = read(0, 16)
    if len(ident) < 16 or ident[:4] != ELF_MAGIC:
        raise ENOEXEC("no ELF magic")
    bits = {1: 32, 2: 64}.get(ident[4])
    order = {1: "<", 2: ">"}.get(ident[5])
    if bits is None or order is None:
        raise ENOEXEC("bad ELF class or byte order")
    header = struct.Struct(order + _HEADER[bits])
    raw = read(16, header.size)
    if len(raw) < header.size:
        raise ENOEXEC("truncated ELF header")
    kind, machine, _, entry, phoff, _, flags, _, phentsize, phnum = header.unpack(raw)
    if kind not in (ET_EXEC, ET_DYN):
        raise ENOEXEC("not a program")
    who = identify_elf(machine, bits, order == ">", flags)
    if who is None:
        raise ENOEXEC(f"ELF machine {machine} is not supported")
    headers = _program_headers(read, order, bits, phoff, phentsize, phnum)
    return ElfImage(
        abi=who[0],
        isa=who[1],
        big_endian=order == ">",
        is_dynamic=kind == ET_DYN,
        entry=entry,
        flags=flags,
        header_offset=phoff,
        header_size=phentsize,
        header_count=phnum,
        segments=tuple(Segment(*rest) for kind, *rest in headers if kind == PT_LOAD),
        interpreter=_interpreter(read, headers),
        executable_stack=_executable_stack(headers),
    )


def _program_headers(
    read: Reader, order: str, bits: int, phoff: int, phentsize: int, phnum: int
) -> list[tuple[int, ...]]:
    """``(type, offset, vaddr, filesz, memsz, flags, align)`` of each program header."""
    layout, places = _SEGMENT[bits]
    entry = struct.Struct(order + layout)
    size = entry.size * phnum
    if phentsize != entry.size or not 0 < size <= MAX_HEADERS_SIZE:
        raise ENOEXEC("bad program header table")
    raw = read(phoff, size)
    if len(raw) < size:
        raise ENOEXEC("truncated program header table")
    return [tuple(fields[i] for i in places) for fields in entry.iter_unpack(raw)]


def _interpreter(read: Reader, headers: list[tuple[int, ...]]) -> bytes | None:
    for kind, offset, _, filesz, *_ in headers:
        if kind != PT_INTERP:
            continue
        if not 2 <= filesz <= PATH_MAX:
            raise ENOEXEC("bad PT_INTERP size")
        name = read(offset, filesz)
        if len(name) < filesz or name[-1]:
            raise ENOEXEC("PT_INTERP is not a string")
        return name[: name.index(0)]
    return None


def _executable_stack(headers: list[tuple[int, ...]]) -> bool | None:
    result = None
    for kind, *_, flags, _ in headers:
        if kind == PT_GNU_STACK:
            result = bool(flags & PF_X)
    return result
