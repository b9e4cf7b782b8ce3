"""Drivers of devices on a bus. See include/linux/device/driver.h."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EBUSY, EINVAL, ENODEV, KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.sysfs.attribute import ValueAttribute
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.fs.sysfs.uevent import UeventAttribute, Uevents
from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import call
from emu.kernel.module.module import Module, Resource
from emu.kernel.module.objects import link_driver, unlink_driver
from emu.linux.device.binding import (
    device_release_driver,
    driver_attach,
    driver_match_device,
    driver_probe_device,
)
from emu.linux.device.iterate import find, for_each
from emu.linux.printk import pr_err
from emu.linux.sysfs import (
    attribute,
    attribute_group,
    kobj_attribute,
    sysfs_create_file,
    sysfs_create_groups,
    sysfs_remove_file,
)

if TYPE_CHECKING:
    from emu.linux.device.bus import bus_type
    from emu.linux.device.core import device

Callback = Callable[..., Any]


class driver_attribute(kobj_attribute):
    """An attribute of a driver: ``show(driver, buf)``, ``store(driver, buf, count)``."""

    given_itself = False


DRIVER_ATTR_RO = driver_attribute.ro
DRIVER_ATTR_RW = driver_attribute.rw
DRIVER_ATTR_WO = driver_attribute.wo


class device_driver:
    """A driver: ``probe(dev)`` begins to drive a device, ``remove(dev)`` ends that.

    `groups` are attributes of the driver, `dev_groups` of the devices that it drives.
    """

    def __init__(
        self,
        name: str,
        bus: bus_type,
        probe: Callback | None = None,
        remove: Callback | None = None,
        groups: list[attribute_group] | None = None,
        dev_groups: list[attribute_group] | None = None,
        suppress_bind_attrs: bool = False,
        owner: Any = None,
    ) -> None:
        self.name = name
        self.bus = bus
        self.probe, self.remove = probe, remove
        self.groups = groups or []
        self.dev_groups = dev_groups or []
        self.suppress_bind_attrs = suppress_bind_attrs
        self.kobj = Kobject(name)
        self.kobj.owner = self
        self.module: Module | None = None
        self.resource: Resource | None = None
        self.container: Any = None


def driver_register(drv: device_driver) -> Any:
    """Show a driver and give it the devices it is for. 0 or an error."""
    bus = drv.bus
    if not bus.kobj.added:
        pr_err(
            "Driver '%s' was unable to register with bus_type '%s' because the bus was not "
            "initialized.\n", drv.name, bus.name,
        )  # fmt: skip
        return -EINVAL
    if driver_find(drv.name, bus) is not None:
        pr_err("Error: Driver '%s' is already registered, aborting...\n", drv.name)
        return -EBUSY
    drv.module = module = this_module()
    sysfs = module.kernel.part(Sysfs)
    drv.kobj.kset = bus.drivers_kobj
    try:
        drv.kobj.add(sysfs, bus.drivers_kobj)
    except KernelError as error:
        return ErrnoValue(type(error))
    drv.resource = module.made(f"driver {drv.name}", lambda: _take_away(drv))
    bus.drivers.append(drv)
    if bus.autoprobe:
        driver_attach(drv)
    link_driver(module, drv.kobj, f"{bus.name}:{drv.name}")
    drv.kobj.add_file(UeventAttribute(shows=False))
    if not drv.suppress_bind_attrs:
        drv.kobj.add_files(_bind_files(drv))
    refused = sysfs_create_groups(drv.kobj, [*bus.drv_groups, *drv.groups])
    if refused:
        driver_unregister(drv)
        return refused
    sysfs.kernel.part(Uevents).send("add", drv.kobj)
    return 0


def _bind_files(drv: device_driver) -> list[ValueAttribute]:
    """How root gives it a device, and takes one away: bind_store and unbind_store."""

    assert drv.module is not None
    module = drv.module

    def bind(data: bytes) -> None:
        dev = drv.bus.find(data.decode(errors="surrogateescape"))
        if dev is None or not driver_match_device(drv, dev):
            raise ENODEV("no such device, or it is not one for the driver")
        call(module, driver_probe_device, drv, dev)

    def unbind(data: bytes) -> None:
        dev = drv.bus.find(data.decode(errors="surrogateescape"))
        if dev is None or dev.driver is not drv:
            raise ENODEV("no such device, or another driver has it")
        call(module, device_release_driver, dev)

    return [ValueAttribute("bind", None, bind), ValueAttribute("unbind", None, unbind)]


def driver_unregister(drv: device_driver) -> None:
    """Take a driver away from its devices, and let go of it."""
    if drv.module is None or drv not in drv.bus.drivers:
        this_module().complain("Unexpected driver unregister!")
        return
    _take_away(drv)
    drv.module.returned(drv.resource)


def _take_away(drv: device_driver) -> None:
    assert drv.module is not None
    if drv in drv.bus.drivers:
        drv.bus.drivers.remove(drv)
    unlink_driver(drv.module, drv.kobj, f"{drv.bus.name}:{drv.name}")
    for dev in reversed(_driven(drv)):
        device_release_driver(dev)
    drv.kobj.remove()


def driver_find(name: str, bus: bus_type) -> device_driver | None:
    """The driver of a name."""
    return next((drv for drv in bus.drivers if drv.name == name), None)


def driver_create_file(drv: device_driver, attr: attribute) -> Any:
    """Show an attribute of a driver. 0 or an error."""
    return sysfs_create_file(drv.kobj, attr) if drv.kobj.added else -EINVAL


def driver_remove_file(drv: device_driver, attr: attribute) -> None:
    """Show it no more."""
    sysfs_remove_file(drv.kobj, attr)


def _driven(drv: device_driver) -> list[device]:
    return [dev for dev in drv.bus.devices if dev.driver is drv]


def driver_for_each_device(
    drv: device_driver, start: device | None, data: Any, fn: Callback
) -> Any:
    """Call ``fn(dev, data)`` for the devices it drives behind `start`, up to one it is not 0 for."""  # noqa: E501
    return for_each(_driven(drv), start, data, fn)


def driver_find_device(
    drv: device_driver, start: device | None, data: Any, match: Callback
) -> device | None:
    """The first device it drives that ``match(dev, data)`` is true for; it must be put."""
    return find(_driven(drv), start, data, match)


def module_driver(drv: Any, register: Callback, unregister: Callback) -> None:
    """The init and exit of a module that has nothing but a driver: C's module_driver."""
    from emu.linux.init import module_exit, module_init

    module_init(partial(register, drv))
    module_exit(partial(unregister, drv))
