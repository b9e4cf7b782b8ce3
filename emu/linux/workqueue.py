"""Work to be done later, which may sleep. See include/linux/workqueue.h and kernel/workqueue.c.

A queue does as many works at once as its `max_active` says, the others in their turn; one work is
never done twice at the same time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.format import c_format
from emu.kernel.module.guard import awaited
from emu.kernel.module.kthread import KernelThread
from emu.kernel.module.module import Module, Resource
from emu.kernel.timer_queue import Timer
from emu.kernel.wait import Wait, WaitQueue
from emu.linux.jiffies import jiffies_to_ns

WQ_UNBOUND, WQ_FREEZABLE, WQ_MEM_RECLAIM, WQ_HIGHPRI = 2, 4, 8, 16
WQ_MAX_ACTIVE, WQ_DFL_ACTIVE = 2048, 1024


class work_struct:
    """Something to do: `func` is given it."""

    def __init__(self, func: Callable[..., Any] | None = None) -> None:
        self.func = func
        self.container: Any = None
        self.queue: workqueue_struct | None = None
        """Where it waits for its turn, or was last done."""
        self.pending = False
        """Whether it is to be done."""
        self.running = False
        self.timer: Timer | None = None
        """What still delays it."""
        self.module: Module | None = None
        self.resource: Resource | None = None


class delayed_work(work_struct):
    """The same with a delay."""

    @property
    def work(self) -> delayed_work:
        """C's member: here the same object."""
        return self


class workqueue_struct:
    """A queue of work."""

    def __init__(self, name: str, max_active: int = WQ_DFL_ACTIVE) -> None:
        self.name = name
        self.max_active = max_active
        self.waiting: deque[work_struct] = deque()
        self.running: dict[work_struct, KernelThread] = {}
        """What is done, or about to be."""
        self.ended = WaitQueue()
        """Wakes when a work was done, or will not be."""
        self.resource: Resource | None = None

    def add(self, work: work_struct, delay_ns: int) -> bool:
        """Have a work done after a time, unless that is to come already: whether it is not."""
        if work.pending:
            return False
        work.pending, work.queue = True, self
        work.module = module = this_module()
        work.resource = module.made("pending work", lambda: self.remove(work))
        if delay_ns > 0:
            work.timer = module.kernel.sched.call_after(delay_ns, lambda: self._due(work))
        else:
            self._due(work)
        return True

    def _due(self, work: work_struct) -> None:
        work.timer = None
        self.waiting.append(work)
        self._go_on()

    def _go_on(self) -> None:
        """Begin what may be: the first ones, but none that is still being done."""
        for work in list(self.waiting):
            if len(self.running) >= self.max_active:
                return
            if work not in self.running:
                self.waiting.remove(work)
                self._begin(work)

    def _begin(self, work: work_struct) -> None:
        assert work.module is not None
        thread = KernelThread(work.module, self._do, work, work.resource, name="kworker")
        self.running[work] = thread
        thread.start()

    async def _do(self, work: work_struct, resource: Resource) -> None:
        assert work.func is not None and work.module is not None
        work.pending, work.running = False, True
        try:
            await awaited(work.func(work))
        finally:
            work.running = False
            del self.running[work]
            work.module.returned(resource)
            self.ended.wake_up_all()
            self._go_on()

    def remove(self, work: work_struct) -> bool:
        """Have a work not be done, and end it if it is: whether it was to be done."""
        pending = self.take(work)
        thread = self.running.get(work)
        if thread is not None:
            thread.cancel()
            self._forget(work)
        return pending

    def take(self, work: work_struct) -> bool:
        """Have a work not be done: whether it was to be."""
        if not work.pending:
            return False
        if work.timer is not None:
            work.timer.cancel()
            work.timer = None
        if work in self.waiting:
            self.waiting.remove(work)
        thread = self.running.get(work)
        if thread is not None and not work.running:
            thread.cancel()
            self._forget(work)
        work.pending = False
        assert work.module is not None
        work.module.returned(work.resource)
        self.ended.wake_up_all()
        return True

    def _forget(self, work: work_struct) -> None:
        """A work was ended before it had begun: nothing of it ran that could say so."""
        work.running = False
        if self.running.pop(work, None) is not None:
            self._go_on()


class SystemQueue:
    """The queue of a machine for all who have none of their own."""

    def __init__(self, kernel: object) -> None:
        self.queue = workqueue_struct("events")


system_wq = system_unbound_wq = system_long_wq = system_highpri_wq = None
"""Stands for the machine's own queue: see `SystemQueue`."""


