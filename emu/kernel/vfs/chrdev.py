"""Character devices: which driver answers for which numbers. See fs/char_dev.c."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import TYPE_CHECKING

from emu.kernel.errno import EBUSY, ENXIO
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.vfs.file_operations import FileOperations
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

FIRST_DYNAMIC_MAJOR = 234
LAST_DYNAMIC_MAJOR = 254


Driver = FileOperations | Callable[[], FileOperations]
"""A driver's operations, or who makes them when one of its devices is first opened."""


@record
class DeviceRange:
    """Minors of one major that belong to a driver."""

    major: int
    first_minor: int
    count: int
    name: bytes
    driver: Driver

    @cached_property
    def operations(self) -> FileOperations:
        """What its devices do."""
        return self.driver if isinstance(self.driver, FileOperations) else self.driver()


class CharacterDevices:
    """The registered drivers."""

    def __init__(self) -> None:
        self._ranges: list[DeviceRange] = []

    def register(
        self, major: int, first_minor: int, count: int, name: bytes, driver: Driver
    ) -> int:
        """Give a driver some numbers: its major, a new one if `major` is 0. EBUSY."""
        if not major:
            taken = {r.major for r in self._ranges}
            free = (m for m in range(LAST_DYNAMIC_MAJOR, FIRST_DYNAMIC_MAJOR - 1, -1))
            major = next((m for m in free if m not in taken), 0)
            if not major:
                raise EBUSY("no free major number")
        end = first_minor + count
        for other in self._ranges:
            if (
                other.major == major
                and first_minor < other.first_minor + other.count
                and other.first_minor < end
            ):
                raise EBUSY(f"device numbers belong to {other.name.decode()}")
        self._ranges.append(DeviceRange(major, first_minor, count, name, driver))
        return major

    def unregister(self, major: int, first_minor: int) -> None:
        """Take the numbers of a driver back."""
        self._ranges = [r for r in self._ranges if (r.major, r.first_minor) != (major, first_minor)]

    def find(self, rdev: int) -> FileOperations:
        """The driver of a device. ENXIO."""
        major, minor = MAJOR(rdev), MINOR(rdev)
        for device in self._ranges:
            if device.major == major and 0 <= minor - device.first_minor < device.count:
                return device.operations
        raise ENXIO(f"no driver for device {major}:{minor}")

    def of_major(self, major: int) -> list[DeviceRange]:
        """The drivers that share a major number, latest first."""
        return [r for r in reversed(self._ranges) if r.major == major]

    def names(self) -> list[tuple[int, bytes]]:
        """Majors and names, for /proc/devices."""
        return sorted({(r.major, r.name) for r in self._ranges})


class CharacterDeviceOpen(FileOperations):
    """The operations of a device node: opening one finds its driver. See chrdev_open."""

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Hand the file over to the driver. ENXIO."""
        file.replace_fops(inode.sb.vfs.devices.find(inode.rdev))
        return file.f_op.open(inode, file)


CHARACTER_DEVICE = CharacterDeviceOpen()
