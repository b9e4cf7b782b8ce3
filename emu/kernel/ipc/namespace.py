"""All System V IPC objects of a machine, and their limits. See struct ipc_namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.ipc.ids import IpcIds
from emu.kernel.mm.charge import Charge
from emu.kernel.uapi.ipc import (
    MSGMAX,
    MSGMNB,
    MSGMNI,
    SEMMNI,
    SEMMNS,
    SEMMSL,
    SEMOPM,
    SHMALL,
    SHMMAX,
    SHMMNI,
)

if TYPE_CHECKING:
    from emu.kernel.ipc.msg import MessageQueue
    from emu.kernel.ipc.sem import SemaphoreSet
    from emu.kernel.ipc.shm import ShmSegment
    from emu.kernel.mm.ram import Ram
    from emu.kernel.sched import Scheduler
    from emu.kernel.task import Task


class IpcNamespace:
    """Segments, semaphore sets and message queues; the limits are those of /proc/sys/kernel."""

    def __init__(self, ram: Ram, sched: Scheduler) -> None:
        self._sched = sched
        self.charge = Charge(ram)
        self.shm: IpcIds[ShmSegment] = IpcIds(SHMMNI)
        self.shmmax, self.shmall = SHMMAX, SHMALL
        self.shm_rmid_forced = 0
        self.shm_pages = 0
        self.sem: IpcIds[SemaphoreSet] = IpcIds(SEMMNI)
        self.semmsl, self.semmns, self.semopm = SEMMSL, SEMMNS, SEMOPM
        self.used_semaphores = 0
        self.msg: IpcIds[MessageQueue] = IpcIds(MSGMNI)
        self.msgmax, self.msgmnb = MSGMAX, MSGMNB
        self.message_count = self.message_bytes = 0

    def current(self) -> Task | None:
        """Who runs."""
        return self._sched.current
