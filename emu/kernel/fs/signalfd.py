"""Signals that are read instead of taken. See signalfd(2), fs/signalfd.c.

Whose signals are read is decided by who reads, not by who made the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EINVAL, KernelError
from emu.kernel.fs.anon_inode import AnonFile, anon_inode_file, caller
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.signalfd_siginfo import SIGNALFD_SIGINFO_BYTES, pack_signalfd_siginfo
from emu.kernel.uapi.fcntl import O_NONBLOCK, O_RDWR
from emu.kernel.uapi.poll import POLLIN

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import PollTable, Result


class SignalContext:
    """struct signalfd_ctx: the set that is read, in the kernel's own numbers."""

    __slots__ = ("signals",)

    def __init__(self, signals: int) -> None:
        self.signals = signals


class SignalOperations(AnonFile):
    """A signalfd's file operations."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """As many pending signals as fit, at least one. EINVAL if none would fit."""
        if buffer.count < SIGNALFD_SIGINFO_BYTES:
            raise EINVAL("no room for one")
        context: SignalContext = file.private_data
        task = caller(file)
        if task.signals.pending & context.signals:
            return _take(task, context, buffer)
        if file.flags & O_NONBLOCK:
            raise EAGAIN
        return self._read_later(task, context, buffer)

    async def _read_later(self, task: Task, context: SignalContext, buffer: Buffer) -> int:
        while not task.signals.pending & context.signals:
            await task.signals.actions.signalfd_wait.wait()
        return _take(task, context, buffer)

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Readable while the caller has one of the signals pending."""
        context: SignalContext = file.private_data
        signals = caller(file).signals
        if waits is not None:
            waits.append(signals.actions.signalfd_wait)
        return POLLIN if signals.pending & context.signals else 0

    def show_fdinfo(self, file: File) -> bytes:
        """The set, in the numbers of who looks."""
        context: SignalContext = file.private_data
        numbers = signal_numbers(caller(file).abi)
        digits = numbers.count // 4
        return b"sigmask:\t%0*x\n" % (digits, numbers.encode_set(context.signals))


SIGNAL = SignalOperations()


def create_signalfd(task: Task, signals: int, flags: int) -> File:
    """A new signalfd. `flags` may hold O_NONBLOCK."""
    return anon_inode_file(task, b"[signalfd]", SIGNAL, SignalContext(signals), O_RDWR | flags)


def _take(task: Task, context: SignalContext, buffer: Buffer) -> int:
    done = 0
    while buffer.count >= SIGNALFD_SIGINFO_BYTES:
        info = task.signals.dequeue(~context.signals)
        if info is None:
            break
        try:
            done += buffer.copy_to(pack_signalfd_siginfo(task.abi, info))
        except KernelError:
            if not done:
                raise
            break
    return done
