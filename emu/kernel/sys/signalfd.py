"""Signals that are read: signalfd(2), signalfd4(2)."""

from __future__ import annotations

from typing import Annotated

from emu.kernel.args import Fd, FlagsArg, Size
from emu.kernel.errno import EINVAL
from emu.kernel.fs.signalfd import SIGNAL, SignalContext, create_signalfd
from emu.kernel.signal.actions import KERNEL_ONLY
from emu.kernel.signal.sigset import read_sigset, sigset_size
from emu.kernel.sys.kinds import Sigset
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.eventfd import SFD_CLOEXEC, SFD_NONBLOCK, SIGNALFD_FLAGS
from emu.kernel.vfs.fdtable import fd_install

SignalfdFlags = Annotated[int, FlagsArg(family=SIGNALFD_FLAGS)]

NEW = -1


@syscall("sys_signalfd")
def signalfd(task: Task, ufd: Fd, user_mask: Sigset, sizemask: Size) -> int:
    """Make a signalfd, or change the set of one. See signalfd(2)."""
    return signalfd4(task, ufd, user_mask, sizemask, 0)


@syscall("sys_signalfd4")
def signalfd4(task: Task, ufd: Fd, user_mask: Sigset, sizemask: Size, flags: SignalfdFlags) -> int:
    """signalfd with flags, which only a new one gets. See signalfd4(2)."""
    if sizemask != sigset_size(task.abi):
        raise EINVAL("not the size of a sigset_t")
    signals = read_sigset(task, user_mask) & ~KERNEL_ONLY
    if flags & ~(SFD_CLOEXEC | SFD_NONBLOCK):
        raise EINVAL("unknown flag")
    if ufd == NEW:
        file = create_signalfd(task, signals, flags & SFD_NONBLOCK)
        return fd_install(task, file, cloexec=bool(flags & SFD_CLOEXEC))
    file = task.files[ufd]
    if file.f_op is not SIGNAL:
        raise EINVAL("not a signalfd")
    context: SignalContext = file.private_data
    context.signals = signals
    task.signals.actions.signalfd_wait.wake_up_all()
    return ufd
