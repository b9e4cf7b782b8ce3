"""Character devices. See include/linux/cdev.h."""

from __future__ import annotations

from typing import Any

from emu.kernel.errno import EINVAL
from emu.kernel.module.ambient import this_module
from emu.kernel.module.module import Resource
from emu.linux.chrdev import alloc_chrdev_region as alloc_chrdev_region
from emu.linux.chrdev import drivers
from emu.linux.chrdev import register_chrdev_region as register_chrdev_region
from emu.linux.chrdev import unregister_chrdev_region as unregister_chrdev_region


class cdev:
    """A character device: its operations and its numbers."""

    def __init__(self, ops: Any = None, owner: Any = None) -> None:
        self.ops = ops
        self.owner = owner
        self.dev = 0
        self.count = 0
        self.container: Any = None
        self.resource: Resource | None = None


def cdev_init(cdev: cdev, fops: Any) -> None:
    """Give a device its operations."""
    cdev.ops = fops


def cdev_alloc() -> cdev:
    """A new device."""
    return cdev()


def cdev_add(p: cdev, dev: int, count: int) -> Any:
    """Let the device answer for reserved numbers. 0 or an error."""
    if p.ops is None:
        return -EINVAL
    p.dev, p.count = int(dev), count
    drivers().add(p.dev, count, p.ops.operations(this_module()), p)
    first = p.dev
    table = drivers()
    p.resource = this_module().made("a cdev", lambda: table.remove(first))
    return 0


def cdev_del(p: cdev) -> None:
    """Let it answer no more."""
    drivers().remove(p.dev)
    this_module().returned(p.resource)
