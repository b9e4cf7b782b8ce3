"""Threads of the kernel: functions that run by themselves. See include/linux/kthread.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.format import c_format
from emu.kernel.module.kthread import KernelThread, running_thread
from emu.kernel.wait import Wait, WaitQueue


def kthread_create(threadfn: Callable[..., Any], data: Any, namefmt: str, *args: Any) -> Any:
    """A thread that does not run yet."""
    module = this_module()
    thread = KernelThread(module, threadfn, data, name=c_format(namefmt, args))
    thread.resource = module.made(f"kernel thread {thread.name}", thread.cancel)
    return thread


def kthread_run(threadfn: Callable[..., Any], data: Any, namefmt: str, *args: Any) -> Any:
    """A thread that runs."""
    thread = kthread_create(threadfn, data, namefmt, *args)
    thread.start()
    return thread


def wake_up_process(p: Any) -> int:
    """Let a new thread run, or end a sleep."""
    if p.started:
        p.wake()
    else:
        p.start()
    return 1


async def kthread_stop(k: Any) -> Any:
    """Ask a thread to end and wait for that: what it returned."""
    k.should_stop = True
    k.wake()
    while not k.done:
        await Wait((k.ended,), killable=True)
    this_module().returned(k.resource)
    return 0 if k.result is None else k.result


def kthread_should_stop() -> bool:
    """Whether the running thread was asked to end."""
    thread = running_thread(this_module())
    return thread is not None and thread.should_stop


async def schedule_timeout_interruptible(timeout: int) -> int:
    """Sleep for so many jiffies, or until somebody wakes the thread."""
    from emu.linux.jiffies import jiffies_to_ns

    await Wait((WaitQueue(),), jiffies_to_ns(timeout))
    return 0


schedule_timeout = schedule_timeout_uninterruptible = schedule_timeout_interruptible
