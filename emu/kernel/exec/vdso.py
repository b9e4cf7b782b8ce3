"""The vDSOs: pages of code that the kernel lends to programs (AT_SYSINFO_EHDR).

Shared objects made by hand, with what of Linux's own leaves signal handlers and, on i386, makes
system calls. Their clock functions are left out: libraries then call the kernel. ARM has a page
of return codes instead, [sigpage]. See arch/*/vdso and arch/*/kernel/vdso.
"""

from __future__ import annotations

import functools
import struct
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.arch.signal_frame.arm import RETURN_CODES, return_code_index
from emu.kernel.exec.auxv import AT_SYSINFO, AT_SYSINFO_EHDR
from emu.kernel.exec.vdso_image import Function, Machine, Vdso, make_vdso
from emu.kernel.exec.vdso_unwind import unwind_tables
from emu.kernel.mm.mapping import get_unmapped_area
from emu.kernel.mm.special import install_special_mapping
from emu.kernel.mm.vma import VM_EXEC, VM_READ

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.mm.address_space import AddressSpace

# push ecx; push edx; push ebp; mov ebp, esp; sysenter; int 0x80
_VSYSCALL = bytes.fromhex("515255 89e5 0f34 cd80")
# pop ebp; pop edx; pop ecx; ret
_LANDING = bytes.fromhex("5d5a59c3")
# nop; pop eax; mov eax, __NR_sigreturn; int 0x80
_SIGRETURN = bytes.fromhex("90 58 b877000000 cd80")
# nop; mov eax, __NR_rt_sigreturn; int 0x80
_RT_SIGRETURN = bytes.fromhex("90 b8ad000000 cd80")

# Unwinders recognise the return code by its bytes and look at the one before it, hence the nops.
_I386_FUNCTIONS = (
    Function(b"__kernel_vsyscall", _VSYSCALL + _LANDING),
    Function(b"__kernel_sigreturn", _SIGRETURN, 1),
    Function(b"__kernel_rt_sigreturn", _RT_SIGRETURN, 1),
)
_ARM64_NOP = bytes.fromhex("1f2003d5")
# nop; mov x8, #__NR_rt_sigreturn; svc #0
_ARM64_RT_SIGRETURN = _ARM64_NOP + bytes.fromhex("681180d2 010000d4")
# li a7, __NR_rt_sigreturn; ecall
_RISCV_RT_SIGRETURN = bytes.fromhex("9308b008 73000000")
_RISCV_NOP = bytes.fromhex("13000000")
# li v0, number; syscall
_MIPS_LI_V0, _MIPS_SYSCALL = 0x24020000, 0x0000000C
_EF_MIPS_PIC, _EF_MIPS_CPIC, _EF_MIPS_ABI2, _EF_MIPS_O32 = 2, 4, 0x20, 0x1000
_EF_MIPS_R2, _EF_MIPS_64R2 = 0x70000000, 0x80000000

_SIGRETURN_NAMES = ((b"__kernel_sigreturn", b"__vdso_sigreturn"),
                    (b"__kernel_rt_sigreturn", b"__vdso_rt_sigreturn"))  # fmt: skip


def map_vdso(mm: AddressSpace) -> list[tuple[int, int]]:
    """Map the ABI's vDSO, if it has one, where mmap(2) would: auxiliary vector entries. ENOMEM."""
    abi = mm.abi
    if abi.name.startswith("arm-"):
        _map_sigpage(mm)
        return []
    vdso = make_abi_vdso(abi)
    if vdso is None:
        return []
    base = mm.vdso_base = _map_page(mm, vdso.image, b"[vdso]")
    old, rt = (
        next((base + vdso.symbols[name] for name in names if name in vdso.symbols), 0)
        for names in _SIGRETURN_NAMES
    )
    mm.sigreturn = (old or rt, rt)
    auxv = [(AT_SYSINFO_EHDR, base)]
    if abi.name == "i386":
        entry = base + vdso.symbols[b"__kernel_vsyscall"]
        mm.vdso_landing = entry + len(_VSYSCALL)
        auxv.insert(0, (AT_SYSINFO, entry))
    return auxv


def make_abi_vdso(abi: Abi) -> Vdso | None:
    """The vDSO of an ABI: x86-64 and ARM have none."""
    return _make(abi.name, abi.isa.byte_order, abi.isa.word_bits)


@functools.cache
def _make(abi: str, byte_order: str, word_bits: int) -> Vdso | None:
    match abi:
        case "i386":
            machine = Machine(3, 32, "<", filler=b"\x90")
            return make_vdso(
                machine, b"linux-gate.so.1", b"LINUX_2.5", _I386_FUNCTIONS, unwind_tables
            )
        case "arm64":
            machine = Machine(183, 64, "<", filler=_ARM64_NOP)
            function = Function(b"__kernel_rt_sigreturn", _ARM64_RT_SIGRETURN, len(_ARM64_NOP))
            return make_vdso(machine, b"linux-vdso.so.1", b"LINUX_2.6.39", [function])
        case "riscv64" | "riscv32":
            # RVC and the ABI with double registers.
            machine = Machine(243, word_bits, "<", flags=5, filler=_RISCV_NOP)
            function = Function(b"__vdso_rt_sigreturn", _RISCV_RT_SIGRETURN)
            return make_vdso(machine, b"linux-vdso.so.1", b"LINUX_4.15", [function])
        case "mips-o32":
            flags = _EF_MIPS_PIC | _EF_MIPS_CPIC | _EF_MIPS_O32 | _EF_MIPS_R2
            return _mips(Machine(8, 32, byte_order, flags), 4193, 4119)
        case "mips-n32":
            flags = _EF_MIPS_PIC | _EF_MIPS_CPIC | _EF_MIPS_ABI2 | _EF_MIPS_64R2
            return _mips(Machine(8, 32, byte_order, flags), 6211)
        case "mips-n64":
            flags = _EF_MIPS_PIC | _EF_MIPS_CPIC | _EF_MIPS_64R2
            return _mips(Machine(8, 64, byte_order, flags), 5211)
        case _:
            return None


def _mips(machine: Machine, rt_sigreturn: int, sigreturn: int | None = None) -> Vdso:
    def function(name: bytes, number: int) -> Function:
        words = struct.pack(f"{machine.byte_order}2I", _MIPS_LI_V0 | number, _MIPS_SYSCALL)
        return Function(name, words)

    functions = [function(b"__vdso_rt_sigreturn", rt_sigreturn)]
    if sigreturn is not None:
        functions.append(function(b"__vdso_sigreturn", sigreturn))
    return make_vdso(machine, b"linux-vdso.so.1", b"LINUX_2.6", functions)


def _map_sigpage(mm: AddressSpace) -> None:
    """ARM's return codes. Linux puts them at a random place above the stack, if there is room."""
    base = _map_page(mm, RETURN_CODES, b"[sigpage]")
    old, rt = (base + 4 * return_code_index(siginfo, False) for siginfo in (False, True))
    mm.sigreturn = (old, rt)


def _map_page(mm: AddressSpace, contents: bytes, name: bytes) -> int:
    base = get_unmapped_area(mm, 0, PAGE_SIZE, 0)
    install_special_mapping(mm, base, contents, VM_READ | VM_EXEC, name)
    return base
