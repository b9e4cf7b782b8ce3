"""What user code sees of its processor, apart from memory: what a signal frame saves."""

from __future__ import annotations

from emu.record import field, record


@record(frozen=False)
class UserState:
    """The registers of one thread.

    `general` is indexed as the ISA's registers are. `flags` are EFLAGS, PSTATE or CPSR, 0
    elsewhere. `special` has by name what only some ISAs have: x86's segment selectors, MIPS's hi
    and lo. `fp` is the floating point and vector state as the ISA's own kernel structure holds
    it, in the guest's byte order: x86 the 512 bytes of FXSAVE, arm64 user_fpsimd_state without
    its padding, ARM user_vfp, RISC-V __riscv_d_ext_state without its padding, and MIPS 32
    doubles and FCSR.
    """

    general: list[int]
    pc: int
    flags: int = 0
    special: dict[str, int] = field(default_factory=dict)
    fp: bytes = b""
