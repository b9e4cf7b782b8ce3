"""Buses: what devices are by how they are attached, and who drives them. See device/bus.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EINVAL, ENODEV, KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.sysfs.attribute import ValueAttribute
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.fs.sysfs.uevent import UeventAttribute, Uevents
from emu.kernel.module.ambient import this_module
from emu.kernel.module.guard import call
from emu.kernel.module.module import Module, Resource
from emu.linux.device.binding import device_attach, device_release_driver
from emu.linux.device.bus_events import BUS_NOTIFY_ADD_DEVICE as BUS_NOTIFY_ADD_DEVICE
from emu.linux.device.bus_events import BUS_NOTIFY_BIND_DRIVER as BUS_NOTIFY_BIND_DRIVER
from emu.linux.device.bus_events import BUS_NOTIFY_BOUND_DRIVER as BUS_NOTIFY_BOUND_DRIVER
from emu.linux.device.bus_events import BUS_NOTIFY_DEL_DEVICE as BUS_NOTIFY_DEL_DEVICE
from emu.linux.device.bus_events import BUS_NOTIFY_DRIVER_NOT_BOUND as BUS_NOTIFY_DRIVER_NOT_BOUND
from emu.linux.device.bus_events import BUS_NOTIFY_REMOVED_DEVICE as BUS_NOTIFY_REMOVED_DEVICE
from emu.linux.device.bus_events import BUS_NOTIFY_UNBIND_DRIVER as BUS_NOTIFY_UNBIND_DRIVER
from emu.linux.device.bus_events import BUS_NOTIFY_UNBOUND_DRIVER as BUS_NOTIFY_UNBOUND_DRIVER
from emu.linux.device.iterate import find, for_each
from emu.linux.notifier import (
    blocking_notifier_call_chain,
    blocking_notifier_chain_register,
    blocking_notifier_chain_unregister,
    notifier_block,
    notifier_head,
)
from emu.linux.sysfs import (
    attribute,
    attribute_group,
    kobj_attribute,
    sysfs_create_file,
    sysfs_create_groups,
    sysfs_remove_file,
)

if TYPE_CHECKING:
    from emu.linux.device.core import device
    from emu.linux.device.driver import device_driver

Callback = Callable[..., Any]


class bus_attribute(kobj_attribute):
    """An attribute of a bus: ``show(bus, buf)``, ``store(bus, buf, count)``."""

    given_itself = False


BUS_ATTR_RO = bus_attribute.ro
BUS_ATTR_RW = bus_attribute.rw
BUS_ATTR_WO = bus_attribute.wo


class bus_type:
    """A bus: ``match(dev, drv)`` says whether a driver is one for a device.

    `probe` and `remove` are called instead of the driver's own; `uevent(dev, env)` adds to events.
    """

    def __init__(
        self,
        name: str,
        match: Callback | None = None,
        probe: Callback | None = None,
        remove: Callback | None = None,
        uevent: Callback | None = None,
        bus_groups: list[attribute_group] | None = None,
        dev_groups: list[attribute_group] | None = None,
        drv_groups: list[attribute_group] | None = None,
    ) -> None:
        self.name = name
        self.match, self.probe, self.remove, self.uevent = match, probe, remove, uevent
        self.bus_groups = bus_groups or []
        self.dev_groups = dev_groups or []
        self.drv_groups = drv_groups or []
        self.kobj = Kobject(name)
        self.kobj.owner = self
        self.devices_kobj, self.drivers_kobj = Kobject("devices"), Kobject("drivers")
        self.devices: list[device] = []
        self.drivers: list[device_driver] = []
        self.autoprobe = True
        """Whether new devices and drivers are tried with each other at once."""
        self.chain = notifier_head()
        self.module: Module | None = None
        self.resource: Resource | None = None

    def show(self, dev: device) -> None:
        """A device came: see bus_add_device."""
        self.devices.append(dev)
        self.devices_kobj.add_link(dev.kobj, dev.name)
        if dev.class_ is None:
            dev.kobj.add_link(self.kobj, "subsystem")
        self.tell(BUS_NOTIFY_ADD_DEVICE, dev)

    def probe_new(self, dev: device) -> None:
        """Find a device that came a driver."""
        if self.autoprobe:
            device_attach(dev)

    def hide(self, dev: device) -> None:
        """A device goes: its driver leaves it. See bus_remove_device."""
        if dev not in self.devices:
            return
        self.tell(BUS_NOTIFY_DEL_DEVICE, dev)
        self.devices.remove(dev)
        self.devices_kobj.remove_file(dev.name)
        device_release_driver(dev)
        self.tell(BUS_NOTIFY_REMOVED_DEVICE, dev)

    def tell(self, event: int, dev: device) -> None:
        """Tell who wants to know of its devices."""
        blocking_notifier_call_chain(self.chain, event, dev)

    def find(self, name: str) -> device | None:
        """The device of a name, with or without a line break."""
        plain = name.removesuffix("\n")
        return next((dev for dev in self.devices if dev.name == plain), None)


def bus_register(bus: bus_type) -> Any:
    """Show a bus in /sys/bus. 0 or an error."""
    bus.module = this_module()
    sysfs = bus.module.kernel.part(Sysfs)
    bus.kobj.kset = sysfs.kobject("bus")
    try:
        bus.kobj.add(sysfs, bus.kobj.kset)
    except KernelError as error:
        return ErrnoValue(type(error))
    sysfs.kernel.part(Uevents).send("add", bus.kobj)
    bus.kobj.add_file(UeventAttribute(shows=False))
    bus.devices_kobj.add(sysfs, bus.kobj)
    bus.drivers_kobj.add(sysfs, bus.kobj)
    bus.kobj.add_files(_probe_files(bus))
    bus.resource = bus.module.made(f"bus {bus.name}", lambda: _take_away(bus))
    refused = sysfs_create_groups(bus.kobj, bus.bus_groups)
    if refused:
        bus_unregister(bus)
    return refused


def _probe_files(bus: bus_type) -> list[ValueAttribute]:
    """How root has devices tried, and whether that is done without asking: add_probe_files."""

    assert bus.module is not None
    module = bus.module

    def probe(data: bytes) -> None:
        dev = bus.find(data.decode(errors="surrogateescape"))
        if dev is None:
            raise ENODEV("no such device on the bus")
        call(module, device_attach, dev)

    def decide(data: bytes) -> None:
        bus.autoprobe = data[:1] != b"0"

    return [
        ValueAttribute("drivers_probe", None, probe),
        ValueAttribute("drivers_autoprobe", lambda: int(bus.autoprobe), decide),
    ]


def bus_unregister(bus: bus_type) -> None:
    """Let go of a bus."""
    _take_away(bus)
    this_module().returned(bus.resource)


def _take_away(bus: bus_type) -> None:
    for kobj in (bus.devices_kobj, bus.drivers_kobj, bus.kobj):
        kobj.remove()


def bus_create_file(bus: bus_type, attr: attribute) -> Any:
    """Show an attribute of a bus. 0 or an error."""
    return sysfs_create_file(bus.kobj, attr) if bus.kobj.added else -EINVAL


def bus_remove_file(bus: bus_type, attr: attribute) -> None:
    """Show it no more."""
    sysfs_remove_file(bus.kobj, attr)


def bus_for_each_dev(bus: bus_type, start: device | None, data: Any, fn: Callback) -> Any:
    """Call ``fn(dev, data)`` for the devices behind `start`, up to one it is not 0 for."""
    return for_each(bus.devices, start, data, fn)


def bus_for_each_drv(bus: bus_type, start: device_driver | None, data: Any, fn: Callback) -> Any:
    """Call ``fn(drv, data)`` for the drivers behind `start`, up to one it is not 0 for."""
    return for_each(bus.drivers, start, data, fn)


def bus_find_device(
    bus: bus_type, start: device | None, data: Any, match: Callback
) -> device | None:
    """The first device behind `start` that ``match(dev, data)`` is true for; it must be put."""
    return find(bus.devices, start, data, match)


def bus_find_device_by_name(bus: bus_type, start: device | None, name: str) -> device | None:
    """The device of a name, which must be put."""
    plain = name.removesuffix("\n")
    return bus_find_device(bus, start, plain, lambda dev, name: dev.name == name)


def bus_rescan_devices(bus: bus_type) -> int:
    """Try to find a driver for each device that has none."""
    for dev in list(bus.devices):
        device_attach(dev)
    return 0


def bus_register_notifier(bus: bus_type, nb: notifier_block) -> int:
    """Have ``notifier_call(nb, BUS_NOTIFY_..., dev)`` called from now on."""
    return blocking_notifier_chain_register(bus.chain, nb)


def bus_unregister_notifier(bus: bus_type, nb: notifier_block) -> Any:
    """Have it called no more."""
    return blocking_notifier_chain_unregister(bus.chain, nb)
