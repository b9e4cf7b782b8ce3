"""A tracee's way back to user code: signal-delivery stops and group stops.

See get_signal and ptrace_signal in kernel/signal.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.actions import sigmask
from emu.kernel.signal.delivery import act_on, fatal_signal, no_handler
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.ptrace import PTRACE_EVENT_EXIT
from emu.kernel.uapi.signal import SI_USER, SIGKILL

if TYPE_CHECKING:
    from emu.kernel.ptrace.tracee import Tracee


async def deliver_traced(tracee: Tracee) -> int:
    """Act on every pending signal as its tracer wants; see `emu.kernel.signal.delivery.deliver`."""
    task = tracee.task
    while task.alive:
        if task.ptrace is not tracee:  # let go meanwhile: the rest is done in the usual way
            task.work = True
            return 0
        if tracee.trap_pending and not task.signals.killed:
            await tracee.stand_for_group()
            continue
        info = task.signals.dequeue()
        if info is None:
            no_handler(task)
            return 0
        if info.signal != SIGKILL and not info.immutable:
            given = await signal_stop(tracee, info)
            if given is None:
                continue
            info = given
        status = fatal_signal(task, info)
        if status and task.ptrace is tracee:
            await tracee.event(PTRACE_EVENT_EXIT, status)
        act_on(task, info)
    return 0


async def signal_stop(tracee: Tracee, info: SigInfo) -> SigInfo | None:
    """Stop because of a signal: what the task gets of it, None for nothing."""
    task = tracee.task
    signal = await tracee.stand(info.signal, info)
    if not signal:
        return None
    given = tracee.resumed_info or info
    if signal != given.signal:
        tracer = tracee.tracer
        given = SigInfo(signal, SI_USER, pid=tracer.tgid, uid=tracer.cred.uid)
    if task.signals.blocked & sigmask(signal):
        send_signal(task, signal, given, to_thread=True)
        return None
    return given
