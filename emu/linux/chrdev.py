"""Numbers of character devices: see fs/char_dev.c. Imported through fs.h and cdev.h."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import ENXIO, KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.kernel import Kernel
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.module import Resource
from emu.kernel.vfs.dev import MAJOR, MINOR, MKDEV
from emu.kernel.vfs.file_operations import FileOperations

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

MINORS = 256


class CharacterDrivers(FileOperations):
    """Which operations a device number has: cdev_map. Opening a node looks here."""

    def __init__(self, kernel: Kernel) -> None:
        self.maps: list[tuple[int, int, FileOperations, Any]] = []
        """First number, count, operations, and the cdev."""
        self.regions: dict[int, Resource] = {}

    def add(self, first: int, count: int, operations: FileOperations, cdev: Any = None) -> None:
        """Numbers have operations from now on."""
        self.maps.append((first, count, operations, cdev))

    def remove(self, first: int) -> None:
        """They have none from now on."""
        self.maps = [entry for entry in self.maps if entry[0] != first]

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Hand the file over. ENXIO."""
        for first, count, operations, cdev in self.maps:
            if first <= inode.rdev < first + count:
                inode.private = cdev
                file.replace_fops(operations)
                return operations.open(inode, file)
        raise ENXIO("the number has no driver")


def drivers() -> CharacterDrivers:
    """The machine's."""
    return this_kernel().part(CharacterDrivers)


def _take(major: int, first_minor: int, count: int, name: str) -> int:
    """Reserve numbers: the first. EBUSY."""
    devices = this_kernel().root_mount.vfs.devices
    major = devices.register(major, first_minor, count, name.encode(), drivers())
    first = MKDEV(major, first_minor)

    def undo() -> None:
        devices.unregister(major, first_minor)

    what = f"device numbers {major}:{first_minor} ({name})"
    drivers().regions[first] = this_module().made(what, undo)
    return first


def _give_back(first: int) -> None:
    this_kernel().root_mount.vfs.devices.unregister(MAJOR(first), MINOR(first))
    this_module().returned(drivers().regions.pop(first, None))


def alloc_chrdev_region(dev: Any, baseminor: int, count: int, name: str) -> Any:
    """Reserve numbers with a new major; the first goes to the cell `dev`. 0 or an error."""
    try:
        dev.value = _take(0, baseminor, count, name)
    except KernelError as error:
        return ErrnoValue(type(error))
    return 0


def register_chrdev_region(from_: int, count: int, name: str) -> Any:
    """Reserve these numbers. 0 or an error."""
    try:
        _take(MAJOR(int(from_)), MINOR(int(from_)), count, name)
    except KernelError as error:
        return ErrnoValue(type(error))
    return 0


def unregister_chrdev_region(from_: int, count: int) -> None:
    """Give them back."""
    _give_back(int(from_))


def register_chrdev(major: int, name: str, fops: Any) -> Any:
    """Reserve a major, a new one if it is 0, and give it operations: the new one, 0 or an error."""
    try:
        first = _take(major, 0, MINORS, name)
    except KernelError as error:
        return ErrnoValue(type(error))
    drivers().add(first, MINORS, fops.operations(this_module()))
    return 0 if major else MAJOR(first)


def unregister_chrdev(major: int, name: str) -> None:
    """Give it back."""
    drivers().remove(MKDEV(major, 0))
    _give_back(MKDEV(major, 0))
