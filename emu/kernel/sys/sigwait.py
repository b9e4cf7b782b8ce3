"""Waiting for signals: pause(2), rt_sigsuspend(2), rt_sigtimedwait(2)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

from emu.kernel.args import Int, Size, StructArg, UInt, UserStruct
from emu.kernel.errno import EAGAIN, EINTR, EINVAL
from emu.kernel.restart import Restart, RestartNoHand
from emu.kernel.signal.actions import KERNEL_ONLY
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.siginfo import pack_siginfo
from emu.kernel.signal.sigset import read_sigset, sigset_size, unpack_sigset
from emu.kernel.sys.clock import TIME32, InTimespec, read_timespec
from emu.kernel.sys.kinds import Sigset
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.wait import WaitQueue

OutSiginfo = Annotated[UserStruct, StructArg(layout="siginfo", out=True)]


@syscall("sys_pause")
async def pause(task: Task) -> int:
    """Sleep until a signal ends it. See pause(2)."""
    return await _sleep_until_signal()


@syscall("sys_rt_sigsuspend")
def rt_sigsuspend(task: Task, unewset: Sigset, sigsetsize: Size) -> Awaitable[int]:
    """Sleep with other signals blocked until one ends it. See rt_sigsuspend(2)."""
    if sigsetsize != sigset_size(task.abi):
        raise EINVAL("not the size of a sigset_t")
    task.signals.sleep_with(read_sigset(task, unewset))
    return _sleep_until_signal()


@syscall("sys_sigsuspend")
def sigsuspend(task: Task, unused1: Int, unused2: Int, mask: UInt) -> Awaitable[int]:
    """sigsuspend of old, whose set is its third argument, and MIPS's, a pointer's. See there."""
    if task.abi.name.startswith("mips"):
        return rt_sigsuspend(task, unused1 & 0xFFFFFFFF, sigset_size(task.abi))
    task.signals.sleep_with(unpack_sigset(task.abi, mask.to_bytes(4, "little")))
    return _sleep_until_signal()


@syscall(
    "sys_rt_sigtimedwait",
    ("sys_rt_sigtimedwait_time32", TIME32),
)
async def rt_sigtimedwait(
    task: Task, uthese: Sigset, uinfo: OutSiginfo, uts: InTimespec, sigsetsize: Size
) -> int:
    """Take one of several signals, or wait for it. See sigtimedwait(2)."""
    if sigsetsize != sigset_size(task.abi):
        raise EINVAL("not the size of a sigset_t")
    wanted = read_sigset(task, uthese) & ~KERNEL_ONLY
    timeout_ns = read_timespec(task, uts) if uts else None
    info = await _take(task, wanted, timeout_ns)
    if uinfo:
        task.mm.write(uinfo.address, pack_siginfo(task.abi, info))
    return signal_numbers(task.abi).encode(info.signal)


async def _sleep_until_signal() -> int:
    while True:
        try:
            await WaitQueue().wait()
        except Restart:
            raise RestartNoHand from None


async def _take(task: Task, wanted: int, timeout_ns: int | None) -> SigInfo:
    """See do_sigtimedwait. EAGAIN when the time is over, EINTR for another signal."""
    signals = task.signals
    info = signals.dequeue(~wanted)
    if info is None and timeout_ns != 0:
        broken = False
        signals.real_blocked = signals.blocked
        signals.blocked &= ~wanted
        try:
            await WaitQueue().wait(timeout_ns)
        except Restart:
            broken = True
        finally:
            signals.blocked, signals.real_blocked = signals.real_blocked, 0
        info = signals.dequeue(~wanted)
        if info is None and broken:
            raise EINTR("another signal")
    if info is None:
        raise EAGAIN("no such signal came")
    return info
