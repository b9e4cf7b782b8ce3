"""What goes wrong in modules, and what becomes of it: each file of /proc/buggy has its mistake."""

from emu.linux.delay import msleep
from emu.linux.module import MODULE_LICENSE, module_exit, module_init
from emu.linux.mutex import DEFINE_MUTEX, mutex_lock, mutex_unlock
from emu.linux.proc_fs import proc_create_single, proc_mkdir, remove_proc_entry
from emu.linux.seq_file import seq_puts
from emu.linux.slab import GFP_KERNEL, kmalloc
from emu.linux.spinlock import DEFINE_SPINLOCK, spin_lock, spin_unlock

MODULE_LICENSE("GPL")

lock = DEFINE_SPINLOCK()
mutex = DEFINE_MUTEX()
numbers = {}


def raises(m, v):
    seq_puts(m, numbers["seven"])


async def sleeps(m, v):
    spin_lock(lock)
    await msleep(10)
    spin_unlock(lock)


def keeps(m, v):
    spin_lock(lock)


def twice(m, v):
    spin_lock(lock)
    spin_lock(lock)


def unlocks(m, v):
    mutex_unlock(mutex)


def deadlocks(m, v):
    mutex_lock(mutex)
    mutex_lock(mutex)


def loops(m, v):
    while True:
        pass


MISTAKES = (raises, sleeps, keeps, twice, unlocks, deadlocks, loops)


@module_init
def buggy_init():
    directory = proc_mkdir("buggy", None)
    for mistake in MISTAKES:
        proc_create_single(mistake.__name__, 0, directory, mistake)
    kmalloc(100, GFP_KERNEL)
    return 0


@module_exit
def buggy_exit():
    remove_proc_entry("buggy", None)
