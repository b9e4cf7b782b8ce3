"""Which driver a device has: they are matched, probed, bound and parted. See drivers/base/dd.c."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EBUSY, ENODEV, ENXIO, KernelError
from emu.kernel.errno_base import generic_numbers
from emu.kernel.fs.sysfs.uevent import Uevents
from emu.kernel.module.guard import ProbeDeferValue, at_once, call, checked
from emu.kernel.module.printk import LOG_ERR, KernelLog
from emu.linux.device import bus_events as events
from emu.linux.device.core import device_add_groups, device_remove_groups, release_managed

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.linux.device.core import device
    from emu.linux.device.driver import device_driver

NOT_FOR_IT = (ENODEV, ENXIO)
"""What a probe says of a device that its driver is not for after all: nothing went wrong."""


class DeferredProbes:
    """The devices of a machine whose driver asked to be tried later: when another was bound."""

    def __init__(self, kernel: Kernel) -> None:
        self._waiting: dict[device, None] = {}
        self._trying = False

    def add(self, dev: device) -> None:
        """Try a device later."""
        self._waiting[dev] = None

    def forget(self, dev: device) -> None:
        """Do not."""
        self._waiting.pop(dev, None)

    def trigger(self) -> None:
        """A device was bound: try the others, over again as long as that binds one."""
        if self._trying:
            return
        self._trying = True
        try:
            bound = True
            while bound and self._waiting:
                tried, self._waiting = list(self._waiting), {}
                bound = sum(map(device_attach, tried)) > 0
        finally:
            self._trying = False


def driver_match_device(drv: device_driver, dev: device) -> bool:
    """Whether a driver is one for a device: all are on a bus that does not say."""
    bus = drv.bus
    if bus.match is None:
        return True
    assert bus.module is not None
    result = at_once(bus.module, bus.match, dev, drv)
    if isinstance(result, ProbeDeferValue):
        _deferred(dev).add(dev)
    return bool(result) and not (isinstance(result, int) and result < 0)


def device_attach(dev: device) -> int:
    """Find a device a driver: 1 if it has one then, 0 if there is none for it."""
    if dev.driver is not None or dev.bus is None:
        return int(dev.driver is not None)
    for drv in list(dev.bus.drivers):
        if driver_match_device(drv, dev) and _try(drv, dev):
            return 1
    return 0


def driver_attach(drv: device_driver) -> None:
    """Try a driver with all devices of its bus that have none."""
    for dev in list(drv.bus.devices):
        if dev.driver is None and driver_match_device(drv, dev):
            _try(drv, dev)


def _try(drv: device_driver, dev: device) -> bool:
    """Whether a driver that matches took a device; what goes wrong is in the log."""
    try:
        driver_probe_device(drv, dev)
    except KernelError:
        return False
    return True


def driver_probe_device(drv: device_driver, dev: device) -> None:
    """Give a device a driver. ENODEV, EBUSY, or what its probe says; EAGAIN if that is "later"."""
    if not dev.kobj.added:
        raise ENODEV("the device is not registered")
    if dev.driver is not None:
        raise EBUSY("it has a driver")
    bus = drv.bus
    dev.driver = drv
    bus.tell(events.BUS_NOTIFY_BIND_DRIVER, dev)
    drv.kobj.add_link(dev.kobj, dev.name)
    dev.kobj.add_link(drv.kobj, "driver")
    try:
        _probe(drv, dev)
    except KernelError as error:
        _part(dev)
        bus.tell(events.BUS_NOTIFY_DRIVER_NOT_BOUND, dev)
        release_managed(dev)
        dev.driver_data = dev.driver = None
        if not isinstance(error, (*NOT_FOR_IT, EAGAIN)):
            _complain(drv, dev, error)
        raise
    bus.tell(events.BUS_NOTIFY_BOUND_DRIVER, dev)
    assert dev.module is not None
    dev.module.kernel.part(Uevents).send("bind", dev.kobj)
    _deferred(dev).trigger()


def _probe(drv: device_driver, dev: device) -> None:
    assert drv.module is not None
    probe = drv.bus.probe or drv.probe
    if probe is not None:
        result = call(drv.module, probe, dev)
        if isinstance(result, ProbeDeferValue):
            _deferred(dev).add(dev)
            raise EAGAIN("its driver is not ready yet")
        checked(result)
    checked(call(drv.module, device_add_groups, dev, drv.dev_groups))


def _complain(drv: device_driver, dev: device, error: KernelError) -> None:
    assert dev.module is not None
    number = -generic_numbers().get(type(error).__name__, 0)
    log = dev.module.kernel.part(KernelLog)
    who = f"{drv.name} {dev.name}"
    log.log(LOG_ERR, f"{who}: probe with driver {drv.name} failed with error {number}")


def device_release_driver(dev: device) -> None:
    """Take a device's driver away, and all that was taken for the device on its account."""
    assert dev.module is not None
    _deferred(dev).forget(dev)
    drv = dev.driver
    if drv is None:
        return
    assert drv.module is not None
    bus = drv.bus
    _part(dev)
    bus.tell(events.BUS_NOTIFY_UNBIND_DRIVER, dev)
    device_remove_groups(dev, drv.dev_groups)
    remove = bus.remove or drv.remove
    if remove is not None:
        with contextlib.suppress(KernelError):  # what it does wrong is in the log
            at_once(drv.module, remove, dev)
    release_managed(dev)
    dev.driver_data = dev.driver = None
    bus.tell(events.BUS_NOTIFY_UNBOUND_DRIVER, dev)
    if dev.kobj.added:
        dev.module.kernel.part(Uevents).send("unbind", dev.kobj)


def _part(dev: device) -> None:
    """Device and driver lead to each other no more."""
    assert dev.driver is not None
    dev.driver.kobj.remove_file(dev.name)
    dev.kobj.remove_file("driver")


def _deferred(dev: device) -> DeferredProbes:
    assert dev.module is not None
    return dev.module.kernel.part(DeferredProbes)
