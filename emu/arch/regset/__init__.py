"""Register sets: what debuggers and core dumps see of a thread, as each ABI's kernel lays it out.

Pure codecs: registers in, bytes out, and back. See the regset.h of the kernel's architectures.
"""

from __future__ import annotations

import functools
from importlib import import_module
from typing import TYPE_CHECKING, cast

from emu.arch.regset.base import BadRegister, Regset, ThreadRegisters, View

if TYPE_CHECKING:
    from emu.arch.abi import Abi

__all__ = ["BadRegister", "Regset", "ThreadRegisters", "View", "audit_arch", "make_view"]

# The module of each ABI's view: only those that are looked at are imported.
_MODULES = {
    "x86-64": "x86", "x32": "x86", "i386": "x86", "arm64": "arm64", "arm-eabi": "arm",
    "arm-oabi": "arm", "riscv64": "riscv", "riscv32": "riscv", "mips-o32": "mips",
    "mips-n32": "mips", "mips-n64": "mips",
}  # fmt: skip

_AUDIT_64BIT, _AUDIT_LE, _AUDIT_MIPS64_N32 = 0x80000000, 0x40000000, 0x20000000


@functools.lru_cache(maxsize=64)
def make_view(abi: Abi) -> View:
    """The register sets of an ABI's threads."""
    module = import_module(f"{__name__}.{_MODULES[abi.name]}")
    return cast(View, module.view(abi))


def audit_arch(abi: Abi) -> int:
    """AUDIT_ARCH_*: an ABI as seccomp(2) and PTRACE_GET_SYSCALL_INFO name it.

    The tables' ABIs of one kernel share it where their numbers tell them apart (x32).
    """
    value = abi.elf_machine
    if abi.isa.word_bits == 64:
        value |= _AUDIT_64BIT
    if not abi.isa.big_endian:
        value |= _AUDIT_LE
    if abi.name == "mips-n32":
        value |= _AUDIT_MIPS64_N32
    return value
