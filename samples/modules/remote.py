"""A remote control: what is written to /sys/kernel/remote/press comes out of /dev/input/event0."""

from emu.linux.errno import EINVAL, ENOMEM
from emu.linux.input import (
    BUS_VIRTUAL,
    EV_KEY,
    KEY_1,
    KEY_9,
    input_allocate_device,
    input_free_device,
    input_register_device,
    input_report_key,
    input_set_capability,
    input_sync,
    input_unregister_device,
)
from emu.linux.kernel import kstrtouint
from emu.linux.kobject import kernel_kobj, kobject_create_and_add, kobject_put
from emu.linux.module import MODULE_LICENSE, module_exit, module_init
from emu.linux.sysfs import __ATTR_WO, sysfs_create_file

MODULE_LICENSE("GPL")

remote = None
kobj = None


def press_store(kobj, attr, buf, count):
    key = kstrtouint(buf, 0)
    if not KEY_1 <= key <= KEY_9:
        return -EINVAL
    for value in (1, 0):
        input_report_key(remote, key, value)
        input_sync(remote)
    return count


press_attribute = __ATTR_WO(press_store)


@module_init
def remote_init():
    global remote, kobj
    remote = input_allocate_device()
    remote.name, remote.phys = "Remote control", "remote/input0"
    remote.id.bustype, remote.id.product = BUS_VIRTUAL, 1
    for key in range(KEY_1, KEY_9 + 1):
        input_set_capability(remote, EV_KEY, key)
    error = input_register_device(remote)
    if error:
        input_free_device(remote)
        return error
    kobj = kobject_create_and_add("remote", kernel_kobj)
    if not kobj or sysfs_create_file(kobj, press_attribute):
        kobject_put(kobj)
        input_unregister_device(remote)
        return -ENOMEM
    return 0


@module_exit
def remote_exit():
    kobject_put(kobj)
    input_unregister_device(remote)
