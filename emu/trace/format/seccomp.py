"""Secure computing: seccomp(2), and what prctl(2) has of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.uapi import seccomp as uapi
from emu.trace.format.flags import flags
from emu.trace.format.text import hexadecimal, pointer

if TYPE_CHECKING:
    from emu.trace.format.call import Call

MODES = {
    uapi.SECCOMP_MODE_DISABLED: "SECCOMP_MODE_DISABLED",
    uapi.SECCOMP_MODE_STRICT: "SECCOMP_MODE_STRICT",
    uapi.SECCOMP_MODE_FILTER: "SECCOMP_MODE_FILTER",
}
SIZES = ("seccomp_notif", "seccomp_notif_resp", "seccomp_data")

AUDIT_ARCHES = {
    0xC000003E: "X86_64", 0x40000003: "I386", 0xC00000B7: "AARCH64", 0x800000B7: "AARCH64",
    0x40000028: "ARM", 0x00000028: "ARMEB", 0xC00000F3: "RISCV64", 0x400000F3: "RISCV32",
    0x00000008: "MIPS", 0x40000008: "MIPSEL", 0x80000008: "MIPS64", 0xC0000008: "MIPSEL64",
    0xA0000008: "MIPS64N32", 0xE0000008: "MIPSEL64N32",
}  # fmt: skip


def audit_arch(value: int) -> str:
    """``AUDIT_ARCH_X86_64``."""
    name = AUDIT_ARCHES.get(value)
    return f"{value:#x} /* AUDIT_ARCH_??? */" if name is None else f"AUDIT_ARCH_{name}"


def mode(value: int) -> str:
    """What PR_SET_SECCOMP sets."""
    return MODES.get(value, f"{hexadecimal(value)} /* SECCOMP_MODE_??? */")


def prctl_arguments(value: int) -> int:
    """How many arguments follow PR_SET_SECCOMP for a mode."""
    return {uapi.SECCOMP_MODE_STRICT: 1, uapi.SECCOMP_MODE_FILTER: 2}.get(value, 4)


def operation_flags(call: Call, index: int) -> str:
    """Filters have flags; the other operations have numbers that must be 0."""
    value = call.value(index)
    if call.value(0) == uapi.SECCOMP_SET_MODE_FILTER:
        return flags(call.abi, uapi.SECCOMP_FILTER_FLAGS, value)
    return hexadecimal(value)


def operand(call: Call, index: int) -> str:
    """What an operation is given, or fills."""
    address = call.value(index)
    try:
        match call.value(0):
            case uapi.SECCOMP_SET_MODE_FILTER:
                return program(call, address)
            case uapi.SECCOMP_GET_ACTION_AVAIL if address:
                return f"[{action(call.mm.read_u32(address))}]"
            case uapi.SECCOMP_GET_NOTIF_SIZES if address and not call.failed:
                layout = call.abi.layout("seccomp_notif_sizes")
                found = layout.unpack(call.mm.read(address, layout.size))
                return f"{{{', '.join(f'{name}={found[name]}' for name in SIZES)}}}"
    except KernelError:
        pass
    return pointer(address)


def is_out(call: Call) -> bool:
    """Whether the operation stores something."""
    return call.value(0) == uapi.SECCOMP_GET_NOTIF_SIZES


def program(call: Call, address: int) -> str:
    """A struct sock_fprog."""
    layout = call.abi.layout("sock_fprog")
    try:
        found = layout.unpack(call.mm.read(address, layout.size))
    except KernelError:
        return pointer(address)
    return f"{{len={found['len']}, filter={pointer(found['filter'])}}}"


def action(value: int) -> str:
    """``SECCOMP_RET_TRACE``."""
    name = uapi.ACTION_NAMES.get(value)
    return f"{value:#x} /* SECCOMP_RET_??? */" if name is None else f"SECCOMP_RET_{name.upper()}"
