"""The parts of the engine's MIPS state that its interface does not show."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from ctypes import c_uint64
from typing import TYPE_CHECKING

from emu.cpu import library as lib
from emu.cpu import native
from emu.cpu.registers import WindowState, peek, peek_state

if TYPE_CHECKING:
    from emu.cpu.setup.mips import Mips

# hflags: a branch is under way, of which kind, and how long its slot is.
BRANCH_BITS = 0x87F800
_BRANCH_KIND, _CONDITIONAL = 0x3800, 0x1000
_COMPRESSED_BIT = 0x400

# In uc_engine: set_pc, get_pc, stop_interrupt. MIPS has no stop_interrupt of its own.
_GET_PC_OFFSET, _STOP_INTERRUPT_OFFSET = 0xD8, 0xE0
# The instructions and coprocessor registers of `_fill_tlb`.
_MTC0, _DMTC0, _EHB, _TLBWI = 0x40800000, 0x40A00000, 0xC0, 0x42000002
_INDEX, _ENTRY_LO0, _ENTRY_LO1, _PAGE_MASK, _ENTRY_HI = 0, 2 << 11, 3 << 11, 5 << 11, 10 << 11

# How far behind the saved state the pointers that survive a reset may be.
_BEHIND_STATE = 1024

_SYSCALL = 17
_ENGINE_REQUEST = 0x10000

_StopInterrupt = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_int)


def find_flags(cpu: Mips) -> int:
    """The state's offset of hflags: an odd pc sets its compressed instructions bit."""
    before = cpu.save()
    cpu.access.write(cpu.names.pc, 1)
    after = cpu.save()
    cpu.restore(before)
    for offset in range(0, len(before) - 3, 4):
        change = _word(before, offset) ^ _word(after, offset)
        if change == _COMPRESSED_BIT:
            return offset
    raise lib.EngineError("this engine build keeps the MIPS branch state where nobody expects it")


def branch_target(cpu: Mips, pc: int, flags: int) -> int:
    """Where the branch goes whose delay slot is at `pc`.

    The engine keeps the target and the condition behind its flags.
    """
    size = cpu.isa.word_bits // 8
    start = -(-(cpu.flags_offset + 4) // size) * size
    state = cpu.save()
    target = int.from_bytes(state[start : start + size], sys.byteorder)
    condition = int.from_bytes(state[start + size : start + 2 * size], sys.byteorder)
    if flags & _BRANCH_KIND == _CONDITIONAL and not condition:
        return pc + 4
    return target


def watch_exceptions(cpu: Mips) -> Callable[[], tuple[int, int]]:
    """Keep the pc of exceptions; the last one's number and flags are the answer's answer.

    The engine overwrites the pc before it tells of an exception, except where an architecture's
    stop_interrupt function claims it as an invalid instruction. MIPS has none: give it one.
    """
    slot = _stop_interrupt_slot(cpu)
    if isinstance(cpu.state, WindowState) and native.available():
        flags_address = cpu.state.address + cpu.flags_offset
        blob = native.StopInterruptBlob(flags_address, ~BRANCH_BITS & 0xFFFFFFFF)
        cpu.keep.append(blob)
        slot.value = blob.address
        return lambda: blob.last
    last = [0, 0]

    def stop_interrupt(_uc: int, number: int) -> bool:
        if not 0 <= number < _ENGINE_REQUEST:
            return False
        last[:] = number, cpu.clear_branch()
        return number != _SYSCALL

    callback = _StopInterrupt(stop_interrupt)
    cpu.keep.append(callback)
    slot.value = lib.address_of(callback)
    return lambda: (last[0], last[1])


def _stop_interrupt_slot(cpu: Mips) -> c_uint64:
    raw = peek(cpu.handle + _GET_PC_OFFSET, 16)
    get_pc = int.from_bytes(raw[:8], sys.byteorder) if raw else 0
    is_free = raw is not None and not any(raw[8:])
    if not is_free or not _in_library(cpu, get_pc):
        raise lib.EngineError("this engine build has no room for MIPS exceptions")
    return c_uint64.from_address(cpu.handle + _STOP_INTERRUPT_OFFSET)


def _in_library(cpu: Mips, address: int) -> bool:
    path = os.path.realpath(cpu.library.path)
    with open("/proc/self/maps") as maps:
        for line in maps:
            extent, rights, *_, place = line.split(maxsplit=5)
            low, high = (int(part, 16) for part in extent.split("-"))
            if low <= address < high:
                return "x" in rights and os.path.realpath(place.strip()) == path
    return False


def map_linked_loads(cpu: Mips) -> None:
    """Let `ll` and `lld` reach every address.

    They alone still ask the processor's own TLB, which is empty. The engine has, for its simplest
    processors, a translation that leaves every address as it is: put that in the TLB's place.
    """
    suffix = {True: "", False: "el"}[cpu.isa.big_endian]
    width = "64" if cpu.isa.word_bits == 64 else ""
    by_table = cpu.library.symbol(f"r4k_map_address_mips{width}{suffix}")
    identity = cpu.library.symbol(f"no_mmu_map_address_mips{width}{suffix}")
    if by_table and identity and (slot := _translation_slot(cpu, by_table)):
        slot.value = identity
        return
    _fill_tlb(cpu)


def _translation_slot(cpu: Mips, function: int) -> c_uint64 | None:
    """Where the TLB object that the state points at keeps its translation function."""
    wanted = function.to_bytes(8, sys.byteorder)
    state = peek_state(cpu.handle, len(cpu.save()) + _BEHIND_STATE) or b""
    for offset in range(0, len(state) - 7, 8):
        pointer = int.from_bytes(state[offset : offset + 8], sys.byteorder)
        if pointer < 0x10000 or pointer >> 47 or pointer & 7:
            continue
        block = peek(pointer, 64)
        if block and (place := block.find(wanted)) >= 0:
            return c_uint64.from_address(pointer + place)
    return None


def _fill_tlb(cpu: Mips) -> None:
    """Identity entries of 512 MiB each: all of o32's addresses, the first 32 GiB of n64's."""
    double = cpu.isa.word_bits == 64
    entries = 64 if double else 4
    wide = _DMTC0 if double else _MTC0
    program = [
        _MTC0 | 4 << 16 | _INDEX, wide | 5 << 16 | _ENTRY_LO0, wide | 6 << 16 | _ENTRY_LO1,
        _MTC0 | 7 << 16 | _PAGE_MASK, wide | 8 << 16 | _ENTRY_HI, _EHB, _TLBWI, _EHB, 0,
    ]  # fmt: skip
    for index in range(entries):
        address = index << 29
        low = (address >> 12) << 6 | 0x1F
        high = ((address + (1 << 28)) >> 12) << 6 | 0x1F
        for register, value in ((4, index), (5, low), (6, high), (7, 0x1FFFE000), (8, address)):
            cpu.registers[register] = value & cpu.isa.word_mask
        cpu.run_privileged(program)


def _word(state: bytes, offset: int) -> int:
    return int.from_bytes(state[offset : offset + 4], sys.byteorder)
