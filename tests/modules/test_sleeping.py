"""Sleeping, locks, timers, work and threads of modules; and the mistakes that are found."""

import pytest

PROC = """
from emu.linux.proc_fs import *
from emu.linux.seq_file import *
from emu.linux.jiffies import *
from emu.linux.delay import *
"""


def bugs(guest):
    return [line for line in guest.dmesg() if line.startswith("BUG")]


def test_a_timer_advances_a_counter_and_work_sleeps(load):
    guest = load(
        PROC,
        """
        from emu.linux.timer import *
        from emu.linux.workqueue import *

        count = u32(0)
        timer = timer_list()

        async def slowly(work):
            await msleep(100)
            pr_info("work at %d\\n", count.value)

        work = DECLARE_DELAYED_WORK(slowly)

        def tick(t):
            count.value += 1
            if count.value < 5:
                mod_timer(t, jiffies + HZ // 10)
            else:
                schedule_delayed_work(work, HZ // 10)

        @module_init
        def init():
            timer_setup(timer, tick, 0)
            mod_timer(timer, jiffies + HZ // 10)
            proc_file("mine", lambda: count)

        @module_exit
        async def exit():
            timer_delete_sync(timer)
            await cancel_delayed_work_sync(work)
            remove_proc_entry("mine", None)
        """,
    )
    assert guest.cat("/proc/mine") == "0\n"
    for _ in range(30):
        guest.pass_time(10_000_000)
    assert guest.cat("/proc/mine") == "3\n"
    for _ in range(60):
        guest.pass_time(10_000_000)
    assert "work at 5" in guest.dmesg()
    assert guest.rmmod() == 0
    assert bugs(guest) == []


def test_what_runs_at_unload_is_told_and_ended(load):
    guest = load(
        PROC,
        """
        from emu.linux.timer import *
        from emu.linux.kthread import *
        from emu.linux.workqueue import *

        timer = timer_list(lambda t: pr_info("never\\n"))

        async def forever(data):
            while True:
                await msleep(10)

        @module_init
        def init():
            mod_timer(timer, jiffies + HZ)
            kthread_run(forever, None, "worker/%d", 3)
            schedule_delayed_work(DECLARE_DELAYED_WORK(lambda work: pr_info("never\\n")), HZ)

        @module_exit
        def exit():
            pass
        """,
    )
    assert guest.rmmod() == 0
    left = [line.split(" left ")[1].split(" behind")[0] for line in guest.dmesg() if "left" in line]
    assert left == ["pending work", "kernel thread worker/3", "an armed timer"]
    for _ in range(200):
        guest.pass_time(10_000_000)
    assert "never" not in guest.dmesg()


def test_threads_end_when_they_are_asked(load):
    guest = load(
        PROC,
        """
        from emu.linux.kthread import *
        from emu.linux.wait import *
        from emu.linux.completion import *
        from emu.linux.sched import *

        queue, started = wait_queue_head(), completion()

        async def run(data):
            pr_info("%s runs with %s, pid %d\\n", current.comm, data, current.pid)
            complete(started)
            await wait_event_interruptible(queue, kthread_should_stop)
            return 5

        async def show(m, v):
            thread = kthread_run(run, "data", "worker")
            await wait_for_completion(started)
            thread.should_stop = True
            wake_up(queue)
            seq_printf(m, "%d\\n", await kthread_stop(thread))

        @module_init
        def init():
            proc_create_single("mine", 0, None, show)
        """,
    )
    assert guest.cat("/proc/mine") == "5\n"
    assert "worker runs with data, pid 0" in guest.dmesg()
    assert guest.rmmod() == "EBUSY"


def test_a_mutex_makes_the_second_wait(load):
    guest = load(
        PROC,
        """
        from emu.linux.mutex import *
        from emu.linux.kthread import *

        lock, order = mutex(), []

        async def worker(name):
            await mutex_lock(lock)
            order.append(f"{name} in")
            await msleep(50)
            order.append(f"{name} out")
            mutex_unlock(lock)

        async def show(m, v):
            kthread_run(worker, "a", "a")
            kthread_run(worker, "b", "b")
            await msleep(10)
            async with lock:
                order.append("me")
            seq_printf(m, "%s\\n", " ".join(order))

        @module_init
        def init():
            proc_create_single("mine", 0, None, show)
        """,
    )
    assert guest.cat("/proc/mine") == "a in a out b in b out me\n"


