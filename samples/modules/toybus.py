"""A bus with two balls on it, and a driver that root may take from them and give back."""

from emu.linux.device import (
    DEVICE_ATTR_RO,
    add_uevent_var,
    attribute_group,
    bus_register,
    bus_type,
    bus_unregister,
    dev_get_drvdata,
    dev_info,
    dev_name,
    dev_set_drvdata,
    dev_set_name,
    device,
    device_add,
    device_driver,
    device_initialize,
    device_unregister,
    devm_add_action_or_reset,
    devm_kzalloc,
    driver_register,
    driver_unregister,
    put_device,
)
from emu.linux.module import MODULE_DESCRIPTION, MODULE_LICENSE, module_exit, module_init
from emu.linux.slab import GFP_KERNEL
from emu.linux.sysfs import sysfs_emit
from emu.linux.types import u32


class ball:
    def __init__(self):
        self.bounces = u32(0)


def toy_match(dev, drv):
    return dev_name(dev).startswith(drv.name)


def toy_uevent(dev, env):
    return add_uevent_var(env, "MODALIAS=toy:%s", dev_name(dev))


toy_bus = bus_type("toy", match=toy_match, uevent=toy_uevent)


def bounces_show(dev, attr, buf):
    return sysfs_emit(buf, "%u\n", dev_get_drvdata(dev).bounces.post_increment())


ball_groups = [attribute_group(attrs=[DEVICE_ATTR_RO(bounces_show)])]


def ball_rolls(data):
    dev_info(data, "rolls away\n")


def ball_probe(dev):
    dev_set_drvdata(dev, devm_kzalloc(dev, ball, GFP_KERNEL))
    dev_info(dev, "bounces\n")
    return devm_add_action_or_reset(dev, ball_rolls, dev)


ball_driver = device_driver("ball", toy_bus, probe=ball_probe, dev_groups=ball_groups)
toys = []


def toys_remove():
    for dev in toys:
        device_unregister(dev)


def toys_add():
    for i in range(2):
        dev = device()
        dev.bus = toy_bus
        dev.release = lambda dev: None
        device_initialize(dev)
        error = dev_set_name(dev, "ball%d", i) or device_add(dev)
        if error:
            put_device(dev)
            return error
        toys.append(dev)
    return 0


@module_init
def toybus_init():
    error = bus_register(toy_bus)
    if error:
        return error
    error = toys_add() or driver_register(ball_driver)
    if error:
        toys_remove()
        bus_unregister(toy_bus)
    return error


@module_exit
def toybus_exit():
    driver_unregister(ball_driver)
    toys_remove()
    bus_unregister(toy_bus)


MODULE_LICENSE("GPL")
MODULE_DESCRIPTION("A bus, devices and a driver")
