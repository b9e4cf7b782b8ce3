"""The i386 vDSO: the page through which C libraries enter the kernel (AT_SYSINFO).

A shared object made by hand, with the symbols of Linux's own linux-gate.so.1 that make system
calls and leave signal handlers. Its clock functions are left out: libraries then call the kernel.
See arch/x86/entry/vdso/vdso32.
"""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.exec.auxv import AT_SYSINFO, AT_SYSINFO_EHDR
from emu.kernel.mm.mapping import get_unmapped_area
from emu.kernel.mm.special import install_special_mapping
from emu.kernel.mm.vma import VM_EXEC, VM_READ

if TYPE_CHECKING:
    from emu.kernel.mm.address_space import AddressSpace

SONAME = b"linux-gate.so.1"
VERSION = b"LINUX_2.5"

# push ecx; push edx; push ebp; mov ebp, esp; sysenter; int 0x80
_VSYSCALL = bytes.fromhex("515255 89e5 0f34 cd80")
# pop ebp; pop edx; pop ecx; ret
_LANDING = bytes.fromhex("5d5a59c3")
# nop; pop eax; mov eax, __NR_sigreturn; int 0x80
_SIGRETURN = bytes.fromhex("90 58 b877000000 cd80")
# nop; mov eax, __NR_rt_sigreturn; int 0x80
_RT_SIGRETURN = bytes.fromhex("90 b8ad000000 cd80")

# Unwinders recognise the return code by its bytes and look at the one before it, hence the nops.
_FUNCTIONS = (
    (b"__kernel_vsyscall", _VSYSCALL + _LANDING, 0),
    (b"__kernel_sigreturn", _SIGRETURN, 1),
    (b"__kernel_rt_sigreturn", _RT_SIGRETURN, 1),
)

DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_SONAME = 4, 5, 6, 10, 11, 14
DT_VERSYM, DT_VERDEF, DT_VERDEFNUM = 0x6FFFFFF0, 0x6FFFFFFC, 0x6FFFFFFD


@dataclass(frozen=True, slots=True)
class Vdso:
    """The image, and where in it the functions are."""

    image: bytes
    symbols: dict[bytes, int]

    @property
    def landing(self) -> int:
        """Where the kernel returns to after sysenter."""
        return self.symbols[b"__kernel_vsyscall"] + len(_VSYSCALL)


def map_vdso(mm: AddressSpace) -> list[tuple[int, int]]:
    """Map the vDSO where mmap(2) would: its auxiliary vector entries. ENOMEM."""
    vdso = i386_vdso()
    base = get_unmapped_area(mm, 0, PAGE_SIZE, 0)
    install_special_mapping(mm, base, vdso.image, VM_READ | VM_EXEC, b"[vdso]")
    mm.vdso_base = base
    mm.vdso_landing = base + vdso.landing
    return [(AT_SYSINFO, base + vdso.symbols[b"__kernel_vsyscall"]), (AT_SYSINFO_EHDR, base)]


@functools.cache
def i386_vdso() -> Vdso:
    """Build the shared object: one page, all of it one segment at address 0."""
    strings = b"\0"
    places: dict[bytes, int] = {}
    for name in (SONAME, VERSION, *(name for name, *_ in _FUNCTIONS)):
        places[name] = len(strings)
        strings += name + b"\0"
    count = len(_FUNCTIONS) + 1
    program_headers = 0x34
    dynsym = program_headers + 2 * 32
    hash_ = dynsym + 16 * count
    versym = hash_ + 4 * (3 + count)
    verdef = (versym + 2 * count + 3) & -4
    versions = _versions(places)
    dynstr = verdef + len(versions)
    dynamic = (dynstr + len(strings) + 3) & -4
    entries = (
        (DT_SONAME, places[SONAME]), (DT_HASH, hash_), (DT_STRTAB, dynstr), (DT_SYMTAB, dynsym),
        (DT_STRSZ, len(strings)), (DT_SYMENT, 16), (DT_VERDEF, verdef), (DT_VERDEFNUM, 2),
        (DT_VERSYM, versym), (0, 0),
    )  # fmt: skip
    text = (dynamic + 8 * len(entries) + 15) & -16
    symbols: dict[bytes, int] = {}
    code, table = b"", bytes(16)
    for name, function, skip in _FUNCTIONS:
        symbols[name] = text + len(code) + skip
        # A global function of section 1: any section but "undefined" will do, there are none.
        table += struct.pack("<IIIBBH", places[name], symbols[name], len(function) - skip, 18, 0, 1)
        code += function.ljust(16, b"\x90")
    size = text + len(code)
    image = bytearray(PAGE_SIZE)
    parts = (
        (0, _elf_header(program_headers)),
        (program_headers, _segment(1, 0, size, 5) + _segment(2, dynamic, 8 * len(entries), 4)),
        (dynsym, table),
        # One bucket whose chain is all symbols.
        (hash_, struct.pack(f"<{3 + count}I", 1, count, 1, 0, *range(2, count), 0)),
        (versym, struct.pack(f"<{count}H", 0, *[2] * (count - 1))),
        (verdef, versions),
        (dynstr, strings),
        (dynamic, b"".join(struct.pack("<II", *entry) for entry in entries)),
        (text, code),
    )
    for offset, part in parts:
        image[offset : offset + len(part)] = part
    return Vdso(bytes(image), symbols)


def _elf_header(program_headers: int) -> bytes:
    ident = b"\x7fELF\1\1\1".ljust(16, b"\0")
    # ET_DYN, EM_386; no sections.
    rest = struct.pack("<HHIIIIIHHHHHH", 3, 3, 1, 0, program_headers, 0, 0, 52, 32, 2, 0, 0, 0)
    return ident + rest


def _segment(kind: int, offset: int, size: int, flags: int) -> bytes:
    align = PAGE_SIZE if kind == 1 else 4
    return struct.pack("<8I", kind, offset, offset, offset, size, size, flags, align)


def _versions(places: dict[bytes, int]) -> bytes:
    """The object's own name as the base version, and the version of its symbols."""
    base = struct.pack("<HHHHIII", 1, 1, 1, 1, _elf_hash(SONAME), 20, 28)
    base += struct.pack("<II", places[SONAME], 0)
    own = struct.pack("<HHHHIII", 1, 0, 2, 1, _elf_hash(VERSION), 20, 0)
    return base + own + struct.pack("<II", places[VERSION], 0)


def _elf_hash(name: bytes) -> int:
    """The hash of the System V ABI."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        value ^= (value & 0xF0000000) >> 24
        value &= 0x0FFFFFFF
    return value
