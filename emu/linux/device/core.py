"""Devices: their place in sysfs, their node, their attributes. See include/linux/device.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EINVAL, KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.devtmpfs import DevtmpfsSuperBlock
from emu.kernel.fs.kernfs import raw_name
from emu.kernel.fs.sysfs.attribute import ValueAttribute
from emu.kernel.fs.sysfs.devices import PLAIN_MODE, DeviceKobject
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.fs.sysfs.uevent import UeventAttribute, Uevents
from emu.kernel.module.ambient import this_module
from emu.kernel.module.format import c_format
from emu.kernel.module.guard import at_once, call, checked
from emu.kernel.module.module import Module, Resource
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.linux.device.device_class import device_class
from emu.linux.device.iterate import find, for_each
from emu.linux.kobject import kobj_uevent_env, kobject_rename
from emu.linux.sysfs import (
    attribute_group,
    kobj_attribute,
    sysfs_create_file,
    sysfs_create_groups,
    sysfs_remove_file,
    sysfs_remove_groups,
)

if TYPE_CHECKING:
    from emu.linux.device.bus import bus_type
    from emu.linux.device.driver import device_driver

Callback = Callable[..., Any]


class device_attribute(kobj_attribute):
    """An attribute of devices: ``show(dev, attr, buf)``, ``store(dev, attr, buf, count)``."""


def DEVICE_ATTR(
    name: str, mode: int, show: Callback | None, store: Callback | None
) -> device_attribute:
    """An attribute of devices."""
    return device_attribute(name, mode, show, store)


DEVICE_ATTR_RO = device_attribute.ro
DEVICE_ATTR_RW = device_attribute.rw
DEVICE_ATTR_WO = device_attribute.wo


class device_type:
    """A kind of devices of a bus or class. C's ``struct device_type``."""

    def __init__(
        self,
        name: str = "",
        groups: list[attribute_group] | None = None,
        uevent: Callback | None = None,
        release: Callback | None = None,
    ) -> None:
        self.name = name
        self.groups = groups or []
        self.uevent = uevent
        self.release = release


class device:
    """A device. Its directory is below its parent's, or in /sys/devices.

    Who keeps one counts: `get_device`, `put_device`. The last one that puts it has ``release(dev)``
    called: its own, its type's or its class's.
    """

    def __init__(self, parent: device | None = None) -> None:
        self.kobj = _Kobject(self)
        self.parent = parent
        self.children: list[device] = []
        self.between: dict[str, Kobject] = {}
        """By class: the directories that its children's are in."""
        self.class_: device_class | None = None
        self.bus: bus_type | None = None
        self.driver: device_driver | None = None
        self.type: device_type | None = None
        self.devt = 0
        self.driver_data: Any = None
        self.platform_data: Any = None
        self.release: Callback | None = None
        self.groups: list[attribute_group] = []
        self.init_name = ""
        self.node_mode = 0
        """Of its node in /dev; 0 if nobody decided about that."""
        self.node_name = ""
        self.variables: dict[str, str] = {}
        """What its events tell besides."""
        self.container: Any = None
        self.managed: list[Any] = []
        """What goes when its driver does: see `emu.linux.device.devres`."""
        self.above: Kobject | None = None
        """The object whose directory its own is in."""
        self.resource: Resource | None = None
        self.module: Module | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self.kobj.name or self.init_name

    @property
    def node(self) -> str:
        """The name of its node in /dev."""
        return self.node_name or self.name

    @property
    def number(self) -> str:
        """``MAJOR:MINOR``."""
        return f"{MAJOR(self.devt)}:{MINOR(self.devt)}"


class _Kobject(DeviceKobject):
    """The kernel object of a module's device."""

    def __init__(self, dev: device) -> None:
        super().__init__()
        self.owner: device = dev

    def subsystem(self) -> str:
        """Its bus, or else its class."""
        whose = self.owner.bus or self.owner.class_
        return whose.name if whose is not None else ""

    def variables(self) -> dict[str, str]:
        """See dev_uevent in drivers/base/core.c."""
        dev, env = self.owner, kobj_uevent_env()
        if dev.devt:
            env.vars |= {"MAJOR": str(MAJOR(dev.devt)), "MINOR": str(MINOR(dev.devt))}
            env.vars["DEVNAME"] = dev.node
            if dev.node_mode:
                env.vars["DEVMODE"] = f"0{dev.node_mode & 0o777:o}"
        if dev.type is not None and dev.type.name:
            env.vars["DEVTYPE"] = dev.type.name
        if dev.driver is not None:
            env.vars["DRIVER"] = dev.driver.name
        env.vars |= dev.variables
        assert dev.module is not None
        by_bus = dev.bus.uevent if dev.bus is not None else None
        by_class = dev.class_.dev_uevent if dev.class_ is not None else None
        by_type = dev.type.uevent if dev.type is not None else None
        for tell in (by_bus, by_class, by_type):
            if tell is not None:
                checked(call(dev.module, tell, dev, env))
        return env.vars


