"""Tracing: ptrace(2)."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from emu.kernel.args import Long, Pid, ULong
from emu.kernel.errno import EIO, ESRCH
from emu.kernel.ptrace import inspect, reports
from emu.kernel.ptrace.attach import attach, seize, trace_me, tracee_of
from emu.kernel.ptrace.resume import detach, interrupt, kill, listen, resume
from emu.kernel.syscall import syscall
from emu.kernel.task import Task

if TYPE_CHECKING:
    from emu.arch.abi import Abi

# By name: the numbers are each ABI's own, and some have several meanings.
REQUESTS: dict[str, inspect.Request] = {
    "PTRACE_PEEKTEXT": inspect.peek,
    "PTRACE_PEEKDATA": inspect.peek,
    "PTRACE_PEEKUSR": inspect.peek_user,
    "PTRACE_POKETEXT": inspect.poke,
    "PTRACE_POKEDATA": inspect.poke,
    "PTRACE_POKEUSR": inspect.poke_user,
    "PTRACE_CONT": resume(),
    "PTRACE_SYSCALL": resume(calls=True),
    "PTRACE_SYSEMU": resume(emulate=True),
    "PTRACE_SYSEMU_SINGLESTEP": resume(emulate=True, step=True),
    "PTRACE_SINGLESTEP": resume(step=True),
    "PTRACE_KILL": kill,
    "PTRACE_DETACH": detach,
    "PTRACE_INTERRUPT": interrupt,
    "PTRACE_LISTEN": listen,
    "PTRACE_GETREGSET": inspect.get_regset,
    "PTRACE_SETREGSET": inspect.set_regset,
    "PTRACE_GET_THREAD_AREA": inspect.get_thread_area,
    "PTRACE_ARCH_PRCTL": inspect.arch_prctl,
    "PTRACE_SET_SYSCALL": inspect.set_syscall,
    "PTRACE_SETOPTIONS": reports.set_options,
    "PTRACE_OLDSETOPTIONS": reports.set_options,
    "PTRACE_GETEVENTMSG": reports.get_event_message,
    "PTRACE_GETSIGINFO": reports.get_siginfo,
    "PTRACE_SETSIGINFO": reports.set_siginfo,
    "PTRACE_GETSIGMASK": reports.get_sigmask,
    "PTRACE_SETSIGMASK": reports.set_sigmask,
    "PTRACE_PEEKSIGINFO": reports.peek_siginfo,
    "PTRACE_GET_SYSCALL_INFO": reports.get_syscall_info,
    **{f"PTRACE_GET{kind}": inspect.get_set(kind) for kind in ("REGS", "FPREGS", "FPXREGS")},
    **{f"PTRACE_SET{kind}": inspect.set_set(kind) for kind in ("REGS", "FPREGS", "FPXREGS")},
    "PTRACE_GETVFPREGS": inspect.get_set("VFPREGS"),
    "PTRACE_SETVFPREGS": inspect.set_set("VFPREGS"),
}
# Those that do not wait for the tracee to stand still.
ANY_TIME = ("PTRACE_KILL", "PTRACE_INTERRUPT")
BEGINNINGS = ("PTRACE_TRACEME", "PTRACE_ATTACH", "PTRACE_SEIZE")


@syscall(
    "sys_ptrace",
    missing="hardware breakpoints, PTRACE_SECCOMP_GET_FILTER, PTRACE_GET_RSEQ_CONFIGURATION",
)
def ptrace(task: Task, request: Long, pid: Pid, addr: ULong, data: ULong) -> int:
    """Trace another task: watch and change what it does. See ptrace(2)."""
    name = requests_of(task.abi).get(request, "")
    if name == "PTRACE_TRACEME":
        trace_me(task)
        return 0
    target = task.kernel.tasks.get(pid)
    if target is None:
        raise ESRCH(f"no task {pid}")
    if name == "PTRACE_ATTACH":
        attach(task, target)
        return 0
    if name == "PTRACE_SEIZE":
        seize(task, target, addr, data)
        return 0
    tracee = tracee_of(task, target, stopped=name not in ANY_TIME)
    if name not in REQUESTS:
        raise EIO(f"no request {request:#x}")
    return REQUESTS[name](task, tracee, addr, data)


@functools.lru_cache(maxsize=32)
def requests_of(abi: Abi) -> dict[int, str]:
    """The names of an ABI's requests."""
    constants = abi.constants
    return {constants[name]: name for name in (*REQUESTS, *BEGINNINGS) if name in constants}
