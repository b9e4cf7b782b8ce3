"""The signal calls of old, whose sets are one word: sigaction(2), signal(2), sgetmask(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import FlagsArg, Int, Pointer, StructArg, UserStruct
from emu.kernel.errno import EINVAL
from emu.kernel.signal.actions import Sigaction
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.sigset import pack_sigset, sigset_size, unpack_sigset
from emu.kernel.sys.kinds import OldSigset, OutOldSigset, Signal
from emu.kernel.sys.sigaction import read_action, write_action
from emu.kernel.sys.signal import change_mask, do_sigaction, set_blocked
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.signal import (
    SA_NODEFER,
    SA_RESETHAND,
    SIG_BLOCK,
    SIG_SETMASK,
    SIG_UNBLOCK,
    SIGPROCMASK_HOW,
)

How = Annotated[int, FlagsArg(signed=True, family=SIGPROCMASK_HOW)]
InOldSigaction = Annotated[UserStruct, StructArg(layout="old_sigaction")]
OutOldSigaction = Annotated[UserStruct, StructArg(layout="old_sigaction", out=True)]


@syscall("sys_sigaction", "sys_32_sigaction")
def sigaction(task: Task, sig: Signal, act: InOldSigaction, oact: OutOldSigaction) -> int:
    """Change and tell a signal's action. See sigaction(2)."""
    old = do_sigaction(task, sig, read_action(task, act) if act else None)
    if oact:
        write_action(task, oact, old)
    return 0


@syscall("sys_signal")
def signal(task: Task, sig: Signal, handler: Pointer) -> int:
    """Set a handler for one time; answers the old one. See signal(2)."""
    action = Sigaction(handler=handler, flags=SA_RESETHAND | SA_NODEFER)
    return do_sigaction(task, sig, action).handler


@syscall("sys_sigprocmask")
def sigprocmask(task: Task, how: How, nset: OldSigset, oset: OutOldSigset) -> int:
    """Change and tell the first word of the blocked signals. See sigprocmask(2)."""
    old = task.signals.blocked
    if nset:
        signals = unpack_sigset(task.abi, task.mm.read(nset, task.abi.word_bytes))
        if how not in (SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK):
            raise EINVAL("neither block, unblock nor set")
        if how == SIG_SETMASK:
            signals |= beyond_first_word(task, old)
        change_mask(task, how, signals)
    if oset:
        task.mm.write(oset, pack_sigset(task.abi, old)[: task.abi.word_bytes])
    return 0


@syscall("sys_sigpending")
def sigpending(task: Task, uset: OutOldSigset) -> int:
    """Tell the first word of the pending signals that are blocked. See sigpending(2)."""
    pending = task.signals.pending & task.signals.blocked
    task.mm.write(uset, pack_sigset(task.abi, pending)[: task.abi.word_bytes])
    return 0


@syscall("sys_sgetmask")
def sgetmask(task: Task) -> int:
    """The first 32 blocked signals. See sgetmask(2)."""
    return signal_numbers(task.abi).encode_set(task.signals.blocked) & 0xFFFFFFFF


@syscall("sys_ssetmask")
def ssetmask(task: Task, newmask: Int) -> int:
    """Block just these of the first 32 signals; answers the old ones. See ssetmask(2)."""
    old = sgetmask(task)
    set_blocked(task, signal_numbers(task.abi).decode_set(newmask & 0xFFFFFFFF))
    return old


def beyond_first_word(task: Task, signals: int) -> int:
    """The part of a set that an old sigset_t does not have."""
    packed = pack_sigset(task.abi, signals)
    word = task.abi.word_bytes
    return unpack_sigset(task.abi, bytes(word) + packed[word : sigset_size(task.abi)])
