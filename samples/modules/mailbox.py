"""Synchronous against asynchronous: a value seen at the next read only, and one that wakes readers.

/sys/kernel/mailbox/value is a value that changes; who reads it again sees that, and who polls it
for POLLPRI is told. /dev/mailbox holds one message: reading sleeps until there is one.
"""

from emu.linux.errno import EAGAIN, EFAULT, EMSGSIZE, ENOMEM, ERESTARTSYS
from emu.linux.fs import (
    O_NONBLOCK,
    POLL_IN,
    SIGIO,
    fasync_helper,
    fasync_struct,
    file_operations,
    kill_fasync,
)
from emu.linux.kernel import kstrtoint, min_t
from emu.linux.kobject import kernel_kobj, kobject_create_and_add, kobject_put
from emu.linux.miscdevice import misc_deregister, misc_register, miscdevice
from emu.linux.module import MODULE_LICENSE, module_exit, module_init
from emu.linux.poll import EPOLLIN, EPOLLOUT, EPOLLRDNORM, EPOLLWRNORM, poll_wait
from emu.linux.sysfs import __ATTR, sysfs_create_file, sysfs_emit, sysfs_notify
from emu.linux.types import s32
from emu.linux.uaccess import copy_from_user, copy_to_user
from emu.linux.wait import (
    DECLARE_WAIT_QUEUE_HEAD,
    wait_event_interruptible,
    wake_up_interruptible,
)

MODULE_LICENSE("GPL")

MESSAGE_MAX = 64

value = s32(0)
message = bytearray()
queue = DECLARE_WAIT_QUEUE_HEAD()
readers = fasync_struct()
mailbox_kobj = None


def value_show(kobj, attr, buf):
    return sysfs_emit(buf, "%d\n", value.value)


def value_store(kobj, attr, buf, count):
    ret = kstrtoint(buf, 10, value)
    if ret:
        return ret
    sysfs_notify(kobj, None, "value")
    return count


value_attribute = __ATTR("value", 0o644, value_show, value_store)


async def mailbox_read(file, buf, count, ppos):
    while not message:
        if file.f_flags & O_NONBLOCK:
            return -EAGAIN
        if await wait_event_interruptible(queue, lambda: message):
            return -ERESTARTSYS
    count = min_t("size_t", count, len(message))
    if copy_to_user(buf, message, count):
        return -EFAULT
    message.clear()
    wake_up_interruptible(queue)
    return count


async def mailbox_write(file, buf, count, ppos):
    if count > MESSAGE_MAX:
        return -EMSGSIZE
    while message:
        if file.f_flags & O_NONBLOCK:
            return -EAGAIN
        if await wait_event_interruptible(queue, lambda: not message):
            return -ERESTARTSYS
    if copy_from_user(message, buf, count):
        return -EFAULT
    wake_up_interruptible(queue)
    kill_fasync(readers, SIGIO, POLL_IN)
    return count


def mailbox_fasync(fd, file, on):
    return fasync_helper(fd, file, on, readers)


def mailbox_poll(file, wait):
    poll_wait(file, queue, wait)
    return EPOLLIN | EPOLLRDNORM if message else EPOLLOUT | EPOLLWRNORM


mailbox_fops = file_operations(
    read=mailbox_read, write=mailbox_write, poll=mailbox_poll, fasync=mailbox_fasync
)
mailbox = miscdevice(name="mailbox", fops=mailbox_fops, mode=0o666)


@module_init
def mailbox_init():
    global mailbox_kobj
    mailbox_kobj = kobject_create_and_add("mailbox", kernel_kobj)
    if not mailbox_kobj:
        return -ENOMEM
    ret = sysfs_create_file(mailbox_kobj, value_attribute) or misc_register(mailbox)
    if ret:
        kobject_put(mailbox_kobj)
    return ret


@module_exit
def mailbox_exit():
    misc_deregister(mailbox)
    kobject_put(mailbox_kobj)
