"""Buses and drivers: which driver a device has. See include/linux/device/bus.h and driver.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.errno import KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.guard import call, checked
from emu.kernel.module.module import Module, Resource
from emu.linux.device import device

Callback = Callable[..., Any]


class bus_type:
    """A bus: `match` says whether a driver is one for a device."""

    def __init__(
        self,
        name: str,
        match: Callback | None = None,
        probe: Callback | None = None,
        remove: Callback | None = None,
    ) -> None:
        self.name = name
        self.match, self.probe, self.remove = match, probe, remove
        self.kobj = Kobject(name)
        self.devices_kobj, self.drivers_kobj = Kobject("devices"), Kobject("drivers")
        self.devices: list[device] = []
        self.drivers: list[device_driver] = []
        self.module: Module | None = None
        self.resource: Resource | None = None

    def attach(self, dev: device) -> None:
        """A device came: find it a driver."""
        self.devices.append(dev)
        self.devices_kobj.add_link(dev.kobj, dev.name)
        for driver in self.drivers:
            if self.bind(dev, driver):
                break

    def detach(self, dev: device) -> None:
        """A device went."""
        if dev.driver is not None:
            self.unbind(dev)
        if dev in self.devices:
            self.devices.remove(dev)
            self.devices_kobj.remove_file(dev.name)

    def bind(self, dev: device, driver: device_driver) -> bool:
        """Give a device a driver if it is one for it: whether it is."""
        assert self.module is not None and driver.module is not None
        if dev.driver is not None:
            return False
        if self.match is not None and not call(self.module, self.match, dev, driver):
            return False
        probe = self.probe or driver.probe
        dev.driver = driver
        try:
            if probe is not None:
                checked(call(driver.module, probe, dev))
        except KernelError as error:
            dev.driver = None
            driver.module.complain(f"probe of {dev.name} failed with {type(error).__name__}")
            return False
        driver.kobj.add_link(dev.kobj, dev.name)
        dev.kobj.add_link(driver.kobj, "driver")
        return True

    def unbind(self, dev: device) -> None:
        """Take a device's driver away."""
        driver = dev.driver
        remove = self.remove or driver.remove
        if remove is not None:
            call(driver.module, remove, dev)
        driver.kobj.remove_file(dev.name)
        dev.kobj.remove_file("driver")
        dev.driver = None


class device_driver:
    """A driver of devices on a bus."""

    def __init__(
        self,
        name: str,
        bus: bus_type,
        probe: Callback | None = None,
        remove: Callback | None = None,
    ) -> None:
        self.name = name
        self.bus = bus
        self.probe, self.remove = probe, remove
        self.kobj = Kobject(name)
        self.module: Module | None = None
        self.resource: Resource | None = None
        self.container: Any = None


def bus_register(bus: bus_type) -> Any:
    """Show a bus in /sys/bus. 0 or an error."""
    sysfs = this_kernel().part(Sysfs)
    try:
        bus.kobj.add(sysfs, sysfs.kobject("bus"))
    except KernelError as error:
        return ErrnoValue(type(error))
    bus.devices_kobj.add(sysfs, bus.kobj)
    bus.drivers_kobj.add(sysfs, bus.kobj)
    bus.module = this_module()
    bus.resource = bus.module.made(f"bus {bus.name}", bus.kobj.remove)
    return 0


def bus_unregister(bus: bus_type) -> None:
    """Let go of a bus."""
    for kobj in (bus.devices_kobj, bus.drivers_kobj, bus.kobj):
        kobj.remove()
    this_module().returned(bus.resource)


def driver_register(driver: device_driver) -> Any:
    """Show a driver and give it the devices it is for. 0 or an error."""
    driver.module = this_module()
    try:
        driver.kobj.add(this_kernel().part(Sysfs), driver.bus.drivers_kobj)
    except KernelError as error:
        return ErrnoValue(type(error))
    driver.resource = driver.module.made(f"driver {driver.name}", driver.kobj.remove)
    driver.bus.drivers.append(driver)
    for dev in list(driver.bus.devices):
        driver.bus.bind(dev, driver)
    return 0


def driver_unregister(driver: device_driver) -> None:
    """Take a driver away from its devices, and let go of it."""
    for dev in list(driver.bus.devices):
        if dev.driver is driver:
            driver.bus.unbind(dev)
    driver.bus.drivers.remove(driver)
    driver.kobj.remove()
    this_module().returned(driver.resource)
