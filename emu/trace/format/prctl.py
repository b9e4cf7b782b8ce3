"""prctl(2): each option has its own arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.uapi import prctl as pr
from emu.kernel.uapi.seccomp import SECCOMP_MODE_FILTER
from emu.trace.format import seccomp, signals
from emu.trace.format.numbers import capability
from emu.trace.format.text import hexadecimal, pointer, quoted, signed

if TYPE_CHECKING:
    from emu.trace.format.call import Call

DUMPABLE = {0: "SUID_DUMP_DISABLE", 1: "SUID_DUMP_USER", 2: "SUID_DUMP_ROOT"}
AMBIENT = {
    1: "PR_CAP_AMBIENT_IS_SET", 2: "PR_CAP_AMBIENT_RAISE", 3: "PR_CAP_AMBIENT_LOWER",
    4: "PR_CAP_AMBIENT_CLEAR_ALL",
}  # fmt: skip
NAME_LIMIT = 15

# Option -> how many arguments follow it.
ARGUMENTS = {
    pr.PR_GET_DUMPABLE: 0, pr.PR_GET_SECCOMP: 0, pr.PR_GET_KEEPCAPS: 0, pr.PR_GET_TIMERSLACK: 0,
    pr.PR_GET_TIMING: 0, pr.PR_GET_SECUREBITS: 0,
    pr.PR_SET_NAME: 1, pr.PR_GET_NAME: 1, pr.PR_SET_DUMPABLE: 1, pr.PR_SET_KEEPCAPS: 1,
    pr.PR_SET_TIMERSLACK: 1, pr.PR_SET_TIMING: 1, pr.PR_SET_PDEATHSIG: 1, pr.PR_GET_PDEATHSIG: 1,
    pr.PR_CAPBSET_READ: 1, pr.PR_CAPBSET_DROP: 1, pr.PR_SET_CHILD_SUBREAPER: 1,
    pr.PR_GET_CHILD_SUBREAPER: 1, pr.PR_GET_TID_ADDRESS: 1, pr.PR_GET_TSC: 1, pr.PR_SET_TSC: 1,
    pr.PR_SET_SECUREBITS: 1,
    pr.PR_SET_THP_DISABLE: 4, pr.PR_GET_THP_DISABLE: 4, pr.PR_SET_NO_NEW_PRIVS: 4,
    pr.PR_GET_NO_NEW_PRIVS: 4,
}  # fmt: skip
DECIMAL = (pr.PR_SET_KEEPCAPS, pr.PR_SET_TIMERSLACK, pr.PR_SET_CHILD_SUBREAPER)
STORED = (pr.PR_GET_PDEATHSIG, pr.PR_GET_CHILD_SUBREAPER)
FILLED = (pr.PR_GET_NAME, pr.PR_GET_PDEATHSIG, pr.PR_GET_CHILD_SUBREAPER, pr.PR_GET_TID_ADDRESS)


def shown(call: Call) -> int:
    """How many arguments there are with this option."""
    if call.value(0) == pr.PR_SET_SECCOMP:
        return 1 + seccomp.prctl_arguments(call.value(1))
    return 1 + ARGUMENTS.get(call.value(0), 4)


def argument(call: Call, index: int) -> str:
    """An argument after the option."""
    option, value = call.value(0), call.value(index)
    if index > 1:
        if option == pr.PR_SET_SECCOMP and call.value(1) == SECCOMP_MODE_FILTER:
            return seccomp.program(call, value)
        if option in (pr.PR_SET_NO_NEW_PRIVS, pr.PR_GET_NO_NEW_PRIVS):
            return str(value)
        if option == pr.PR_CAP_AMBIENT and index == 2:
            return capability(value)
        return hexadecimal(value)
    if option == pr.PR_SET_SECCOMP:
        return seccomp.mode(value)
    if option == pr.PR_SET_NAME:
        return name(call, value)
    if option in FILLED:
        return filled(call, option, value)
    if option == pr.PR_SET_PDEATHSIG:
        return signals.signal(call.abi, value)
    if option in (pr.PR_CAPBSET_READ, pr.PR_CAPBSET_DROP):
        return capability(value)
    if option == pr.PR_SET_DUMPABLE:
        return DUMPABLE.get(value, hexadecimal(value))
    if option == pr.PR_CAP_AMBIENT:
        return AMBIENT.get(value, f"{value:#x} /* PR_CAP_AMBIENT_??? */")
    if option in DECIMAL or ARGUMENTS.get(option) == 4:
        return str(value)
    return hexadecimal(value)


def name(call: Call, address: int) -> str:
    """A task's name, cut as the kernel cuts it."""
    try:
        text = call.mm.read_string(address, 4096)
    except KernelError:
        return pointer(address)
    return quoted(text, NAME_LIMIT)


def filled(call: Call, option: int, address: int) -> str:
    """What an option stored."""
    if call.failed:
        return pointer(address)
    try:
        if option == pr.PR_GET_NAME:
            return quoted(call.mm.read_string(address, 16))
        if option == pr.PR_GET_TID_ADDRESS:
            size = call.abi.word_bytes
            order = call.abi.byte_order
            return f"[{pointer(int.from_bytes(call.mm.read(address, size), order))}]"
        value = signed(call.mm.read_u32(address), 32)
    except KernelError:
        return pointer(address)
    if option == pr.PR_GET_PDEATHSIG:
        return f"[{signals.signal(call.abi, value)}]"
    return f"[{value}]"


def result(call: Call, value: int) -> str:
    """The result, with what it stands for."""
    if call.value(0) == pr.PR_GET_DUMPABLE and value in DUMPABLE:
        return f"{value} ({DUMPABLE[value]})"
    return str(value)


def is_out(call: Call) -> bool:
    """Whether the option stores something."""
    return call.value(0) in FILLED