def test_time_outs_tell_how_much_is_left(load):
    guest = load(
        PROC,
        """
        from emu.linux.wait import *

        queue = wait_queue_head()

        async def show(m, v):
            gone = await wait_event_timeout(queue, lambda: False, HZ)
            there = await wait_event_timeout(queue, lambda: True, HZ)
            seq_printf(m, "%d %d\\n", gone, there == HZ)

        @module_init
        def init():
            proc_create_single("mine", 0, None, show)
        """,
    )
    assert guest.cat("/proc/mine") == "0 1\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("spin_lock(lock)\n    await msleep(1)", "sleeping function called from invalid context"),
        ("spin_lock(lock)\n    copy_to_user(0, b'', 0)", "sleeping function called"),
        ("spin_lock(lock)\n    await mutex_lock(m2)", "sleeping function called"),
        ("spin_lock(lock)\n    kmalloc(8, GFP_KERNEL)", "sleeping function called"),
        ("spin_lock(lock)", "a callback returned with a lock held, a spinlock taken at mine.py:"),
        ("spin_lock(lock)\n    raise EINVAL", "a callback returned with a lock held, a spinlock"),
        ("spin_lock(lock)\n    spin_lock(lock)", "spinlock recursion"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("[].append(show)\n    show.x", "AttributeError: 'function' object has no attribute 'x'"),
        ("spin_unlock(lock)", "spinlock already unlocked"),
        ("mutex_unlock(m2)", "a mutex is unlocked by who does not hold it"),
        ("mutex_lock(m2)\n    mutex_lock(m2)", "deadlock: a mutex is locked again"),
        ("kfree(bytearray(3))", "kfree of what was freed, or is not from kmalloc"),
        ("mem = kmalloc(8, GFP_KERNEL)\n    kfree(mem)\n    kfree(mem)", "kfree of what was freed"),
        (
            "mem = kmalloc(8, GFP_KERNEL)\n    mem[8] = 1",
            "IndexError: bytearray index out of range",
        ),
        ("BUG_ON(True)", "kernel BUG"),
        ("seq_printf(m, '%d')", "TypeError: '%d' wants 1 values, not 0"),
        ("container_of(lock, struct, 'lock')", "is not lock of a struct"),
    ],
)
def test_a_mistake_is_an_oops_and_no_more(load, body, told):
    guest = load(
        PROC,
        f"""
from emu.linux.mutex import *
from emu.linux.slab import *
from emu.linux.spinlock import *
from emu.linux.uaccess import *

lock, m2 = spinlock(), mutex()

async def show(m, v):
    {body}

def fine(m, v):
    seq_puts(m, "fine\\n")

@module_init
def init():
    proc_create_single("mine", 0, None, show)
    proc_create_single("fine", 0, None, fine)
""",
    )
    assert guest.cat("/proc/mine") == "EIO"
    assert any(told in line for line in bugs(guest)), guest.dmesg()
    assert guest.messages  # the machine's owner is told, too
    assert guest.cat("/proc/fine") == "fine\n"


def test_an_interrupt_cannot_sleep(load):
    guest = load(
        PROC,
        """
        from emu.linux.timer import *

        async def tick(t):
            await msleep(1)

        timer = timer_list(tick)

        @module_init
        def init():
            mod_timer(timer, jiffies + 1)
        """,
    )
    guest.pass_time(100_000_000)
    assert bugs(guest) == ["BUG: module mine: scheduling while atomic"]


def test_messages_are_limited_and_said_once(load):
    guest = load(
        """
        from emu.linux.printk import *

        def pr_fmt(fmt): return "mine: " + fmt

        @module_init
        def init():
            for n in range(100):
                pr_info_ratelimited("again %d\\n", n)
                printk_once("once\\n")
        """
    )
    assert [line for line in guest.dmesg() if "again" in line] == [
        f"mine: again {n}" for n in range(10)
    ]
    assert guest.dmesg().count("once") == 1


def test_parameters_with_operations_of_their_own(load):
    guest = load(
        """
        from emu.linux.moduleparam import *

        def even_set(text, kp):
            ret = param_set_int(text, kp)
            if kp.cell.value % 2:
                return -EINVAL
            return ret

        ops = kernel_param_ops(set=even_set, get=param_get_int)
        even = module_param_cb("even", ops, s32(2), 0o644)
        """,
        arguments="even=8",
    )
    parameter = "/sys/module/mine/parameters/even"
    assert guest.cat(parameter) == "8\n"
    assert guest.echo("7", parameter) == "EINVAL"
    assert guest.echo("6", parameter) == 2
    assert guest.cat(parameter) == "6\n"


def test_notifiers_and_numbers(load):
    guest = load(
        """
        from emu.linux.notifier import *
        from emu.linux.idr import *

        def first(nb, event, data): pr_info("first %d\\n", event); return NOTIFY_OK
        def second(nb, event, data): pr_info("second %s\\n", data); return NOTIFY_STOP
        def third(nb, event, data): pr_info("third\\n"); return NOTIFY_OK

        @module_init
        def init():
            chain, ids = BLOCKING_NOTIFIER_HEAD(), DEFINE_IDR()
            for n, function in enumerate((third, second, first)):
                blocking_notifier_chain_register(chain, notifier_block(function, priority=n))
            result = blocking_notifier_call_chain(chain, 3, "data")
            numbers = [idr_alloc(ids, name, 1, 3, 0) for name in "abc"]
            pr_info("%x %s %s\\n", result, numbers, idr_find(ids, 2))
        """
    )
    assert guest.dmesg()[-3:] == ["first 3", "second data", "8001 [1, 2, -ENOSPC] b"]
