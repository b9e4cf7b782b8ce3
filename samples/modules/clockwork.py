"""What other modules use: a counter that a timer advances, with work and a thread beside it."""

from emu.linux.jiffies import HZ, jiffies
from emu.linux.kthread import kthread_run, kthread_should_stop, kthread_stop
from emu.linux.module import EXPORT_SYMBOL, MODULE_LICENSE, module_exit, module_init, pr_info
from emu.linux.spinlock import DEFINE_SPINLOCK, spin_lock, spin_unlock
from emu.linux.timer import mod_timer, timer_delete_sync, timer_list, timer_setup
from emu.linux.types import u32
from emu.linux.wait import (
    DECLARE_WAIT_QUEUE_HEAD,
    wait_event_interruptible_timeout,
    wake_up_interruptible,
)
from emu.linux.workqueue import DECLARE_WORK, cancel_work_sync, schedule_work

MODULE_LICENSE("GPL")

PERIOD = HZ // 50
EACH = 5

ticks = u32(0)
lock = DEFINE_SPINLOCK()
timer = timer_list()
changed = DECLARE_WAIT_QUEUE_HEAD()
watcher = None
seen = u32(0)


@EXPORT_SYMBOL
def clockwork_ticks():
    spin_lock(lock)
    now = ticks.value
    spin_unlock(lock)
    return now


def clockwork_log(work):
    pr_info("clockwork: %u ticks\n", clockwork_ticks())


log_work = DECLARE_WORK(clockwork_log)


def clockwork_tick(t):
    spin_lock(lock)
    now = ticks.pre_increment()
    spin_unlock(lock)
    if now == EACH:
        schedule_work(log_work)
    wake_up_interruptible(changed)
    mod_timer(t, jiffies + PERIOD)


async def clockwork_watch(data):
    while not kthread_should_stop():
        await wait_event_interruptible_timeout(changed, lambda: ticks.value != seen.value, HZ)
        seen.value = ticks.value
    return 0


@module_init
def clockwork_init():
    global watcher
    timer_setup(timer, clockwork_tick, 0)
    mod_timer(timer, jiffies + PERIOD)
    watcher = kthread_run(clockwork_watch, None, "clockwork/%d", 0)
    return 0


@module_exit
async def clockwork_exit():
    timer_delete_sync(timer)
    await cancel_work_sync(log_work)
    await kthread_stop(watcher)
