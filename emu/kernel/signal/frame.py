"""Calling a signal handler, and what sigreturn(2) undoes of it. See handle_signal in the arches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SHIFT
from emu.arch.signal_frame import BadFrame, Delivery
from emu.kernel.errno import EFAULT, EINVAL, ENOMEM
from emu.kernel.signal.actions import Sigaction
from emu.kernel.signal.altstack import new_altstack, signed_flags
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import force_signal, wake_for_signals
from emu.kernel.signal.siginfo import pack_siginfo
from emu.kernel.signal.sigset import pack_sigset, unpack_sigset
from emu.kernel.uapi.signal import (
    SA_ONSTACK,
    SA_RESTORER,
    SA_SIGINFO,
    SI_KERNEL,
    SIGFPE,
    SIGSEGV,
)

if TYPE_CHECKING:
    from emu.kernel.task import Task

THUMB_RETURN = 9
"""ARM: how far behind a handler's way back, the Thumb bit included, a Thumb handler's is."""


def setup_frame(task: Task, info: SigInfo, action: Sigaction) -> bool:
    """Have the task begin a handler when it runs next; False if its frame cannot be written."""
    abi, cpu, altstack = task.image_abi, task.cpu, task.signals.altstack
    codec, siginfo = abi.frames, bool(action.flags & SA_SIGINFO)
    state = cpu.user_state()
    old_sp = state.general[abi.convention.stack_pointer]
    sp = old_sp - codec.red_zone
    nested = altstack.in_use(old_sp)
    entering = bool(action.flags & SA_ONSTACK and altstack.size and not altstack.in_use(sp))
    if codec.overflow == "size" and nested and not altstack.holds(old_sp - codec.size(siginfo)):
        return False
    if entering:
        sp = altstack.sp + altstack.size
    if sp >> PAGE_SHIFT <= codec.size(siginfo) >> PAGE_SHIFT:  # it would begin below 0
        return False
    signals = task.signals
    mask = signals.blocked if signals.saved_blocked is None else signals.saved_blocked
    delivery = Delivery(
        signal=signal_numbers(abi).encode(info.signal),
        handler=action.handler,
        siginfo=siginfo,
        info=pack_siginfo(abi, info) if siginfo or codec.always_has_info else b"",
        mask=pack_sigset(abi, mask),
        return_address=_return_address(task, action, siginfo),
        altstack=(altstack.sp, signed_flags(altstack.flags), altstack.size),
        fault=task.last_fault,
    )
    try:
        frame = codec.build(state, sp, delivery)
        if codec.overflow == "frame" and (nested or entering) and not altstack.holds(frame.address):
            return False
        for address, data in frame.pieces:
            task.mm.write(address, data)
    except (BadFrame, EFAULT):
        return False
    cpu.set_user_state(state)
    return True


def restore_frame(task: Task, *, rt: bool) -> bool:
    """Undo a handler's call; False, and SIGSEGV, if the frame is bad."""
    abi, cpu, signals = task.image_abi, task.cpu, task.signals
    task.restart_block = None
    state = cpu.user_state()
    old_sp = state.general[abi.convention.stack_pointer]
    try:
        restored = abi.frames.parse(task.mm.read, state, rt)
    except BadFrame as error:
        _force_bad_frame(task, error.address)
        return False
    except EFAULT:
        _force_bad_frame(task, old_sp if abi.name == "arm64" else None)
        return False
    signals.block_only(unpack_sigset(abi, restored.mask))
    if restored.altstack is not None:
        new_sp = state.general[abi.convention.stack_pointer]
        sp, flags, size = restored.altstack
        # What cannot be restored stays as the handler left it.
        if not signals.altstack.in_use(old_sp if restored.altstack_first else new_sp):
            _restore_altstack(task, sp, flags, size)
    cpu.set_user_state(state)
    if restored.trap:
        force_signal(task, SigInfo.from_kernel(SIGFPE))
    if signals.deliverable:
        wake_for_signals(task)
    return True


def _restore_altstack(task: Task, sp: int, flags: int, size: int) -> None:
    try:
        task.signals.altstack = new_altstack(task.image_abi, task.signals.altstack, sp, size, flags)
    except (EINVAL, ENOMEM):
        return


def _return_address(task: Task, action: Sigaction, siginfo: bool) -> int | None:
    if action.flags & SA_RESTORER:
        return action.restorer
    if task.mm.sigreturn is None:
        return None
    address = task.mm.sigreturn[siginfo]
    if task.cpu.isa.name == "arm" and action.handler & 1:
        address += THUMB_RETURN
    return address


def _force_bad_frame(task: Task, address: int | None) -> None:
    if address is None:
        force_signal(task, SigInfo(SIGSEGV, SI_KERNEL))
    else:
        code = "SEGV_ACCERR" if task.mm.vmas.find(address) else "SEGV_MAPERR"
        force_signal(task, SigInfo(SIGSEGV, code, address=address))
