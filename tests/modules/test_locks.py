"""Locks with readers and writers: who waits for whom, and the mistakes that are found."""

import pytest

PROC = """
from emu.linux.proc_fs import *
from emu.linux.delay import *
from emu.linux.kthread import *
from emu.linux.rwsem import *
from emu.linux.rcupdate import *
from emu.linux.spinlock import *

sem = DECLARE_RWSEM()
lock = DEFINE_RWLOCK()
other = rwlock_t()
"""


def bugs(guest):
    return [line for line in guest.dmesg() if line.startswith("BUG")]


def test_readers_share_and_a_writer_waits_for_them_and_goes_before_new_ones(load):
    guest = load(
        PROC,
        """
        async def read(name):
            await down_read(sem)
            pr_info("%s reads\\n", name)
            await msleep(20)
            pr_info("%s leaves\\n", name)
            up_read(sem)

        async def write(name):
            await msleep(10)
            await down_write(sem)
            pr_info("%s writes\\n", name)
            downgrade_write(sem)
            up_read(sem)

        async def late(name):
            await msleep(15)
            await read(name)

        @module_init
        def init():
            for work, name in ((read, "a"), (read, "b"), (write, "w"), (late, "c")):
                kthread_run(work, name, name)
        """,
    )
    for _ in range(10):
        guest.pass_time(10_000_000)
    said = [
        line for line in guest.dmesg() if line.split()[-1:] in (["reads"], ["writes"], ["leaves"])
    ]
    assert said == [
        "a reads", "b reads", "a leaves", "b leaves", "w writes", "c reads", "c leaves",
    ]  # fmt: skip


def test_readers_of_a_spinning_lock_nest(load):
    guest = load(
        PROC,
        """
        def show():
            read_lock(lock)
            read_lock(lock)
            assert read_trylock(lock) and not write_trylock(lock)
            for _ in range(3):
                read_unlock(lock)
            assert write_trylock(lock) and not read_trylock(lock)
            write_unlock(lock)
            rcu_read_lock()
            rcu_read_lock()
            assert rcu_dereference("it") == "it"
            rcu_read_unlock()
            rcu_read_unlock()
            return "fine"

        @module_init
        def init():
            proc_file("mine", show)
        """,
    )
    assert guest.cat("/proc/mine") == "fine\n"
    assert bugs(guest) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("write_lock(lock); read_lock(lock)", "deadlock: a lock is read that is written since mine.py"),
        ("read_lock(lock); write_lock(lock)", "deadlock: a lock is written under a read lock taken at"),
        ("read_unlock(lock)", "a read lock is released that nobody holds"),
        ("read_lock(lock)", "invalid context at mine.py"),
        ("read_lock(lock); await msleep(1)", "invalid context at mine.py"),
        ("rcu_read_lock(); await msleep(1)", "invalid context at mine.py"),
        ("rcu_read_lock()", "invalid context at mine.py"),
        ("rcu_read_unlock()", "rcu_read_unlock outside of a read-side section"),
        ("rcu_dereference(1)", "suspicious rcu_dereference() usage"),
        ("rcu_read_lock(); await synchronize_rcu()", "invalid context at mine.py"),
        ("up_read(sem)", "released by who does not read under it"),
        ("up_write(sem)", "released by who does not write under it"),
        ("await down_write(sem); await down_read(sem)", "a rw_semaphore is locked again by its writer"),
    ],
)  # fmt: skip
def test_a_mistake_is_an_oops_and_the_lock_is_free_again(load, body, told):
    guest = load(
        PROC,
        f"""
        async def show():
            {body}
            return "done"

        def free():
            assert read_trylock(lock)
            read_unlock(lock)
            return "free"

        @module_init
        def init():
            proc_file("mine", show)
            proc_file("free", free)
        """,
    )
    assert guest.cat("/proc/mine") == "EIO"
    assert len(bugs(guest)) == 1
    assert told in bugs(guest)[0]
    assert guest.cat("/proc/free") == "free\n"


def test_what_readers_may_still_see_is_freed_when_they_have_left(load):
    guest = load(
        PROC,
        """
        from emu.linux.slab import *

        def replace():
            memory = kzalloc(16, GFP_KERNEL)
            kfree_rcu(memory)
            call_rcu("it", lambda head: pr_info("gone %s\\n", head))
            return "replaced"

        @module_init
        def init():
            proc_file("mine", replace)

        @module_exit
        async def exit():
            await synchronize_rcu()
            remove_proc_entry("mine", None)
        """,
    )
    assert guest.cat("/proc/mine") == "replaced\n"
    guest.pass_time(1_000_000)
    assert "gone it" in guest.dmesg()
    assert guest.rmmod() == 0
    assert not [line for line in guest.dmesg() if "left" in line]
