"""What a thread remembers of its last exception, as its processor would number it.

Frames show it: trapno, err and cr2 on x86, trap_no, error_code and fault_address on ARM,
fault_address and the syndrome on arm64. Other ABIs' frames have no room for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import ACCESS_EXEC, ACCESS_WRITE, PAGE_SHIFT
from emu.arch.signal_frame import FaultRecord

if TYPE_CHECKING:
    from emu.arch.cpu import Fault
    from emu.kernel.task import Task

_X86_PAGE_FAULT = 14
_X86_PRESENT, _X86_WRITE, _X86_USER, _X86_FETCH = 1, 2, 4, 16

# arch/arm64/include/asm/esr.h: the class, instruction length, WnR, and what went wrong.
_ESR_FETCH, _ESR_DATA, _ESR_IL, _ESR_WRITE = 0x20 << 26, 0x24 << 26, 1 << 25, 1 << 6
_TRANSLATION_FAULT, _PERMISSION_FAULT, _ALIGNMENT_FAULT = 0x07, 0x0F, 0x21

# ARM: a page fault's FSR (short descriptors), and the kernel's number of each trap.
_FSR_TRANSLATION, _FSR_PERMISSION, _FSR_WRITE, _FSR_ALIGNMENT = 0x07, 0x0F, 1 << 11, 0x01
_ARM_PAGE_FAULT, _ARM_UNDEFINED = 14, 6


def record_fault(task: Task, fault: Fault, code: str) -> None:
    """Remember an exception; `code` is the signal's, which for page faults the kernel found."""
    match task.cpu.isa.name:
        case "x86-64" | "i386":
            task.last_fault = _x86(task, fault)
        case "arm64":
            task.last_fault = _arm64(fault, code)
        case "arm":
            task.last_fault = _arm(task, fault, code)


def _x86(task: Task, fault: Fault) -> FaultRecord:
    if not fault.access:
        # CR2 keeps the last page fault's address.
        return FaultRecord(fault.trap, fault.error, task.last_fault.address)
    error = _X86_USER
    if fault.address >> PAGE_SHIFT in task.mm.pages:
        error |= _X86_PRESENT
    if fault.access == ACCESS_WRITE:
        error |= _X86_WRITE
    elif fault.access == ACCESS_EXEC:
        error |= _X86_FETCH
    return FaultRecord(_X86_PAGE_FAULT, error, fault.address)


def _arm64(fault: Fault, code: str) -> FaultRecord:
    if not fault.access:
        if code == "BUS_ADRALN":
            syndrome = _ESR_DATA | _ESR_IL | _ALIGNMENT_FAULT
            return FaultRecord(0, syndrome, fault.address)
        return FaultRecord()
    syndrome = _ESR_IL | (_PERMISSION_FAULT if code == "SEGV_ACCERR" else _TRANSLATION_FAULT)
    syndrome |= _ESR_FETCH if fault.access == ACCESS_EXEC else _ESR_DATA
    if fault.access == ACCESS_WRITE:
        syndrome |= _ESR_WRITE
    return FaultRecord(0, syndrome, fault.address)


def _arm(task: Task, fault: Fault, code: str) -> FaultRecord:
    if fault.access:
        status = _FSR_PERMISSION if code == "SEGV_ACCERR" else _FSR_TRANSLATION
        if fault.access == ACCESS_WRITE:
            status |= _FSR_WRITE
        return FaultRecord(_ARM_PAGE_FAULT, status, fault.address)
    address = task.last_fault.address
    if code == "BUS_ADRALN":
        return FaultRecord(0, _FSR_ALIGNMENT, address)
    if code == "TRAP_BRKPT":
        return task.last_fault
    return FaultRecord(_ARM_UNDEFINED, 0, address)