def kobj_to_dev(kobj: Kobject) -> Any:
    """The device that an object is the object of."""
    return kobj.owner


def device_initialize(dev: device) -> None:
    """Make a device ready. From then on it must be put, not forgotten."""
    dev.module = module = this_module()
    dev.kobj.refcount = 1
    dev.kobj.kset = module.kernel.part(Sysfs).kobject("devices")
    dev.kobj.released = lambda: _release(dev)
    dev.resource = module.made(f"device {dev.name}", lambda: _take_away(dev))


def get_device(dev: device | None) -> device | None:
    """Count one more user."""
    if dev is not None:
        dev.kobj.get()
    return dev


def put_device(dev: device | None) -> None:
    """Count one user less; the last one has it released."""
    if dev is None:
        return
    if dev.kobj.refcount <= 0:
        this_module().complain(f"refcount underflow of device {dev.name}: use after free")
        return
    dev.kobj.put()


def _release(dev: device) -> None:
    """Nobody uses it any more: see device_release."""
    module = dev.module
    assert module is not None
    release_managed(dev)
    module.returned(dev.resource)
    by_type = dev.type.release if dev.type is not None else None
    by_class = dev.class_.dev_release if dev.class_ is not None else None
    release = dev.release or by_type or by_class
    if release is not None:
        at_once(module, release, dev)
        return
    module.complain(
        f"Device '{dev.name}' does not have a release() function, it is broken and must be "
        "fixed. See Documentation/core-api/kobject.rst."
    )


def release_managed(dev: device) -> None:
    """Release what was taken for the device, the latest first: devres_release_all."""
    while dev.managed:
        dev.managed.pop().free(dev)


def dev_set_name(dev: device, fmt: str, *args: Any) -> int:
    """Give a device its name."""
    dev.kobj.name = c_format(fmt, args)
    return 0


def dev_name(dev: device) -> str:
    """Its name."""
    return dev.name


def device_register(dev: device) -> Any:
    """Make a device ready and show it. 0 or an error, after which it must still be put."""
    device_initialize(dev)
    return device_add(dev)


def device_add(dev: device) -> Any:
    """Show a device, put its node into /dev if it has a number, and find it a driver.

    0 or an error, after which the device must still be put.
    """
    if dev.module is None:
        device_initialize(dev)
    assert dev.module is not None and dev.resource is not None
    dev.kobj.name = dev.name
    if not dev.name:
        return -EINVAL
    dev.resource.what = f"device {dev.name}"
    sysfs = dev.module.kernel.part(Sysfs)
    try:
        dev.above = _place(sysfs, dev)
        dev.kobj.add(sysfs, dev.above)
        _fill(sysfs, dev)
    except KernelError as error:
        _take_away(dev)
        return ErrnoValue(type(error))
    refused = sysfs_create_groups(dev.kobj, _groups(dev))
    if refused:
        _take_away(dev)
        return refused
    if dev.parent is not None:
        dev.parent.children.append(dev)
    if dev.bus is not None:
        dev.bus.show(dev)
    sysfs.kernel.part(Uevents).send("add", dev.kobj)
    if dev.bus is not None:
        dev.bus.probe_new(dev)
    return 0


def _place(sysfs: Sysfs, dev: device) -> Kobject:
    """What its directory is in: devices of a class are apart from those of a bus above them.

    See get_device_parent in drivers/base/core.c.
    """
    parent, group = dev.parent, dev.class_
    if parent is None:
        return sysfs.kobject(f"devices/virtual/{group.name}" if group is not None else "devices")
    if group is None or parent.class_ is not None:
        return parent.kobj
    between = parent.between.get(group.name)
    if between is None or not between.added:
        between = parent.between[group.name] = Kobject(group.name)
        between.add(sysfs, parent.kobj)
    return between


def _groups(dev: device) -> list[attribute_group]:
    """The attributes that it has from the start: see device_add_attrs and bus_add_device."""
    by_class = dev.class_.dev_groups if dev.class_ is not None else []
    by_type = dev.type.groups if dev.type is not None else []
    by_bus = dev.bus.dev_groups if dev.bus is not None else []
    return [*by_class, *by_type, *dev.groups, *by_bus]


