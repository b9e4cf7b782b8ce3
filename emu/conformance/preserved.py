"""What each way into the kernel leaves as it was, from the architectures' entry code."""

from __future__ import annotations

from emu.conformance.target import Target

_MIPS_KEPT = (2, 4, 5, 6, 7, *range(16, 24), 28, 29, 30, 31)
_X86_FLAGS = 0x8D5  # CF, PF, AF, ZF, SF, OF
_ARM_FLAGS = 0xF0000000  # N, Z, C, V


def preserved(target: Target) -> list[int]:
    """The general registers that have their values after a call, whatever it is.

    See entry_SYSCALL_64 and entry_INT80_compat in arch/x86/entry, kernel_entry in
    arch/arm64/kernel/entry.S, vector_swi in arch/arm/kernel/entry-common.S, handle_exception in
    arch/riscv/kernel/entry.S, and handle_sys with SAVE_SOME in arch/mips: what is not saved there
    (at, v1, t0 to t9) may hold anything.
    """
    result = target.abi.convention.result
    match target.isa:
        case "x86-64" if target.is_foreign:
            return [n for n in range(16) if n != result]
        case "x86-64":
            return [n for n in range(16) if n not in (result, 1, 11)]
        case "i386":
            return [n for n in range(8) if n != result]
        case "arm64":
            return list(range(1, 32))
        case "arm":
            return list(range(1, 15))
        case "riscv64" | "riscv32":
            return [n for n in range(1, 32) if n != result]
        case _:
            flag = target.abi.convention.error_flag
            return [n for n in _MIPS_KEPT if n not in (result, flag)]


def fp_bytes(target: Target) -> int:
    """How many bytes of floating point registers the runner fills and looks at."""
    sizes = {"x86-64": 256, "i386": 128, "arm64": 512, "arm": 128, "riscv64": 256, "riscv32": 0}
    return sizes.get(target.isa, 256)


def kept_flags(target: Target) -> int:
    """The condition flags that a call leaves, as a mask; 0 where there are none."""
    return {"x86-64": _X86_FLAGS, "i386": _X86_FLAGS, "arm64": _ARM_FLAGS, "arm": _ARM_FLAGS}.get(
        target.isa, 0
    )
