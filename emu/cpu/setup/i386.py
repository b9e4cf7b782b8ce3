"""i386: ring 3 in protected mode with flat segments, entered by a SYSEXIT."""

from __future__ import annotations

import ctypes
import struct
from ctypes import c_uint16, c_uint32, c_uint64

from emu.arch.cpu import PAGE_SHIFT, PAGE_SIZE, PTE_READ, PageFault, PageTable
from emu.cpu import library as lib
from emu.cpu.hardware import STUB_ADDRESS
from emu.cpu.registers import RegisterNames
from emu.cpu.setup.x86 import (
    CS,
    DS,
    ECX,
    EDX,
    ES,
    FS,
    GDTR,
    GS,
    INSTRUCTION_SYSCALL,
    INSTRUCTION_SYSENTER,
    SS,
    X86,
)
from emu.cpu.setup.x86_fp import fxsave_registers

# Linux's numbers: user code 14, user data 15, and the three TLS entries of set_thread_area(2).
_KERNEL_CODE, _KERNEL_DATA, _USER_CODE, _USER_DATA = 12, 13, 14, 15
FIRST_TLS_ENTRY, TLS_ENTRIES = 6, 3
_ENTRIES = 32
# The last page of the address space is never a user page, on any Linux.
_GDT_ADDRESS = 0xFFFFF000
_SYSENTER_CS_MSR = 0x174
_SYSEXIT = b"\x0f\x35"
_AFTER_STUB = STUB_ADDRESS + 0x800
_SEGMENTS = {"cs": CS, "ss": SS, "ds": DS, "es": ES, "fs": FS, "gs": GS}
_FLAT_LIMIT = 0xFFFFF
_FLAGS_4K_32BIT = 0xC
_ENTRY = struct.Struct("<Q")
_TLS_SIZE = TLS_ENTRIES * _ENTRY.size
_TLS_START = PAGE_SIZE + FIRST_TLS_ENTRY * _ENTRY.size
_TLS_ENTRIES = slice(_TLS_START, _TLS_START + _TLS_SIZE)


def descriptor(base: int, limit: int, access: int, flags: int) -> int:
    """A segment descriptor as the processor reads it."""
    return (
        limit & 0xFFFF
        | (base & 0xFFFFFF) << 16
        | access << 40
        | (limit >> 16 & 0xF) << 48
        | flags << 52
        | (base >> 24 & 0xFF) << 56
    )


class _TableRegister(ctypes.Structure):
    _fields_ = (
        ("selector", c_uint16), ("base", c_uint64), ("limit", c_uint32), ("flags", c_uint32),
    )  # fmt: skip


