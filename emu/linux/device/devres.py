"""Managed resources: what a driver takes for a device goes when the driver leaves it.

They are released the latest first, when the driver is unbound, its probe fails, or the device goes.
See include/linux/device/devres.h and Documentation/driver-api/driver-model/devres.rst.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.errno import ENOENT
from emu.kernel.module.ambient import this_module
from emu.kernel.module.buffers import CharBuffer
from emu.kernel.module.format import c_format
from emu.kernel.module.guard import at_once
from emu.kernel.module.module import Module
from emu.linux.device.core import device, device_add_groups, device_remove_groups
from emu.linux.sysfs import attribute_group

Callback = Callable[..., Any]


class devres:
    """A resource: what C keeps in its bytes are attributes here. ``release(dev, res)`` frees it."""

    def __init__(self, release: Callback | None, module: Module) -> None:
        self.release = release
        self.module = module

    def free(self, dev: device) -> None:
        """Have it released."""
        if self.release is not None:
            at_once(self.module, self.release, dev, self)


class _Action(devres):
    """A call to be made: ``action(data)``."""

    def __init__(self, module: Module, action: Callback, data: Any) -> None:
        super().__init__(lambda dev, res: action(data), module)
        self.action, self.data = action, data


class _Memory(devres):
    """Memory, which is simply forgotten."""

    def __init__(self, module: Module, memory: Any) -> None:
        super().__init__(None, module)
        self.memory = memory


class _Group(devres):
    """A mark in the row of resources: where a group of them begins."""

    def __init__(self, module: Module, key: object) -> None:
        super().__init__(None, module)
        self.key = key
        self.closed_by: devres | None = None


def devres_alloc(release: Callback, size: int = 0, gfp: int = 0) -> devres:
    """A new resource, which no device has yet."""
    return devres(release, this_module())


def devres_free(res: devres) -> None:
    """Let go of one that no device has."""


def devres_add(dev: device, res: devres) -> None:
    """Have it released when the driver leaves the device."""
    dev.managed.append(res)


def devres_find(
    dev: device, release: Callback, match: Callback | None = None, match_data: Any = None
) -> devres | None:
    """The latest resource of a device that is released so, and ``match(dev, res, data)`` takes."""
    for res in reversed(dev.managed):
        if res.release is release and (match is None or match(dev, res, match_data)):
            found: devres = res
            return found
    return None


def devres_remove(
    dev: device, release: Callback, match: Callback | None = None, match_data: Any = None
) -> devres | None:
    """The same, taken from the device and not released."""
    res = devres_find(dev, release, match, match_data)
    if res is not None:
        dev.managed.remove(res)
    return res


def devres_destroy(
    dev: device, release: Callback, match: Callback | None = None, match_data: Any = None
) -> Any:
    """Forget a resource without releasing it. 0, or ENOENT."""
    return 0 if devres_remove(dev, release, match, match_data) is not None else -ENOENT


def devres_release(
    dev: device, release: Callback, match: Callback | None = None, match_data: Any = None
) -> Any:
    """Release a resource now. 0, or ENOENT."""
    res = devres_remove(dev, release, match, match_data)
    if res is None:
        return -ENOENT
    res.free(dev)
    return 0


def devres_open_group(dev: device, id: object = None, gfp: int = 0) -> object:
    """Begin a group of resources, which can be released together: its name."""
    group = _Group(this_module(), id)
    if id is None:
        group.key = group
    dev.managed.append(group)
    return group.key


def devres_close_group(dev: device, id: object = None) -> None:
    """End a group, the latest open one without a name."""
    group = _group(dev, id)
    if group is not None and dev.managed:
        group.closed_by = dev.managed[-1]


def devres_remove_group(dev: device, id: object = None) -> None:
    """Forget that there was a group; its resources stay."""
    group = _group(dev, id)
    if group is not None:
        dev.managed.remove(group)


def devres_release_group(dev: device, id: object = None) -> int:
    """Release all that is in a group: how many resources that were."""
    group = _group(dev, id)
    if group is None:
        return 0
    first = dev.managed.index(group)
    last = len(dev.managed)
    if group.closed_by in dev.managed:
        last = dev.managed.index(group.closed_by) + 1
    doomed = dev.managed[first:last]
    del dev.managed[first:last]
    for res in reversed(doomed):
        res.free(dev)
    return sum(not isinstance(res, _Group) for res in doomed)


def _group(dev: device, id: object) -> _Group | None:
    for res in reversed(dev.managed):
        if isinstance(res, _Group) and (res.key is id if id is not None else not res.closed_by):
            return res
    return None


def devm_add_action(dev: device, action: Callback, data: Any = None) -> int:
    """Have ``action(data)`` called when the driver leaves the device."""
    dev.managed.append(_Action(this_module(), action, data))
    return 0


devm_add_action_or_reset = devm_add_action


def devm_remove_action(dev: device, action: Callback, data: Any = None) -> None:
    """Have it called no more."""
    res = _action(dev, action, data)
    if res is not None:
        dev.managed.remove(res)


def devm_release_action(dev: device, action: Callback, data: Any = None) -> None:
    """Have it called now and not later."""
    res = _action(dev, action, data)
    if res is not None:
        dev.managed.remove(res)
        res.free(dev)


def _action(dev: device, action: Callback, data: Any) -> devres | None:
    for res in reversed(dev.managed):
        if isinstance(res, _Action) and res.action is action and res.data is data:
            return res
    this_module().complain(f"device {dev.name} has no such action")
    return None


def devm_kzalloc(dev: device, size: Any, gfp: int = 0) -> Any:
    """Zeroed memory of a size, or a struct of a type, that goes with the driver."""
    return _kept(dev, size() if isinstance(size, type) else CharBuffer(size))


devm_kmalloc = devm_kzalloc


def devm_kcalloc(dev: device, n: int, size: int, gfp: int = 0) -> Any:
    """Zeroed memory for `n` things of a size."""
    return devm_kzalloc(dev, n * size, gfp)


def devm_kstrdup(dev: device, s: str, gfp: int = 0) -> str:
    """A copy of a text."""
    _kept(dev, s)
    return s


def devm_kasprintf(dev: device, gfp: int, fmt: str, *args: Any) -> str:
    """A new text."""
    return devm_kstrdup(dev, c_format(fmt, args), gfp)


def devm_kfree(dev: device, p: Any) -> None:
    """Let go of such memory before the driver goes."""
    for res in reversed(dev.managed):
        if isinstance(res, _Memory) and res.memory is p:
            dev.managed.remove(res)
            return
    this_module().complain(f"devm_kfree: not memory of device {dev.name}")


def _kept(dev: device, memory: Any) -> Any:
    dev.managed.append(_Memory(this_module(), memory))
    return memory


def devm_device_add_groups(dev: device, groups: list[attribute_group]) -> Any:
    """Show groups of attributes as long as the driver has the device. 0 or an error."""
    refused = device_add_groups(dev, groups)
    if not refused:
        devm_add_action(dev, lambda groups: device_remove_groups(dev, groups), groups)
    return refused


def devm_device_add_group(dev: device, grp: attribute_group) -> Any:
    """The same of one group."""
    return devm_device_add_groups(dev, [grp])
