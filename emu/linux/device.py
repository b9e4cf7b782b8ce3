"""Devices, drivers, buses and classes: the driver model. See include/linux/device.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.errno import KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.devtmpfs import DevtmpfsSuperBlock
from emu.kernel.fs.kernfs import raw_name
from emu.kernel.fs.sysfs.attribute import ValueAttribute
from emu.kernel.fs.sysfs.devices import uevent
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.format import c_format
from emu.kernel.module.guard import call
from emu.kernel.module.module import Module, Resource
from emu.kernel.module.uevent import Uevents
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.linux.sysfs import (
    attribute_group,
    kobj_attribute,
    sysfs_create_file,
    sysfs_create_groups,
    sysfs_remove_file,
)

Callback = Callable[..., Any]
DEFAULT_NODE_MODE = 0o600


class device_attribute(kobj_attribute):
    """An attribute of devices: ``show(dev, attr, buf)``, ``store(dev, attr, buf, count)``."""


def DEVICE_ATTR(
    name: str, mode: int, show: Callback | None, store: Callback | None
) -> device_attribute:
    """An attribute of devices."""
    return device_attribute(name, mode, show, store)


def DEVICE_ATTR_RO(show: Callback) -> device_attribute:
    """A read-only one, named as its function is without ``_show``."""
    return device_attribute(show.__name__.removesuffix("_show"), 0o444, show)


def DEVICE_ATTR_RW(show: Callback, store: Callback) -> device_attribute:
    """One named as its function is without ``_show``."""
    return device_attribute(show.__name__.removesuffix("_show"), 0o644, show, store)


def DEVICE_ATTR_WO(store: Callback) -> device_attribute:
    """A write-only one, named as its function is without ``_store``."""
    return device_attribute(store.__name__.removesuffix("_store"), 0o200, None, store)


class device:
    """A device. Its directory is below its parent's, or /sys/devices."""

    def __init__(self, parent: device | None = None) -> None:
        self.kobj = Kobject()
        self.kobj.owner = self
        self.parent = parent
        self.class_: device_class | None = None
        self.bus: Any = None
        self.driver: Any = None
        self.devt = 0
        self.driver_data: Any = None
        self.release: Callback | None = None
        self.groups: list[attribute_group] = []
        self.init_name = ""
        self.node_mode = DEFAULT_NODE_MODE
        self.node_name = ""
        self.variables: dict[str, str] = {}
        """What its uevent tells besides."""
        self.container: Any = None
        self.managed: list[Callable[[], object]] = []
        self.resource: Resource | None = None
        self.module: Module | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self.kobj.name or self.init_name


class device_class:
    """A class: what devices of it have in common. C's ``struct class``."""

    def __init__(
        self,
        name: str,
        devnode: Callback | None = None,
        dev_groups: list[attribute_group] | None = None,
    ) -> None:
        self.name = name
        self.devnode = devnode
        self.dev_groups = dev_groups or []
        self.kobj = Kobject(name)
        self.devices: dict[str, device] = {}
        self.resource: Resource | None = None


def class_create(name: str, *old: Any) -> Any:
    """A new class, shown in /sys/class: it, or an error. C before 6.4 gave the owner first."""
    made = device_class(old[0] if old else name)
    return class_register(made) or made


def class_register(cls: device_class) -> Any:
    """Show a class. 0 or an error."""
    sysfs = this_kernel().part(Sysfs)
    try:
        cls.kobj.add(sysfs, sysfs.kobject("class"))
    except KernelError as error:
        return ErrnoValue(type(error))
    cls.resource = this_module().made(f"class {cls.name}", cls.kobj.remove)
    return 0


def class_destroy(cls: Any) -> None:
    """Let go of a class."""
    if isinstance(cls, device_class):
        cls.kobj.remove()
        this_module().returned(cls.resource)


class_unregister = class_destroy


def device_initialize(dev: device) -> None:
    """Make a device ready."""
    dev.module = this_module()


def dev_set_name(dev: device, fmt: str, *args: Any) -> int:
    """Give a device its name."""
    dev.kobj.name = c_format(fmt, args)
    return 0


def dev_name(dev: device) -> str:
    """Its name."""
    return dev.name


def device_add(dev: device) -> Any:
    """Show a device, and put its node into /dev if it has a number. 0 or an error."""
    dev.module = module = this_module()
    dev.kobj.name = dev.name
    sysfs = module.kernel.part(Sysfs)
    try:
        dev.kobj.add(sysfs, _place(sysfs, dev))
        _fill(sysfs, dev)
    except KernelError as error:
        dev.kobj.remove()
        return ErrnoValue(type(error))
    groups = dev.groups + (dev.class_.dev_groups if dev.class_ is not None else [])
    refused = sysfs_create_groups(dev.kobj, groups)
    if refused:
        _take_away(dev)
        return refused
    dev.resource = module.made(f"device {dev.name}", lambda: _take_away(dev))
    module.kernel.part(Uevents).send("add", dev.kobj, _event(dev))
    if dev.bus is not None:
        dev.bus.attach(dev)
    return 0


def _place(sysfs: Sysfs, dev: device) -> Kobject:
    if dev.parent is not None:
        return dev.parent.kobj
    if dev.class_ is not None:
        return sysfs.kobject(f"devices/virtual/{dev.class_.name}")
    return sysfs.kobject("devices")