def _fill(sysfs: Sysfs, dev: device) -> None:
    kobj = dev.kobj
    kobj.add_file(UeventAttribute(shows=True))
    if dev.devt:
        kobj.add_file(ValueAttribute("dev", lambda: dev.number))
        sysfs.kobject("dev/char").add_link(kobj, dev.number)
        devtmpfs = sysfs.kernel.root_mount.vfs.devtmpfs
        if isinstance(devtmpfs, DevtmpfsSuperBlock):
            devtmpfs.add_node(raw_name(dev.node), dev.devt, dev.node_mode or PLAIN_MODE)
    if dev.class_ is not None:
        kobj.add_link(dev.class_.kobj, "subsystem")
        if dev.parent is not None:
            kobj.add_link(dev.parent.kobj, "device")
        dev.class_.kobj.add_link(kobj, dev.name)
        dev.class_.devices[dev.name] = dev


def _take_away(dev: device) -> None:
    """Undo `device_add`, as far as that had come."""
    assert dev.module is not None
    if not dev.kobj.added:
        return
    sysfs = dev.module.kernel.part(Sysfs)
    if dev.devt:
        sysfs.kobject("dev/char").remove_file(dev.number)
        devtmpfs = sysfs.kernel.root_mount.vfs.devtmpfs
        if isinstance(devtmpfs, DevtmpfsSuperBlock):
            devtmpfs.remove_node(raw_name(dev.node))
    if dev.class_ is not None and dev.class_.devices.get(dev.name) is dev:
        dev.class_.kobj.remove_file(dev.name)
        del dev.class_.devices[dev.name]
    if dev.bus is not None:
        dev.bus.hide(dev)
    if dev.parent is not None and dev in dev.parent.children:
        dev.parent.children.remove(dev)
    release_managed(dev)
    dev.kobj.remove()
    above, own = dev.above, dev.parent.kobj if dev.parent is not None else None
    if dev.class_ is not None and above is not None and above is not own and above.is_empty:
        above.remove()


def device_del(dev: device) -> None:
    """Show a device no more, and take its driver away; it lives until it is put."""
    _take_away(dev)


def device_unregister(dev: device) -> None:
    """Show a device no more, and put it."""
    device_del(dev)
    put_device(dev)


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
    dev.release = released_by_itself
    dev.kobj.name = c_format(fmt, args)
    if cls.devnode is not None:
        from emu.linux.types import u16

        mode = u16(0)
        name = at_once(this_module(), cls.devnode, dev, mode)
        dev.node_name = name or ""
        dev.node_mode = mode.value
    error = device_add(dev)
    if error:
        put_device(dev)
    return error or dev


def released_by_itself(dev: device) -> None:
    """The ``release`` of a device that nothing else must be done for."""


def device_destroy(cls: device_class, devt: int) -> None:
    """Let go of the device of a number."""
    for dev in list(cls.devices.values()):
        if dev.devt == int(devt):
            device_unregister(dev)


def device_rename(dev: device, new_name: str) -> Any:
    """Give a device another name, also in its class. 0 or an error."""
    old = dev.name
    error = kobject_rename(dev.kobj, new_name)
    if not error and dev.class_ is not None:
        dev.class_.kobj.remove_file(old)
        dev.class_.devices.pop(old, None)
        dev.class_.kobj.add_link(dev.kobj, new_name)
        dev.class_.devices[new_name] = dev
    return error


def device_for_each_child(parent: device, data: Any, fn: Callback) -> Any:
    """Call ``fn(child, data)`` for the devices below one, up to one it is not 0 for."""
    return for_each(parent.children, None, data, fn)


def device_find_child(parent: device, data: Any, match: Callback) -> device | None:
    """The first device below one that ``match(child, data)`` is true for; it must be put."""
    return find(parent.children, None, data, match)


def device_create_file(dev: device, attr: Any) -> Any:
    """Show an attribute of a device. 0 or an error."""
    return sysfs_create_file(dev.kobj, attr)


def device_remove_file(dev: device, attr: Any) -> None:
    """Show it no more."""
    sysfs_remove_file(dev.kobj, attr)


device_create_bin_file, device_remove_bin_file = device_create_file, device_remove_file


def device_add_groups(dev: device, groups: list[attribute_group]) -> Any:
    """Show groups of attributes of a device, or none of them. 0 or an error."""
    return sysfs_create_groups(dev.kobj, groups)


def device_remove_groups(dev: device, groups: list[attribute_group]) -> None:
    """Show them no more."""
    sysfs_remove_groups(dev.kobj, groups)


def device_add_group(dev: device, grp: attribute_group) -> Any:
    """Show a group of attributes. 0 or an error."""
    return device_add_groups(dev, [grp])


def device_remove_group(dev: device, grp: attribute_group) -> None:
    """Show it no more."""
    device_remove_groups(dev, [grp])


def dev_set_drvdata(dev: device, data: Any) -> None:
    """Keep something with a device."""
    dev.driver_data = data


def dev_get_drvdata(dev: device) -> Any:
    """What is kept with it."""
    return dev.driver_data


def dev_get_platdata(dev: device) -> Any:
    """What who made it says of it: its ``platform_data``."""
    return dev.platform_data
