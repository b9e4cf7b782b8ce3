"""ptrace(2): each request has its own arguments."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.trace.format import signals
from emu.trace.format.text import hexadecimal, pointer

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.trace.format.call import Call

# Constants of the same prefix that are no requests.
OTHERS = (
    "PTRACE_O_", "PTRACE_EVENT", "PTRACE_SYSCALL_INFO_", "PTRACE_PEEKSIGINFO_", "PTRACE_GETFDPIC_",
)  # fmt: skip
ALONE = ("PTRACE_TRACEME",)
WITHOUT_DATA = ("PTRACE_ATTACH", "PTRACE_KILL", "PTRACE_INTERRUPT", "PTRACE_LISTEN")
GIVE_SIGNAL = (
    "PTRACE_CONT", "PTRACE_SYSCALL", "PTRACE_SINGLESTEP", "PTRACE_SYSEMU", "PTRACE_DETACH",
    "PTRACE_SYSEMU_SINGLESTEP",
)  # fmt: skip
OPTIONS = ("PTRACE_SETOPTIONS", "PTRACE_SEIZE")
REGSETS = ("PTRACE_GETREGSET", "PTRACE_SETREGSET")
NOTES = (
    "NT_PRSTATUS", "NT_PRFPREG", "NT_PRXFPREG", "NT_386_TLS", "NT_X86_XSTATE", "NT_ARM_VFP",
    "NT_ARM_TLS", "NT_ARM_SYSTEM_CALL", "NT_ARM_HW_BREAK", "NT_ARM_HW_WATCH", "NT_ARM_SVE",
)  # fmt: skip
STORES_WORD = (
    "PTRACE_PEEKTEXT", "PTRACE_PEEKDATA", "PTRACE_PEEKUSER", "PTRACE_GETEVENTMSG",
)  # fmt: skip
SIZES = ("PTRACE_GET_SYSCALL_INFO", "PTRACE_GETSIGMASK", "PTRACE_SETSIGMASK")
OPTION_NAMES = (
    "TRACESYSGOOD", "TRACEFORK", "TRACEVFORK", "TRACECLONE", "TRACEEXEC", "TRACEVFORKDONE",
    "TRACEEXIT", "TRACESECCOMP",
)  # fmt: skip
EXITKILL, SUSPEND_SECCOMP = 1 << 20, 1 << 21


@functools.lru_cache(maxsize=32)
def requests(abi: Abi) -> dict[int, str]:
    """The requests' names by their numbers in an ABI; of several names the first."""
    names: dict[int, str] = {}
    for name, value in abi.constants.items():
        if name.startswith("PTRACE_") and not name.startswith(OTHERS):
            names.setdefault(value, name.replace("USR", "USER"))
    return names


def request(call: Call, index: int) -> str:
    """What is asked for."""
    return name_of(call) or f"{hexadecimal(call.value(0))} /* PTRACE_??? */"


def name_of(call: Call) -> str:
    """The request's name, empty for an unknown one."""
    return requests(call.abi).get(call.value(0), "")


def shown(call: Call) -> int:
    """How many arguments there are with this request."""
    name = name_of(call)
    if name in ALONE:
        return 1
    return 2 if name in WITHOUT_DATA else 4


def is_out(call: Call) -> bool:
    """Whether something is stored at the last argument's address."""
    name = name_of(call)
    return name in STORES_WORD or name == "PTRACE_GETREGSET"


def address(call: Call, index: int) -> str:
    """The third argument: an address, a set of registers, or a size."""
    name, value = name_of(call), call.value(index)
    if name in REGSETS:
        known = {call.abi.constants[note]: note for note in NOTES if note in call.abi.constants}
        return known.get(value) or f"{hexadecimal(value)} /* NT_??? */"
    return str(value) if name in SIZES else pointer(value)


def data(call: Call, index: int) -> str:
    """The last argument: a signal, options, an iovec, or where a word is stored."""
    name, value = name_of(call), call.value(index)
    if name in GIVE_SIGNAL:
        return signals.signal(call.abi, value) if value else "0"
    if name in OPTIONS:
        return options(value)
    try:
        if name in REGSETS and value:
            word = call.abi.word_bytes
            base, size = call.mm.read_word(value), call.mm.read_word(value + word)
            return f"[{{iov_base={pointer(base)}, iov_len={size}}}]"
        if name in STORES_WORD and value and not call.failed:
            return f"[{hexadecimal(call.mm.read_word(value))}]"
    except KernelError:
        pass
    return pointer(value)


def options(value: int) -> str:
    """A set of options by their names."""
    names = [f"PTRACE_O_{name}" for bit, name in enumerate(OPTION_NAMES) if value >> bit & 1]
    for bit, name in ((EXITKILL, "EXITKILL"), (SUSPEND_SECCOMP, "SUSPEND_SECCOMP")):
        if value & bit:
            names.append(f"PTRACE_O_{name}")
    rest = value & ~(0xFF | EXITKILL | SUSPEND_SECCOMP)
    return "|".join([*names, hexadecimal(rest)] if rest else names) or "0"
