"""/sys/kernel/my_state: a kernel object with a group of attributes, and an init that unwinds."""

from emu.linux.errno import EINVAL, ENOMEM
from emu.linux.kernel import PAGE_SIZE, snprintf, sscanf
from emu.linux.kobject import kernel_kobj, kobject_create_and_add, kobject_put
from emu.linux.module import MODULE_LICENSE, module_exit, module_init, module_param, pr_info
from emu.linux.sysfs import __ATTR, attribute_group, sysfs_create_group, sysfs_emit
from emu.linux.types import u64

MODULE_LICENSE("GPL")

start = module_param("start", "ullong", 0, 0o444)
fail = module_param("fail", "bool", False, 0)

system_enabled = True
clock = u64(0)
my_state_kobj = None


def system_enabled_show(kobj, attr, buf):
    return sysfs_emit(buf, "%d\n", system_enabled)


def clock_show(kobj, attr, buf):
    return snprintf(buf, PAGE_SIZE, "%llu\n", clock.post_increment())


def clock_store(kobj, attr, buf, count):
    rc, val = sscanf(buf, "%llu")
    if rc != 1:
        return -EINVAL
    clock.value = val
    return count


system_state_attribute = __ATTR("system_enabled", 0o400, system_enabled_show, None)
clock_attribute = __ATTR("clock", 0o600, clock_show, clock_store)
attr_group = attribute_group(attrs=[system_state_attribute, clock_attribute])


@module_init
def my_state_init():
    global my_state_kobj
    clock.value = start.value
    my_state_kobj = kobject_create_and_add("my_state", kernel_kobj)
    if not my_state_kobj:
        return -ENOMEM
    retval = sysfs_create_group(my_state_kobj, attr_group)
    if not retval and fail.value:
        retval = -EINVAL
    if retval:
        kobject_put(my_state_kobj)
        return retval
    pr_info("my_state: ready, the clock begins at %llu\n", start.value)
    return 0


@module_exit
def my_state_exit():
    kobject_put(my_state_kobj)
    pr_info("my_state: gone\n")
