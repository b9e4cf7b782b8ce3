"""The time left of a timeout, which poll and select tell their callers: poll_select_finish."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import EFAULT, EINTR
from emu.kernel.restart import Restart
from emu.kernel.sys.clock import write_timespec
from emu.kernel.uapi.personality import STICKY_TIMEOUTS

if TYPE_CHECKING:
    from emu.kernel.args import UserStruct
    from emu.kernel.task import Task

NSEC_PER_SEC = 1_000_000_000


class TimeLeft:
    """Writes what is left of a timeout back to where it came from, when the call ends.

    `place` is a timespec, or a timeval if it says so. A call whose timeout cannot be written is
    not made again after a signal: EINTR.
    """

    def __init__(
        self, task: Task, place: UserStruct, timeout_ns: int | None, *, timeval: bool = False
    ) -> None:
        self._task = task
        self._place = place
        self._timeval = timeval
        self._timeout_ns = timeout_ns
        self._start_ns = task.kernel.clock.monotonic_ns()

    def after(self, result: int | Awaitable[int]) -> int | Awaitable[int]:
        """The result, when the time is told."""
        if not isinstance(result, int):
            return self._later(result)
        self._tell()
        return result

    async def _later(self, result: Awaitable[int]) -> int:
        try:
            answer = await result
        except Restart:
            if not self._tell():
                raise EINTR from None
            raise
        self._tell()
        return answer

    def _tell(self) -> bool:
        """Whether the caller's memory holds the time left, if there is a timeout."""
        if self._timeout_ns is None:
            return True
        if self._task.attributes.personality & STICKY_TIMEOUTS:
            return False
        if not self._timeout_ns:
            return True
        passed = self._task.kernel.clock.monotonic_ns() - self._start_ns
        left = max(0, self._timeout_ns - passed)
        try:
            if self._timeval:
                seconds, nanoseconds = divmod(left, NSEC_PER_SEC)
                self._place.write(tv_sec=seconds, tv_usec=nanoseconds // 1000)
            else:
                write_timespec(self._place, left)
        except EFAULT:
            return False
        return True
