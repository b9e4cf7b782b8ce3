"""Results: a number, what it stands for, or the error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.restart import Restart, RestartBlock, RestartNoHand, RestartNoIntr
from emu.kernel.uapi.personality import PERSONALITY
from emu.kernel.uapi.sched import POLICY, SCHED_RESET_ON_FORK
from emu.trace.format import clone, fcntl, memory, prctl, signals, waiting
from emu.trace.format.flags import number, personality
from emu.trace.format.numbers import MEMBARRIER, set_of
from emu.trace.format.text import date, hexadecimal, octal

if TYPE_CHECKING:
    from emu.kernel.injection import Injection
    from emu.trace.format.call import Call

MAX_ERRNO = 4095
"""An error has a number up to this one, with a name or not: filters of calls make up their own."""

BROKEN: dict[type[Restart], str] = {
    Restart: "? ERESTARTSYS (To be restarted if SA_RESTART is set)",
    RestartNoIntr: "? ERESTARTNOINTR (To be restarted)",
    RestartNoHand: "? ERESTARTNOHAND (To be restarted if no handler)",
    RestartBlock: "? ERESTART_RESTARTBLOCK (Interrupted by signal)",
}


def result(call: Call) -> str:
    """What comes after the equals sign."""
    event, plan = call.event, call.plan
    error, value = event.error, event.result
    if error is not None:
        text = f"-1 {type(error).__name__} ({error.text()})"
    elif value is None:
        return BROKEN[type(event.broken)] if event.broken is not None else "?"
    elif -MAX_ERRNO <= value < 0:
        text = f"-1 (errno {-value})"
    elif plan.is_raw:
        text = hexadecimal(value & ((1 << call.word_bits) - 1))
    else:
        text = str(value) if plan.result is None else plan.result(call, value)
    return text if event.injected is None else text + injected(event.injected)


def injected(injection: Injection) -> str:
    """That it was not all the kernel's doing."""
    notes = " (INJECTED)" if injection.replaces else ""
    return notes + (" (DELAYED)" if injection.delays else "")


def address(call: Call, value: int) -> str:
    """A place in memory."""
    return hexadecimal(value & ((1 << call.word_bits) - 1))


def policy(call: Call, value: int) -> str:
    """A scheduling policy and its flag."""
    name = number(call.abi, POLICY, value & ~SCHED_RESET_ON_FORK)
    flag = "|SCHED_RESET_ON_FORK" if value & SCHED_RESET_ON_FORK else ""
    return f"{hexadecimal(value)} ({name}{flag})"


def domain(call: Call, value: int) -> str:
    """A personality."""
    return f"{hexadecimal(value)} ({personality(call.abi, PERSONALITY, value)})"


def barriers(call: Call, value: int) -> str:
    """A set of membarrier commands."""
    return f"{hexadecimal(value)} ({set_of(MEMBARRIER, value)})" if value else "0"


def readiness(call: Call, value: int) -> str:
    """What select(2) says; old_select has its arguments in memory."""
    return waiting.select_result(call, value) if len(call.parameters) > 1 else str(value)


def taken_signal(call: Call, value: int) -> str:
    """Which signal sigtimedwait(2) took."""
    return f"{value} ({signals.signal(call.abi, value)})"


RESULTS: dict[str, Callable[[Call, int], str]] = {
    **dict.fromkeys(("brk", "mmap", "mmap2", "mremap", "shmat"), address),
    "umask": lambda call, value: octal(value),
    "fcntl": fcntl.fcntl_result,
    "fcntl64": fcntl.fcntl_result,
    "prctl": prctl.result,
    "poll": memory.poll_result,
    "ppoll": memory.poll_result,
    **dict.fromkeys(("select", "_newselect", "pselect6", "pselect6_time64"), readiness),
    "time": lambda call, value: f"{value} ({date(value)})",
    "personality": domain,
    "sched_getscheduler": policy,
    "membarrier": barriers,
    "set_thread_area": clone.chosen_entry,
    "rt_sigtimedwait": taken_signal,
    "rt_sigtimedwait_time64": taken_signal,
}
"""Calls whose result is more than a number."""
