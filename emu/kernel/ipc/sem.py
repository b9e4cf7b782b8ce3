"""Semaphore sets. See semget(2), semop(2) and ipc/sem.c."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.deadline import Deadline, wait_until
from emu.kernel.errno import EAGAIN, EIDRM, EINTR, EINVAL, ENOSPC, ERANGE, KernelError, Restart
from emu.kernel.ipc.perm import IpcObject, now
from emu.kernel.uapi.ipc import IPC_NOWAIT, SEM_UNDO, SEMAEM, SEMVMX
from emu.kernel.wait import WaitQueue
from emu.record import field, record

if TYPE_CHECKING:
    from emu.kernel.ipc.namespace import IpcNamespace
    from emu.kernel.ipc.sem_undo import SemUndo
    from emu.kernel.task import Task

SET_COST = 2048
SEMAPHORE_COST = 16
"""What a set and each of its semaphores take."""


class SemOp(NamedTuple):
    """One of the operations that are done together: struct sembuf."""

    number: int
    change: int
    flags: int


@record(frozen=False, eq=False)
class PendingOps:
    """Operations that have to wait; `blocking` is the one that cannot be done now."""

    task: Task
    ops: Sequence[SemOp]
    undo: SemUndo | None
    order: int
    blocking: SemOp
    queue: WaitQueue = field(default_factory=WaitQueue)
    outcome: int | type[KernelError] | None = None

    @property
    def alters(self) -> bool:
        """Whether a semaphore will have another value."""
        return any(op.change for op in self.ops)

    def end(self, outcome: int | type[KernelError]) -> None:
        """Let the task go on with 0 or an error."""
        self.outcome = outcome
        self.queue.wake_up_all()


class SemaphoreSet(IpcObject):
    """A set: struct sem_array. Who waits is kept by the semaphore that blocks him."""

    def __init__(self, namespace: IpcNamespace, task: Task, key: int, size: int, mode: int) -> None:
        super().__init__(task, key, mode)
        self.cost = SET_COST + size * SEMAPHORE_COST
        namespace.charge.add(self.cost)
        self.namespace = namespace
        self.values = array("i", bytes(4 * size))
        self.pids = array("i", bytes(4 * size))
        self.otime = 0
        self.undos: dict[SemUndo, None] = {}
        self._waiting: dict[int, dict[PendingOps, None]] = {}
        self._order = count()
        namespace.used_semaphores += size

    def __len__(self) -> int:
        return len(self.values)

    def check_number(self, number: int) -> None:
        """EINVAL unless the set has this semaphore."""
        if not 0 <= number < len(self.values):
            raise EINVAL("no such semaphore")

    def waiting(self, number: int, *, for_zero: bool) -> int:
        """How many wait for a semaphore to be zero, or to grow."""
        waiting = self._waiting.get(number, ())
        return sum((ops.blocking.change == 0) == for_zero for ops in waiting)

    def perform(self, task: Task, ops: Sequence[SemOp], undo: SemUndo | None) -> SemOp | None:
        """Do all the operations, or none: which one cannot be done now. EAGAIN, ERANGE."""
        new: dict[int, int] = {}
        adjustments: dict[int, int] = {}
        for op in ops:
            value = new.get(op.number, self.values[op.number])
            if (op.change == 0 and value) or value + op.change < 0:
                if op.flags & IPC_NOWAIT:
                    raise EAGAIN("the operations would have to wait")
                return op
            if value + op.change > SEMVMX:
                raise ERANGE("above the highest value")
            if op.flags & SEM_UNDO:
                assert undo is not None
                adjusted = adjustments.get(op.number, undo.adjustments.get(op.number, 0))
                adjusted -= op.change
                if not -SEMAEM - 1 <= adjusted <= SEMAEM:
                    raise ERANGE("more than can be undone")
                adjustments[op.number] = adjusted
            new[op.number] = value + op.change
        for number, value in new.items():
            self.values[number] = value
            self.pids[number] = task.tgid
        if undo is not None:
            undo.adjustments.update(adjustments)
        self.otime = now(task)
        return None

    def update(self, changed: Iterable[int]) -> None:
        """Do what can be done now that some semaphores have changed: see do_smart_update.

        Those who wait for zero come first, then all others in the order in which they came.
        """
        look_at = set(changed)
        while look_at:
            candidates = [ops for number in look_at for ops in self._waiting.get(number, ())]
            candidates.sort(key=lambda ops: (ops.alters, ops.order))
            look_at = set()
            for ops in candidates:
                self.leave(ops)
                try:
                    blocking = self.perform(ops.task, ops.ops, ops.undo)
                except KernelError as error:
                    ops.end(type(error))
                    continue
                if blocking is None:
                    look_at.update(op.number for op in ops.ops if op.change)
                    ops.end(0)
                else:
                    ops.blocking = blocking
                    self.wait_for(ops)

    def wait_for(self, ops: PendingOps) -> None:
        """Enter operations by the semaphore that blocks them."""
        self._waiting.setdefault(ops.blocking.number, {})[ops] = None

    def leave(self, ops: PendingOps) -> None:
        """Take operations out that may not be in."""
        waiting = self._waiting.get(ops.blocking.number)
        if waiting is not None:
            waiting.pop(ops, None)
            if not waiting:
                del self._waiting[ops.blocking.number]

    def set_values(self, task: Task, values: Iterable[tuple[int, int]]) -> None:
        """Set semaphores as semctl(2) does, which also forgets what was to be undone."""
        changed = []
        for number, value in values:
            self.values[number] = value
            self.pids[number] = task.tgid
            for undo in self.undos:
                undo.adjustments.pop(number, None)
            changed.append(number)
        self.ctime = now(task)
        self.update(changed)

    def remove(self) -> None:
        """Take the set away from all who use it: see freeary."""
        namespace = self.namespace
        namespace.sem.remove(self)
        for undo in list(self.undos):
            undo.forget()
        for waiting in list(self._waiting.values()):
            for ops in list(waiting):
                ops.end(EIDRM)
        self._waiting.clear()
        namespace.used_semaphores -= len(self)
        namespace.charge.drop(self.cost)

    def new_pending(
        self, task: Task, ops: Sequence[SemOp], undo: SemUndo | None, blocking: SemOp
    ) -> PendingOps:
        """Operations that begin to wait."""
        pending = PendingOps(task, ops, undo, next(self._order), blocking)
        self.wait_for(pending)
        return pending


def sem_create(namespace: IpcNamespace, task: Task, key: int, size: int, mode: int) -> SemaphoreSet:
    """A new set. EINVAL, ENOSPC, ENOMEM."""
    if not size:
        raise EINVAL("a set of no semaphores")
    if namespace.used_semaphores + size > namespace.semmns:
        raise ENOSPC("SEMMNS semaphores are in use")
    return SemaphoreSet(namespace, task, key, size, mode)


def operate(
    task: Task,
    semaphores: SemaphoreSet,
    ops: Sequence[SemOp],
    undo: SemUndo | None,
) -> SemOp | None:
    """Do operations now: which one has to wait, if any. EAGAIN, ERANGE."""
    blocking = semaphores.perform(task, ops, undo)
    if blocking is None:
        semaphores.update(op.number for op in ops if op.change)
    return blocking


async def operate_later(
    task: Task, semaphores: SemaphoreSet, pending: PendingOps, deadline: Deadline | None
) -> int:
    """Wait until others have made the operations possible. EAGAIN, EIDRM, ERANGE; EINTR always.

    A signal ends it for good: semop(2) is never restarted.
    """
    clock = task.kernel.clock
    try:
        done = await wait_until(pending.queue, lambda: pending.outcome is not None, clock, deadline)
    except Restart:
        raise EINTR("a signal came") from None
    finally:
        semaphores.leave(pending)
    if not done:
        raise EAGAIN("the time is over")
    outcome = pending.outcome
    assert outcome is not None
    if not isinstance(outcome, int):
        raise outcome
    return outcome
