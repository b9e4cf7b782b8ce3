"""Results: a number, what it stands for, or the error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.restart import Restart, RestartBlock, RestartNoHand, RestartNoIntr
from emu.kernel.uapi.personality import PERSONALITY
from emu.kernel.uapi.sched import POLICY, SCHED_RESET_ON_FORK
from emu.trace.format import fcntl, memory, prctl, waiting
from emu.trace.format.flags import number, personality
from emu.trace.format.numbers import MEMBARRIER, set_of
from emu.trace.format.singles import date
from emu.trace.format.text import hexadecimal, octal

if TYPE_CHECKING:
    from emu.trace.format.call import Call

ADDRESSES = ("brk", "mmap", "mmap2", "mremap", "shmat")
BROKEN: dict[type[Restart], str] = {
    Restart: "? ERESTARTSYS (To be restarted if SA_RESTART is set)",
    RestartNoIntr: "? ERESTARTNOINTR (To be restarted)",
    RestartNoHand: "? ERESTARTNOHAND (To be restarted if no handler)",
    RestartBlock: "? ERESTART_RESTARTBLOCK (Interrupted by signal)",
}


def result(call: Call) -> str:
    """What comes after the equals sign."""
    error, value = call.event.error, call.event.result
    if error is not None:
        return f"-1 {type(error).__name__} ({error.text()})"
    if value is None:
        return BROKEN[type(call.event.broken)] if call.event.broken is not None else "?"
    if call.name in ADDRESSES:
        return hexadecimal(value & ((1 << call.word_bits) - 1))
    if not call.parameters and call.event.syscall is None:
        return str(value)
    return explained(call, value)


def explained(call: Call, value: int) -> str:
    """A number, with its meaning where strace tells it."""
    match call.name:
        case "umask":
            return octal(value)
        case "fcntl" | "fcntl64":
            return fcntl.fcntl_result(call, value)
        case "prctl":
            return prctl.result(call, value)
        case "poll" | "ppoll":
            return memory.poll_result(call, value)
        case "select" | "_newselect" | "pselect6" | "pselect6_time64" if len(call.parameters) > 1:
            return waiting.select_result(call, value)
        case "time":
            return f"{value} ({date(value)})"
        case "personality":
            return f"{hexadecimal(value)} ({personality(call.abi, PERSONALITY, value)})"
        case "sched_getscheduler":
            return f"{hexadecimal(value)} ({policy(call, value)})"
        case "membarrier" if value:
            return f"{hexadecimal(value)} ({set_of(MEMBARRIER, value)})"
    return str(value)


def policy(call: Call, value: int) -> str:
    """A scheduling policy and its flag."""
    name = number(call.abi, POLICY, value & ~SCHED_RESET_ON_FORK)
    return name + ("|SCHED_RESET_ON_FORK" if value & SCHED_RESET_ON_FORK else "")