def _fill(sysfs: Sysfs, dev: device) -> None:
    kobj = dev.kobj
    kobj.add_file(uevent(kobj, _subsystem(dev), _variables(dev)))
    if dev.devt:
        number = f"{MAJOR(dev.devt)}:{MINOR(dev.devt)}"
        kobj.add_file(ValueAttribute("dev", lambda: number))
        sysfs.kobject("dev/char").add_link(kobj, number)
        devtmpfs = sysfs.kernel.root_mount.vfs.devtmpfs
        if isinstance(devtmpfs, DevtmpfsSuperBlock):
            devtmpfs.add_node(raw_name(_node(dev)), dev.devt, dev.node_mode)
    if dev.class_ is not None:
        kobj.add_link(dev.class_.kobj, "subsystem")
        dev.class_.kobj.add_link(kobj, dev.name)
        dev.class_.devices[dev.name] = dev
    elif dev.bus is not None:
        kobj.add_link(dev.bus.kobj, "subsystem")


def _node(dev: device) -> str:
    return dev.node_name or dev.name


def _event(dev: device) -> dict[str, str]:
    subsystem = _subsystem(dev)
    return {"SUBSYSTEM": subsystem, **_variables(dev)} if subsystem else _variables(dev)


def _subsystem(dev: device) -> str:
    owner = dev.class_ or dev.bus
    return owner.name if owner is not None else ""


def _variables(dev: device) -> dict[str, str]:
    if not dev.devt:
        return dev.variables
    major, minor = MAJOR(dev.devt), MINOR(dev.devt)
    return {"MAJOR": str(major), "MINOR": str(minor), "DEVNAME": _node(dev), **dev.variables}


def _take_away(dev: device) -> None:
    assert dev.module is not None
    sysfs = dev.module.kernel.part(Sysfs)
    if dev.devt:
        sysfs.kobject("dev/char").remove_file(f"{MAJOR(dev.devt)}:{MINOR(dev.devt)}")
        devtmpfs = sysfs.kernel.root_mount.vfs.devtmpfs
        if isinstance(devtmpfs, DevtmpfsSuperBlock):
            devtmpfs.remove_node(raw_name(_node(dev)))
    if dev.class_ is not None:
        dev.class_.kobj.remove_file(dev.name)
        dev.class_.devices.pop(dev.name, None)
    while dev.managed:
        dev.managed.pop()()
    dev.kobj.remove()
    if dev.class_ is not None and not dev.class_.devices:
        sysfs.kobject(f"devices/virtual/{dev.class_.name}").remove()


def device_register(dev: device) -> Any:
    """Make a device ready and show it. 0 or an error."""
    device_initialize(dev)
    return device_add(dev)


def device_unregister(dev: device) -> None:
    """Let go of a device: its ``release`` is called."""
    module = this_module()
    module.kernel.part(Uevents).send("remove", dev.kobj, _event(dev))
    if dev.bus is not None:
        dev.bus.detach(dev)
    _take_away(dev)
    module.returned(dev.resource)
    if dev.release is not None:
        call(module, dev.release, dev)
    elif dev.class_ is None:
        module.complain(
            f"Device '{dev.name}' does not have a release() function, it is broken and must be "
            "fixed. See Documentation/core-api/kobject.rst."
        )


device_del = device_unregister


def device_create(
    cls: device_class, parent: device | None, devt: int, drvdata: Any, fmt: str, *args: Any
) -> Any:
    """A new device of a class, with a node in /dev: it, or an error."""
    return device_create_with_groups(cls, parent, devt, drvdata, [], fmt, *args)


def device_create_with_groups(
    cls: device_class, parent: device | None, devt: int, drvdata: Any,
    groups: list[attribute_group], fmt: str, *args: Any,
) -> Any:  # fmt: skip
    """The same with attributes, which are there before anybody is told of the device."""
    dev = device(parent)
    dev.groups = list(groups)
    dev.class_, dev.devt, dev.driver_data = cls, int(devt), drvdata
    dev.kobj.name = c_format(fmt, args)
    if cls.devnode is not None:
        from emu.linux.types import u16

        mode = u16(0)
        name = call(this_module(), cls.devnode, dev, mode)
        dev.node_name = name or ""
        dev.node_mode = mode.value or DEFAULT_NODE_MODE
    return device_add(dev) or dev


def device_destroy(cls: device_class, devt: int) -> None:
    """Let go of the device of a number."""
    for dev in list(cls.devices.values()):
        if dev.devt == int(devt):
            device_unregister(dev)


def device_create_file(dev: device, attr: Any) -> Any:
    """Show an attribute of a device. 0 or an error."""
    return sysfs_create_file(dev.kobj, attr)


def device_remove_file(dev: device, attr: Any) -> None:
    """Show it no more."""
    sysfs_remove_file(dev.kobj, attr)


def dev_set_drvdata(dev: device, data: Any) -> None:
    """Keep something with a device."""
    dev.driver_data = data


def dev_get_drvdata(dev: device) -> Any:
    """What is kept with it."""
    return dev.driver_data


def devm_add_action_or_reset(dev: device, action: Callback, data: Any) -> int:
    """Have something done when the device goes."""
    module = this_module()
    dev.managed.append(lambda: call(module, action, data))
    return 0


devm_add_action = devm_add_action_or_reset


def devm_kzalloc(dev: device, size: int, gfp: int) -> Any:
    """Memory that goes with the device."""
    from emu.kernel.module.buffers import CharBuffer

    return CharBuffer(size)


def _message(level: str) -> Callable[..., int]:
    def message(dev: device, fmt: str, *args: Any) -> int:
        """Log a message about a device."""
        from emu.linux.printk import printk

        kind = dev.class_.name if dev.class_ is not None else "device"
        return printk(level + "%s %s: %s", kind, dev.name, c_format(fmt, args))

    return message


dev_err, dev_warn, dev_info, dev_dbg = map(_message, ("\x013", "\x014", "\x016", "\x017"))
