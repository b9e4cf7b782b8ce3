"""Character devices with a name and little else. See include/linux/miscdevice.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.errno import EBUSY
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.kernel import Kernel
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.module import Resource
from emu.kernel.vfs.dev import MKDEV
from emu.linux.chrdev import drivers
from emu.linux.device import device, device_add, device_class, device_unregister, put_device
from emu.linux.device.core import released_by_itself

MISC_MAJOR = 10
MISC_DYNAMIC_MINOR = 255
DYNAMIC_MINORS = 128


class MiscDevices:
    """The minors of one machine that are taken, and the class."""

    def __init__(self, kernel: Kernel) -> None:
        self.minors: set[int] = set()
        self.device_class = device_class("misc")
        sysfs = kernel.part(Sysfs)
        self.device_class.kobj.add(sysfs, sysfs.kobject("class"))
        devices = kernel.root_mount.vfs.devices
        devices.register(MISC_MAJOR, 0, 256, b"misc", kernel_drivers(kernel))


def kernel_drivers(kernel: Kernel) -> Any:
    """Who finds a minor's driver."""
    from emu.linux.chrdev import CharacterDrivers

    return kernel.part(CharacterDrivers)


class miscdevice:
    """A device: a name, which is its node's in /dev, and operations."""

    def __init__(
        self,
        name: str,
        fops: Any,
        minor: int = MISC_DYNAMIC_MINOR,
        mode: int = 0,
        nodename: str = "",
        parent: device | None = None,
        groups: Any = None,
    ) -> None:
        self.name = name
        self.fops = fops
        self.minor = minor
        self.mode = mode
        self.nodename = nodename
        self.parent = parent
        self.groups = groups or []
        self.this_device: device | None = None
        self.container: Any = None
        self.resource: Resource | None = None


def misc_register(misc: miscdevice) -> Any:
    """Show a device: 0 or an error."""
    table = this_kernel().part(MiscDevices)
    minor = misc.minor
    if minor == MISC_DYNAMIC_MINOR:
        free = (m for m in range(DYNAMIC_MINORS - 1, -1, -1) if m not in table.minors)
        minor = next(free, -1)
    if minor < 0 or minor in table.minors:
        return -EBUSY
    dev = device(misc.parent)
    dev.class_, dev.devt, dev.driver_data = table.device_class, MKDEV(MISC_MAJOR, minor), misc
    dev.kobj.name, dev.node_name = misc.name, misc.nodename
    dev.node_mode, dev.groups, dev.release = misc.mode, misc.groups, released_by_itself
    error = device_add(dev)
    if error:
        put_device(dev)
        return error
    misc.minor, misc.this_device = minor, dev
    table.minors.add(minor)
    drivers().add(dev.devt, 1, misc.fops.operations(this_module()), misc)
    found, all_drivers = dev.devt, drivers()

    def undo() -> None:
        all_drivers.remove(found)
        table.minors.discard(minor)

    misc.resource = this_module().made(f"misc device {misc.name}", undo)
    return 0


def misc_deregister(misc: miscdevice) -> None:
    """Let go of a device."""
    if misc.this_device is None:
        return
    device_unregister(misc.this_device)
    if misc.resource is not None:
        misc.resource.undo()
    this_module().returned(misc.resource)
    misc.this_device = None
    misc.minor = MISC_DYNAMIC_MINOR
