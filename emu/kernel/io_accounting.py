"""What a task read and wrote, as /proc/PID/io tells it. See struct task_io_accounting.

Counted are calls of the read(2) and write(2) families, and of sendfile(2) and its kin, that did not
fail; Linux counts some that fail, too. Nothing here comes from or goes to a block device, so that
those numbers stay 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from emu.kernel.task import Task


class IoAccounting:
    """Bytes and calls."""

    __slots__ = ("rchar", "syscr", "syscw", "wchar")

    def __init__(self) -> None:
        self.rchar = self.wchar = self.syscr = self.syscw = 0

    def add(self, other: IoAccounting) -> None:
        """Count what another thread did, too."""
        self.rchar += other.rchar
        self.wchar += other.wchar
        self.syscr += other.syscr
        self.syscw += other.syscw


def has_read(task: Task, result: int | Awaitable[int]) -> int | Awaitable[int]:
    """Count what a call read, now or when it is done, and answer it."""
    if isinstance(result, int):
        io = task.io
        io.rchar += result
        io.syscr += 1
        return result
    return _read_later(task, result)


def has_written(task: Task, result: int | Awaitable[int]) -> int | Awaitable[int]:
    """Count what a call wrote, now or when it is done, and answer it."""
    if isinstance(result, int):
        io = task.io
        io.wchar += result
        io.syscw += 1
        return result
    return _written_later(task, result)


async def _read_later(task: Task, result: Awaitable[int]) -> int:
    done = await result
    has_read(task, done)
    return done


async def _written_later(task: Task, result: Awaitable[int]) -> int:
    done = await result
    has_written(task, done)
    return done
