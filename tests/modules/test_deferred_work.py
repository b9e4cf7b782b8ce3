"""What modules have done later: workqueues, which keep an order, and tasklets."""

BEGIN = """
from emu.linux.proc_fs import *
from emu.linux.delay import *
from emu.linux.interrupt import *
from emu.linux.jiffies import *
from emu.linux.workqueue import *

class job(work_struct):
    def __init__(self, name, func):
        super().__init__(func)
        self.name = name

async def slowly(work):
    pr_info("%s begins\\n", work.name)
    await msleep(20)
    pr_info("%s ends\\n", work.name)

jobs = [job(name, slowly) for name in "abc"]
"""
EXIT = """
@module_exit
async def exit():
    remove_proc_entry("mine", None)
    await destroy_workqueue(wq)
"""


def said(guest):
    return [line for line in guest.dmesg() if line.split()[-1:] in (["begins"], ["ends"])]


def run(guest, milliseconds):
    for _ in range(milliseconds // 10):
        guest.pass_time(10_000_000)


def test_an_ordered_queue_does_one_work_after_the_other(load):
    guest = load(
        BEGIN,
        """
        wq = alloc_ordered_workqueue("mine", 0)

        @module_init
        def init():
            assert all([queue_work(wq, work) for work in jobs])
            assert not queue_work(wq, jobs[2])
        """,
    )
    run(guest, 100)
    assert said(guest) == ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]


def test_a_queue_does_as_many_at_once_as_it_may(load):
    guest = load(
        BEGIN,
        """
        wq = alloc_workqueue("mine", 0, 2)

        @module_init
        def init():
            for work in jobs:
                queue_work(wq, work)
        """,
    )
    run(guest, 100)
    assert said(guest) == ["a begins", "b begins", "a ends", "b ends", "c begins", "c ends"]


def test_a_work_that_is_queued_while_it_is_done_is_done_again_and_not_twice_at_once(load):
    guest = load(
        BEGIN,
        """
        def again():
            return queue_work(None, jobs[0])

        @module_init
        def init():
            schedule_work(jobs[0])
            proc_file("mine", again)
        """,
    )
    run(guest, 10)
    assert said(guest) == ["a begins"]
    assert guest.cat("/proc/mine") == "Y\n"
    assert guest.cat("/proc/mine") == "N\n"
    run(guest, 60)
    assert said(guest) == ["a begins", "a ends", "a begins", "a ends"]


def test_a_queue_that_is_destroyed_ends_its_work_first(load):
    guest = load(
        BEGIN,
        """
        wq = alloc_ordered_workqueue("mine", 0)

        @module_init
        def init():
            queue_work(wq, jobs[0])
            queue_work(wq, jobs[1])
            proc_file("mine", lambda: 1)
        """,
        EXIT,
    )
    run(guest, 10)
    assert guest.rmmod() == 0
    assert said(guest) == ["a begins", "a ends", "b begins", "b ends"]


def test_work_is_cancelled_flushed_and_put_off(load):
    guest = load(
        BEGIN,
        """
        late = delayed_work(lambda work: pr_info("late ends\\n"))

        async def flush():
            schedule_delayed_work(late, HZ)
            assert delayed_work_pending(late) and cancel_delayed_work(late)
            assert not cancel_delayed_work(late) and not await flush_work(late)
            schedule_delayed_work(late, HZ)
            assert mod_delayed_work(None, late, 2 * HZ) and not said
            assert await flush_delayed_work(late) and not work_pending(late)
            schedule_work(jobs[0])
            assert await cancel_work_sync(jobs[0])
            schedule_work(jobs[1])
            await msleep(10)
            assert not await cancel_work_sync(jobs[1])
            return "done"

        said = []

        @module_init
        def init():
            proc_file("mine", flush)
        """,
    )
    assert guest.cat("/proc/mine") == "done\n"
    assert said(guest) == ["late ends", "b begins", "b ends"]


def test_a_tasklet_runs_once_where_it_may_not_sleep_and_not_while_it_is_disabled(load):
    guest = load(
        BEGIN,
        """
        def tell(t):
            pr_info("%d ends\\n", t.data)

        async def sleeps(t):
            await msleep(1)

        t, bad = DECLARE_TASKLET(tell), DECLARE_TASKLET(sleeps)

        @module_init
        def init():
            t.data = 1
            tasklet_schedule(t)
            tasklet_schedule(t)
            tasklet_schedule(bad)
            proc_file("mine", again)

        def again():
            tasklet_disable(t)
            t.data += 1
            tasklet_schedule(t)
            proc_file("enable", lambda: tasklet_enable(t))
            return t.data
        """,
    )
    run(guest, 10)
    assert said(guest) == ["1 ends"]
    assert [line for line in guest.dmesg() if "scheduling while atomic" in line]
    guest.cat("/proc/mine")
    run(guest, 10)
    assert said(guest) == ["1 ends"]
    guest.cat("/proc/enable")
    run(guest, 10)
    assert said(guest) == ["1 ends", "2 ends"]
