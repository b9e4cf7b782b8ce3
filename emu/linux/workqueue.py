"""Work to be done later, which may sleep. See include/linux/workqueue.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import awaited
from emu.kernel.module.kthread import KernelThread
from emu.kernel.module.module import Module, Resource
from emu.kernel.timer_queue import Timer
from emu.kernel.wait import Wait
from emu.linux.jiffies import jiffies_to_ns


class work_struct:
    """Something to do: `func` is given it."""

    def __init__(self, func: Callable[..., Any] | None = None) -> None:
        self.func = func
        self.container: Any = None
        self.thread: KernelThread | None = None
        self.timer: Timer | None = None
        self.resource: Resource | None = None
        self.module: Module | None = None

    @property
    def pending(self) -> bool:
        """Whether it waits to be done."""
        return self.timer is not None

    def queue(self, delay_ns: int) -> bool:
        """Do it after a time, unless that is to come already: whether it is not."""
        if self.pending:
            return False
        self.module = module = this_module()
        self.timer = module.kernel.sched.call_after(delay_ns, self._begin)
        self.resource = module.made("pending work", self._undo)
        return True

    def _begin(self) -> None:
        self.timer = None
        module, function = self.module, self.func
        assert module is not None and function is not None
        self.thread = thread = KernelThread(module, self._run, name="kworker")
        thread.start()

    async def _run(self) -> None:
        assert self.func is not None and self.module is not None
        resource = self.resource
        await awaited(self.func(self))
        self.module.returned(resource)

    def unqueue(self) -> bool:
        """Do not do it: whether it would have been done."""
        pending = self.pending
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
            if self.module is not None:
                self.module.returned(self.resource)
        return pending

    def _undo(self) -> None:
        self.unqueue()
        if self.thread is not None:
            self.thread.cancel()


class delayed_work(work_struct):
    """The same with a delay."""

    @property
    def work(self) -> delayed_work:
        """C's member: here the same object."""
        return self


class workqueue_struct:
    """A queue of work."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.works: list[work_struct] = []
        self.resource: Resource | None = None


system_wq = workqueue_struct("events")


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


def schedule_work(work: work_struct) -> bool:
    """Do it soon: whether it was not to be done already."""
    return work.queue(0)


def schedule_delayed_work(dwork: delayed_work, delay: int) -> bool:
    """Do it after so many jiffies."""
    return dwork.queue(jiffies_to_ns(delay))


def alloc_workqueue(fmt: str, flags: int, max_active: int, *args: Any) -> workqueue_struct:
    """A queue of one's own."""
    from emu.kernel.module.format import c_format

    made = workqueue_struct(c_format(fmt, args))
    made.resource = this_module().made(f"workqueue {made.name}", lambda: None)
    return made


def create_singlethread_workqueue(name: str) -> workqueue_struct:
    """A queue of one's own."""
    return alloc_workqueue("%s", 0, 1, name)


create_workqueue = create_singlethread_workqueue


def queue_work(wq: workqueue_struct, work: work_struct) -> bool:
    """Do it soon."""
    wq.works.append(work)
    return work.queue(0)


def queue_delayed_work(wq: workqueue_struct, dwork: delayed_work, delay: int) -> bool:
    """Do it after so many jiffies."""
    wq.works.append(dwork)
    return dwork.queue(jiffies_to_ns(delay))


def mod_delayed_work(wq: workqueue_struct, dwork: delayed_work, delay: int) -> bool:
    """Do it after so many jiffies, whatever was said before: whether it was to be done."""
    pending = dwork.unqueue()
    queue_delayed_work(wq, dwork, delay)
    return pending


def cancel_delayed_work(dwork: delayed_work) -> bool:
    """Do not do it: whether it was to be done."""
    return dwork.unqueue()


async def cancel_work_sync(work: work_struct) -> bool:
    """The same, and wait for its end if it is being done."""
    pending = work.unqueue()
    await flush_work(work)
    return pending


cancel_delayed_work_sync = cancel_work_sync


async def flush_work(work: work_struct) -> bool:
    """Wait until it is done."""
    while work.pending:
        await Wait((), 1_000_000, killable=True)
    thread = work.thread
    while thread is not None and not thread.done:
        await Wait((thread.ended,), killable=True)
    return thread is not None


async def flush_workqueue(wq: workqueue_struct) -> None:
    """Wait until all of a queue is done."""
    for work in list(wq.works):
        await flush_work(work)
    wq.works.clear()


async def destroy_workqueue(wq: workqueue_struct) -> None:
    """Wait until all of it is done, and let go of it."""
    await flush_workqueue(wq)
    this_module().returned(wq.resource)