class I386(X86):
    """An x86 processor in 32-bit mode."""

    mode = lib.MODE_32
    names = RegisterNames((19, 22, 24, 21, 30, 20, 29, 23), 26, 8)
    ways = {"int80": 0x80, "sysenter": -2}
    fp_registers = fxsave_registers(8)
    platform = b"i686"

    @property
    def special(self) -> dict[str, int]:
        """The segment selectors."""
        return {name: self.access.read(number) & 0xFFFF for name, number in _SEGMENTS.items()}

    @special.setter
    def special(self, values: dict[str, int]) -> None:
        for name, old in self.special.items():
            new = values[name]
            if new != old and name not in ("cs", "ss"):
                self.access.write(_SEGMENTS[name], self._loadable(new))

    def _loadable(self, selector: int) -> int:
        """A selector, or 0 for one that the processor would refuse: see loadsegment in Linux."""
        index, in_local_table = selector >> 3, selector & 4
        if in_local_table or index >= _ENTRIES:
            return 0
        place = PAGE_SIZE + index * _ENTRY.size
        (entry,) = _ENTRY.unpack(self.private[place : place + _ENTRY.size])
        access = entry >> 40 & 0xFF
        is_code, readable = access & 8, access & 2
        usable = access & 0x90 == 0x90 and access & 0x60 == 0x60 and (not is_code or readable)
        return selector | 3 if usable else 0

    @property
    def thread_pointer(self) -> int:
        """The base of TLS entry 6."""
        return self.tls_base(FIRST_TLS_ENTRY)

    @thread_pointer.setter
    def thread_pointer(self, address: int) -> None:
        self._set_tls(FIRST_TLS_ENTRY, descriptor(address, _FLAT_LIMIT, 0xF3, 0xC))

    def set_tls_entry(self, index: int, base: int, limit: int, flags: int) -> None:
        """Set a GDT entry (6, 7 or 8) as set_thread_area(2) does; ValueError for another.

        `flags` are the bits of `struct user_desc` after its limit: seg_32bit 1, contents 6,
        read_exec_only 8, limit_in_pages 16, seg_not_present 32, useable 64. An entry that is
        all zero but for read_exec_only and seg_not_present is cleared.
        """
        if not FIRST_TLS_ENTRY <= index < FIRST_TLS_ENTRY + TLS_ENTRIES:
            raise ValueError(f"GDT entry {index} is not for threads")
        if not base and not limit and flags in (0, 0x28):
            self._set_tls(index, 0)
            return
        kind = (flags >> 1 & 3) << 2 | (0 if flags & 8 else 2) | 1
        access = 0x70 | kind | (0 if flags & 32 else 0x80)
        wide = (flags & 1) << 2 | (flags >> 4 & 1) << 3 | flags >> 6 & 1
        self._set_tls(index, descriptor(base, limit, access, wide))

    def save(self) -> bytes:
        """The register state, and the thread descriptors: they are a thread's own, too."""
        return super().save() + self.private[_TLS_ENTRIES]

    def restore(self, state: object) -> None:
        """Put back what `save` returned. The address space stays as it is."""
        assert isinstance(state, bytes)
        self.private[_TLS_ENTRIES] = state[-_TLS_SIZE:]
        super().restore(state[:-_TLS_SIZE])

    def tls_base(self, index: int) -> int:
        """The base address of a GDT entry."""
        (entry,) = _ENTRY.unpack_from(self.private, PAGE_SIZE + 8 * index)
        return int(entry >> 16 & 0xFFFFFF | (entry >> 56) << 24)

    def _bring_up(self) -> None:
        self._start_fpu()
        self._identify()
        self._make_descriptors()
        access = self.access
        table = _TableRegister(0, _GDT_ADDRESS, 8 * _ENTRIES - 1, 0)
        access.exchange(GDTR, table, write=True)
        gdt_page = _GDT_ADDRESS >> PAGE_SHIFT
        super_use = self.tlb.use

        def use(pages: PageTable, fault: PageFault) -> None:
            def fault_or_gdt(page: int, wanted: int) -> int:
                # Segment loads read the table; a guest may read it too, but never write it.
                if page == gdt_page and wanted == PTE_READ:
                    return self.private_frame + PAGE_SIZE | PTE_READ
                return fault(page, wanted)

            super_use(pages, fault_or_gdt)

        self.use = use
        use({}, lambda page, wanted: 0)
        for register in (DS, ES):
            access.write(register, 8 * _USER_DATA | 3)
        # The library accepts CS and SS only of the current privilege; SYSEXIT lowers it.
        access.write(CS, 8 * _KERNEL_CODE)
        access.write(SS, 8 * _KERNEL_DATA)
        self._write_msr(_SYSENTER_CS_MSR, 8 * _KERNEL_CODE)
        access.write(ECX, 0)
        access.write(EDX, _AFTER_STUB)
        self.run_stub(_SYSEXIT, until=_AFTER_STUB)
        self._find_exception_in_flight()

    def _make_descriptors(self) -> None:
        for index, access in (
            (_KERNEL_CODE, 0x9B), (_KERNEL_DATA, 0x93), (_USER_CODE, 0xFB), (_USER_DATA, 0xF3),
        ):  # fmt: skip
            self._set_descriptor(index, descriptor(0, _FLAT_LIMIT, access, _FLAGS_4K_32BIT))

    def _set_descriptor(self, index: int, value: int) -> None:
        _ENTRY.pack_into(self.private, PAGE_SIZE + 8 * index, value)

    def _set_tls(self, index: int, value: int) -> None:
        """Write a thread's descriptor, and load it again where it is in use."""
        self._set_descriptor(index, value)
        for segment in (DS, ES, FS, GS):
            if self.access.read(segment) & 0xFFFF == 8 * index | 3:
                self.access.write(segment, 8 * index | 3)

    def _install_trap_instructions(self) -> None:
        self._install_instruction(INSTRUCTION_SYSENTER, self._sysenter())
        # Intel's processors have it in 64-bit mode only.
        self._install_instruction(INSTRUCTION_SYSCALL, self._undefined)
