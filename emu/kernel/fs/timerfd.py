"""Timers that are read. See timerfd_create(2), fs/timerfd.c.

No clock of the machine is ever set, so that TFD_TIMER_CANCEL_ON_SET never cancels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.errno import EAGAIN, EINVAL, ENOTTY
from emu.kernel.fs.anon_inode import COUNT_BYTES, AnonFile, anon_inode_file, put_u64
from emu.kernel.hrtimer import HrTimer
from emu.kernel.uapi.fcntl import O_NONBLOCK, O_RDWR
from emu.kernel.uapi.ioctl import TFD_IOC_SET_TICKS
from emu.kernel.uapi.poll import POLLIN
from emu.kernel.uapi.time import TFD_TIMER_ABSTIME
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import PollTable, Result
    from emu.kernel.vfs.inode import Inode


class TimerContext:
    """struct timerfd_ctx. A periodic timer that expired runs on only when somebody looks.

    So a short interval costs nothing while nobody reads.
    """

    __slots__ = ("_expired", "flags", "interval_ns", "ticks", "timer", "wait")

    def __init__(self, task: Task, which_clock: int) -> None:
        kernel = task.kernel
        self.timer = HrTimer(kernel.clock, kernel.sched, which_clock, self._expire)
        self.interval_ns = 0
        self.flags = 0
        self.ticks = 0
        self._expired = False
        self.wait = WaitQueue()

    def _expire(self) -> None:
        self._expired = True
        self.ticks += 1
        self.wait.wake_up_all(POLLIN)

    def set(self, flags: int, value_ns: int, interval_ns: int) -> tuple[int, int]:
        """Arm, or disarm with a value of 0; the old (time left, interval)."""
        timer = self.timer
        timer.cancel()
        if self._expired and self.interval_ns:
            timer.forward(timer.now(), self.interval_ns)
        old = self.remaining(), self.interval_ns
        self._expired = False
        self.ticks = 0
        self.interval_ns = interval_ns
        timer.expires_ns = 0
        if value_ns:
            timer.start(value_ns if flags & TFD_TIMER_ABSTIME else timer.now() + value_ns)
        self.flags = flags
        return old

    def get(self) -> tuple[int, int]:
        """The (time left, interval), after counting the intervals that went by."""
        if self._expired and self.interval_ns:
            self.ticks += self._run_on()
            self._expired = False
        return self.remaining(), self.interval_ns

    def take(self) -> int:
        """How often it expired since the last time, which is not never."""
        ticks = self.ticks
        if self._expired and self.interval_ns:
            ticks += self._run_on()
        self._expired = False
        self.ticks = 0
        return ticks

    def _run_on(self) -> int:
        timer = self.timer
        more = timer.forward(timer.now(), self.interval_ns) - 1
        timer.start(timer.expires_ns)
        return more

    def remaining(self) -> int:
        """The time left; 0 when it has expired or is not armed."""
        return max(0, self.timer.remaining()) if self.timer.expires_ns else 0


class TimerOperations(AnonFile):
    """A timerfd's file operations."""

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """How often it expired, once it has. EINVAL if the buffer is too short."""
        if buffer.count < COUNT_BYTES:
            raise EINVAL("less than 8 bytes")
        context: TimerContext = file.private_data
        if context.ticks:
            return put_u64(file, buffer, context.take())
        if file.flags & O_NONBLOCK:
            raise EAGAIN
        return self._read_later(file, context, buffer)

    async def _read_later(self, file: File, context: TimerContext, buffer: Buffer) -> int:
        while not context.ticks:
            await context.wait.wait()
        return put_u64(file, buffer, context.take())

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Readable once it has expired."""
        context: TimerContext = file.private_data
        if waits is not None:
            waits.append(context.wait)
        return POLLIN if context.ticks else 0

    def release(self, inode: Inode, file: File) -> None:
        """It does not expire any more."""
        context: TimerContext = file.private_data
        context.timer.cancel()

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """TFD_IOC_SET_TICKS pretends that it expired so often."""
        if cmd != TFD_IOC_SET_TICKS:
            raise ENOTTY
        ticks = task.mm.read_u64(arg)
        if not ticks:
            raise EINVAL("no ticks")
        context: TimerContext = file.private_data
        context.ticks = ticks
        context.wait.wake_up_all(POLLIN)
        return 0

    def show_fdinfo(self, file: File) -> bytes:
        """How it is set and what is left."""
        context: TimerContext = file.private_data
        return (
            b"clockid: %d\nticks: %d\nsettime flags: 0%o\nit_value: (%d, %d)\n"
            b"it_interval: (%d, %d)\n"
            % (
                context.timer.which,
                context.ticks,
                context.flags,
                *divmod(context.remaining(), NSEC_PER_SEC),
                *divmod(context.interval_ns, NSEC_PER_SEC),
            )
        )


TIMER = TimerOperations()


def create_timerfd(task: Task, which_clock: int, flags: int) -> File:
    """A new timerfd that is not armed. `flags` may hold O_NONBLOCK."""
    context = TimerContext(task, which_clock)
    return anon_inode_file(task, b"[timerfd]", TIMER, context, O_RDWR | flags)
