"""What semaphores get back when a process ends: SEM_UNDO. See exit_sem in ipc/sem.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.ipc.perm import now
from emu.kernel.uapi.ipc import SEMVMX

if TYPE_CHECKING:
    from emu.kernel.ipc.sem import SemaphoreSet
    from emu.kernel.task import Task

UNDO_COST = 512
ADJUSTMENT_COST = 2


class SemUndo:
    """The adjustments of one process to one set, by semaphore. See struct sem_undo."""

    def __init__(self, owner: SemUndoList, semaphores: SemaphoreSet) -> None:
        self.cost = UNDO_COST + ADJUSTMENT_COST * len(semaphores)
        semaphores.namespace.charge.add(self.cost)
        self.adjustments: dict[int, int] = {}
        self.owner = owner
        self.semaphores = semaphores
        semaphores.undos[self] = None
        owner.undos[semaphores] = self

    def forget(self) -> None:
        """There is nothing to undo any more."""
        del self.owner.undos[self.semaphores]
        del self.semaphores.undos[self]
        self.semaphores.namespace.charge.drop(self.cost)

    def apply(self, task: Task) -> None:
        """Give back what was taken."""
        semaphores = self.semaphores
        for number, adjustment in self.adjustments.items():
            if adjustment:
                value = semaphores.values[number] + adjustment
                semaphores.values[number] = max(0, min(SEMVMX, value))
                semaphores.pids[number] = task.tgid
        changed = [number for number, adjustment in self.adjustments.items() if adjustment]
        self.forget()
        semaphores.otime = now(task)
        semaphores.update(changed)


class SemUndoList:
    """The undos of a process; threads made with CLONE_SYSVSEM share one."""

    def __init__(self) -> None:
        self.undos: dict[SemaphoreSet, SemUndo] = {}
        self.users = 1

    def of(self, semaphores: SemaphoreSet) -> SemUndo:
        """The undo of a set, made if it is not there. ENOMEM."""
        return self.undos.get(semaphores) or SemUndo(self, semaphores)


def sem_undo_list(task: Task) -> SemUndoList:
    """A task's undos, made when first needed."""
    attributes = task.attributes
    if attributes.sem_undo is None:
        attributes.sem_undo = SemUndoList()
    return attributes.sem_undo


def share_sem_undo(parent: Task, child: Task) -> None:
    """Let a new task undo together with its parent: clone(2) with CLONE_SYSVSEM."""
    undos = sem_undo_list(parent)
    undos.users += 1
    child.attributes.sem_undo = undos


def exit_sem(task: Task) -> None:
    """Undo what a task that ends, or unshares its undos, is the last one to answer for."""
    undos, task.attributes.sem_undo = task.attributes.sem_undo, None
    if undos is None:
        return
    undos.users -= 1
    if undos.users:
        return
    for undo in list(undos.undos.values()):
        undo.apply(task)
