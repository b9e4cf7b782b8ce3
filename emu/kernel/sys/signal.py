"""Signal actions and masks: sigaction(2), sigprocmask(2), sigpending(2), sigaltstack(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg, Size, StructArg, UserStruct
from emu.kernel.errno import EINVAL, EPERM
from emu.kernel.signal.actions import KERNEL_ONLY, Sigaction, sigmask
from emu.kernel.signal.altstack import new_altstack, signed_flags
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.send import wake_for_signals
from emu.kernel.signal.sigset import pack_sigset, read_sigset, sigset_size, write_sigset
from emu.kernel.sys.kinds import OutSigset, Signal, Sigset
from emu.kernel.sys.sigaction import read_action, write_action
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.signal import (
    SIG_BLOCK,
    SIG_SETMASK,
    SIG_UNBLOCK,
    SIGPROCMASK_HOW,
    SS_AUTODISARM,
    SS_DISABLE,
    SS_ONSTACK,
)

How = Annotated[int, FlagsArg(signed=True, family=SIGPROCMASK_HOW)]
InSigaction = Annotated[UserStruct, StructArg(layout="sigaction")]
OutSigaction = Annotated[UserStruct, StructArg(layout="sigaction", out=True)]
InStack = Annotated[UserStruct, StructArg(layout="sigaltstack")]
OutStack = Annotated[UserStruct, StructArg(layout="sigaltstack", out=True)]


@syscall("sys_rt_sigaction")
def rt_sigaction(
    task: Task, sig: Signal, act: InSigaction, oact: OutSigaction, sigsetsize: Size
) -> int:
    """Change and tell a signal's action. See rt_sigaction(2)."""
    if sigsetsize != sigset_size(task.abi):
        raise EINVAL("not the size of a sigset_t")
    old = do_sigaction(task, sig, read_action(task, act) if act else None)
    if oact:
        write_action(task, oact, old)
    return 0


@syscall("sys_rt_sigprocmask")
def rt_sigprocmask(task: Task, how: How, nset: Sigset, oset: OutSigset, sigsetsize: Size) -> int:
    """Change and tell the blocked signals. See rt_sigprocmask(2)."""
    if sigsetsize != sigset_size(task.abi):
        raise EINVAL("not the size of a sigset_t")
    old = task.signals.blocked
    if nset:
        change_mask(task, how, read_sigset(task, nset))
    if oset:
        write_sigset(task, oset, old)
    return 0


@syscall("sys_rt_sigpending")
def rt_sigpending(task: Task, uset: OutSigset, sigsetsize: Size) -> int:
    """Tell which blocked signals are pending. See rt_sigpending(2)."""
    if sigsetsize > sigset_size(task.abi):
        raise EINVAL("longer than a sigset_t")
    pending = task.signals.pending & task.signals.blocked
    if sigsetsize:
        task.mm.write(uset, pack_sigset(task.abi, pending)[:sigsetsize])
    return 0


@syscall("sys_sigaltstack")
def sigaltstack(task: Task, uss: InStack, uoss: OutStack) -> int:
    """Change and tell the alternate signal stack. See sigaltstack(2)."""
    signals = task.signals
    old, sp = signals.altstack, stack_pointer(task)
    if uss:
        value = uss.read()
        if old.in_use(sp):
            raise EPERM("the alternate stack is in use")
        signals.altstack = new_altstack(
            task.abi, old, value["ss_sp"], value["ss_size"], value["ss_flags"]
        )
    if uoss:
        mode = SS_DISABLE if not old.size else SS_ONSTACK * old.in_use(sp)
        flags = signed_flags(mode | old.flags & SS_AUTODISARM)
        uoss.write(ss_sp=old.sp, ss_size=old.size, ss_flags=flags)
    return 0


def do_sigaction(task: Task, sig: int, new: Sigaction | None) -> Sigaction:
    """Set an action, if there is a new one; answers the old one. EINVAL."""
    signal = signal_numbers(task.abi).decode(sig)
    bit = sigmask(signal) if signal else 0
    if not bit or (new and bit & KERNEL_ONLY):
        raise EINVAL("no signal whose action can be set")
    signals = task.signals
    old = signals.actions[signal]
    if new is not None:
        signals.actions[signal] = new
        if signals.actions.ignores(signal):
            signals.flush(bit)
    return old


def change_mask(task: Task, how: int, signals: int) -> None:
    """Block or unblock signals. EINVAL for an unknown way."""
    blocked = task.signals.blocked
    if how == SIG_BLOCK:
        set_blocked(task, blocked | signals)
    elif how == SIG_UNBLOCK:
        set_blocked(task, blocked & ~signals)
    elif how == SIG_SETMASK:
        set_blocked(task, signals)
    else:
        raise EINVAL("neither block, unblock nor set")


def set_blocked(task: Task, signals: int) -> None:
    """Block just these signals, and see to those that were let through by it."""
    task.signals.block_only(signals)
    if task.signals.deliverable:
        wake_for_signals(task)


def stack_pointer(task: Task) -> int:
    """The caller's stack pointer."""
    mask = (1 << task.abi.word_bits) - 1
    return task.cpu.registers[task.abi.convention.stack_pointer] & mask