def _queue(wq: workqueue_struct | None) -> workqueue_struct:
    return this_kernel().part(SystemQueue).queue if wq is None else wq


def INIT_WORK(work: work_struct, func: Callable[..., Any]) -> None:
    """Say what is to be done."""
    work.func = func


INIT_DELAYED_WORK = INIT_WORK


def DECLARE_WORK(func: Callable[..., Any]) -> work_struct:
    """New work."""
    return work_struct(func)


def DECLARE_DELAYED_WORK(func: Callable[..., Any]) -> delayed_work:
    """New work with a delay."""
    return delayed_work(func)


def to_delayed_work(work: work_struct) -> work_struct:
    """The delayed work that a work is of: the same object."""
    return work


def schedule_work(work: work_struct) -> bool:
    """Do it soon: whether it was not to be done already."""
    return queue_work(None, work)


def schedule_delayed_work(dwork: delayed_work, delay: int) -> bool:
    """Do it after so many jiffies."""
    return queue_delayed_work(None, dwork, delay)


def alloc_workqueue(fmt: str, flags: int, max_active: int, *args: Any) -> workqueue_struct:
    """A queue of one's own that does so many works at once; 0 means the default."""
    made = workqueue_struct(c_format(fmt, args), min(max_active or WQ_DFL_ACTIVE, WQ_MAX_ACTIVE))
    made.resource = this_module().made(f"workqueue {made.name}", lambda: None)
    return made


def alloc_ordered_workqueue(fmt: str, flags: int, *args: Any) -> workqueue_struct:
    """A queue of one's own that does one work after the other."""
    return alloc_workqueue(fmt, flags, 1, *args)


def create_singlethread_workqueue(name: str) -> workqueue_struct:
    """The same."""
    return alloc_ordered_workqueue("%s", 0, name)


def create_workqueue(name: str) -> workqueue_struct:
    """A queue of one's own with a thread for each CPU, of which there is one."""
    return alloc_workqueue("%s", 0, 1, name)


def queue_work(wq: workqueue_struct | None, work: work_struct) -> bool:
    """Do it soon: whether it was not to be done already."""
    return _queue(wq).add(work, 0)


def queue_delayed_work(wq: workqueue_struct | None, dwork: delayed_work, delay: int) -> bool:
    """Do it after so many jiffies: whether it was not to be done already."""
    return _queue(wq).add(dwork, jiffies_to_ns(delay))


def mod_delayed_work(wq: workqueue_struct | None, dwork: delayed_work, delay: int) -> bool:
    """Do it after so many jiffies, whatever was said before: whether it was to be done."""
    pending = cancel_work(dwork)
    queue_delayed_work(wq, dwork, delay)
    return pending


def work_pending(work: work_struct) -> bool:
    """Whether it is to be done."""
    return work.pending


delayed_work_pending = work_pending


def cancel_work(work: work_struct) -> bool:
    """Do not do it: whether it was to be done."""
    return work.queue is not None and work.queue.take(work)


cancel_delayed_work = cancel_work


async def cancel_work_sync(work: work_struct) -> bool:
    """The same, and wait for its end if it is being done."""
    pending = cancel_work(work)
    await _until(work.queue, lambda: not work.running)
    return pending


cancel_delayed_work_sync = cancel_work_sync


async def flush_work(work: work_struct) -> bool:
    """Wait until it is done: whether there was anything to wait for."""
    busy = work.pending or work.running
    await _until(work.queue, lambda: not work.pending and not work.running)
    return busy


async def flush_delayed_work(dwork: delayed_work) -> bool:
    """Have it done now if it is delayed, and wait for that."""
    queue = dwork.queue
    if queue is not None and dwork.timer is not None:
        queue.take(dwork)
        queue.add(dwork, 0)
    return await flush_work(dwork)


async def flush_workqueue(wq: workqueue_struct | None) -> None:
    """Wait until what waits in a queue now is done; not for what is still delayed."""
    queue = _queue(wq)
    todo = {*queue.waiting, *queue.running}
    await _until(queue, lambda: not todo & {*queue.waiting, *queue.running})


drain_workqueue = flush_workqueue


async def destroy_workqueue(wq: workqueue_struct) -> None:
    """Wait until all of it is done, and let go of it."""
    while wq.waiting or wq.running:
        await flush_workqueue(wq)
    this_module().returned(wq.resource)


async def _until(queue: workqueue_struct | None, reached: Callable[[], bool]) -> None:
    while queue is not None and not reached():
        await Wait((queue.ended,), killable=True)
