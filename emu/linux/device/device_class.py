"""Classes: what devices are by what they do, whatever bus they are on. See device/class.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.fs.sysfs.uevent import Uevents
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.module import Module, Resource
from emu.linux.device.iterate import find, for_each
from emu.linux.sysfs import (
    attribute_group,
    kobj_attribute,
    sysfs_create_file,
    sysfs_create_groups,
    sysfs_remove_file,
)

if TYPE_CHECKING:
    from emu.linux.device.core import device

Callback = Callable[..., Any]


class class_attribute(kobj_attribute):
    """An attribute of a class: ``show(class, attr, buf)``, ``store(class, attr, buf, count)``."""


CLASS_ATTR_RO = class_attribute.ro
CLASS_ATTR_RW = class_attribute.rw
CLASS_ATTR_WO = class_attribute.wo


def CLASS_ATTR_STRING(name: str, mode: int, text: str) -> class_attribute:
    """A text that never changes."""
    return class_attribute(name, mode, lambda: text)


class device_class:
    """A class: what devices of it have in common. C's ``struct class``.

    `devnode(dev, mode)` may name the node in /dev, `dev_uevent(dev, env)` adds to events of
    devices, `dev_release(dev)` releases those that have no ``release`` of their own.
    """

    def __init__(
        self,
        name: str,
        devnode: Callback | None = None,
        dev_groups: list[attribute_group] | None = None,
        class_groups: list[attribute_group] | None = None,
        dev_uevent: Callback | None = None,
        dev_release: Callback | None = None,
    ) -> None:
        self.name = name
        self.devnode = devnode
        self.dev_groups = dev_groups or []
        self.class_groups = class_groups or []
        self.dev_uevent = dev_uevent
        self.dev_release = dev_release
        self.kobj = Kobject(name)
        self.kobj.owner = self
        self.devices: dict[str, device] = {}
        self.module: Module | None = None
        self.resource: Resource | None = None


def class_create(name: str, *old: Any) -> Any:
    """A new class, shown in /sys/class: it, or an error. C before 6.4 gave the owner first."""
    made = device_class(old[0] if old else name)
    return class_register(made) or made


def class_register(cls: device_class) -> Any:
    """Show a class. 0 or an error."""
    sysfs = this_kernel().part(Sysfs)
    cls.kobj.kset = sysfs.kobject("class")
    try:
        cls.kobj.add(sysfs, cls.kobj.kset)
    except KernelError as error:
        return ErrnoValue(type(error))
    sysfs.kernel.part(Uevents).send("add", cls.kobj)
    cls.module = this_module()
    cls.resource = cls.module.made(f"class {cls.name}", cls.kobj.remove)
    refused = sysfs_create_groups(cls.kobj, cls.class_groups)
    if refused:
        class_unregister(cls)
    return refused


def class_unregister(cls: device_class) -> None:
    """Let go of a class."""
    cls.kobj.remove()
    this_module().returned(cls.resource)


def class_destroy(cls: Any) -> None:
    """Let go of what class_create made, if that was a class."""
    if isinstance(cls, device_class):
        class_unregister(cls)


def class_create_file(cls: device_class, attr: class_attribute) -> Any:
    """Show an attribute of a class. 0 or an error."""
    return sysfs_create_file(cls.kobj, attr)


def class_remove_file(cls: device_class, attr: class_attribute) -> None:
    """Show it no more."""
    sysfs_remove_file(cls.kobj, attr)


def class_for_each_device(cls: device_class, start: device | None, data: Any, fn: Callback) -> Any:
    """Call ``fn(dev, data)`` for the devices behind `start`, up to one it is not 0 for."""
    return for_each(cls.devices.values(), start, data, fn)


def class_find_device(
    cls: device_class, start: device | None, data: Any, match: Callback
) -> device | None:
    """The first device behind `start` that ``match(dev, data)`` is true for; it must be put."""
    return find(cls.devices.values(), start, data, match)


def class_find_device_by_name(cls: device_class, name: str) -> device | None:
    """The device of a name, which must be put."""
    return class_find_device(cls, None, name, lambda dev, name: dev.name == name)
