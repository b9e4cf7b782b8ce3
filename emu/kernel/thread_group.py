"""A process: what the threads of one thread group share. See struct signal_struct."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.task import Task


class ThreadGroup:
    """One process."""

    def __init__(self, leader: Task, *, pgid: int, sid: int) -> None:
        self.leader = leader
        self.threads = [leader]
        self.pgid = pgid
        self.sid = sid
        self.tty: object | None = None
        self.tty_old_pgrp = 0
        self.alive = True

    @property
    def tgid(self) -> int:
        """The process id."""
        return self.leader.tgid
