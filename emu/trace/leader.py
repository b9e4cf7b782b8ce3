"""What stands before each line: the pid, the time, the call's number, the program counter."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.task import Task


@record(frozen=False)
class Leader:
    """Options ``-t`` and ``-r``, ``-n``, ``-i``, and when the pid is told.

    `pids` is ``never``, ``several`` (``[pid N]`` while there are several tasks) or ``always``
    (``N``, as in files). `times` is ``t``, ``tt``, ``ttt``, ``r``, or nothing.
    """

    pids: str = "never"
    times: str = ""
    numbers: bool = False
    counter: bool = False
    last_ns: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing ever stands there."""
        return self.pids == "never" and not (self.times or self.numbers or self.counter)

    def text(self, task: Task, number: int | None = None, pc: int | None = None) -> str:
        """The leader of one line; without a pc it is one that no call made."""
        text = ""
        if self.pids == "always":
            text = f"{task.pid:<5} "
        elif self.pids == "several" and task.kernel.living > 1:
            text = f"[pid {task.pid:5}] "
        if self.times:
            text += self._time(task)
        if self.numbers:
            text += f"[{'????' if number is None else format(number, '4')}] "
        if self.counter:
            digits = task.image_abi.word_bits // 4
            text += f"[{'?' * digits if pc is None else format(pc, f'0{digits}x')}] "
        return text

    def _time(self, task: Task) -> str:
        clock = task.kernel.clock
        if self.times == "r":
            now = clock.monotonic_ns()
            passed = now - (now if self.last_ns is None else self.last_ns)
            self.last_ns = now
            return f"{passed // NSEC_PER_SEC:6}.{passed % NSEC_PER_SEC // 1000:06} "
        seconds, nanoseconds = divmod(clock.realtime_ns(), NSEC_PER_SEC)
        micro = f".{nanoseconds // 1000:06}"
        if self.times == "ttt":
            return f"{seconds}{micro} "
        day = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
        return f"{day:%H:%M:%S}{micro if self.times == 'tt' else ''} "
