"""What is in sysfs on every machine. See drivers/base and kernel/ksysfs.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.kernfs import KernelDirectory
from emu.kernel.fs.sysfs.attribute import ValueAttribute

if TYPE_CHECKING:
    from emu.kernel.fs.sysfs.super_block import Sysfs

DIRECTORIES = (
    "block", "bus", "class", "dev/block", "dev/char", "devices/system", "devices/virtual",
    "firmware", "fs", "kernel", "module", "power",
)  # fmt: skip
MOUNT_POINTS = ("debug", "config")
"""In /sys/kernel: see sysfs_create_mount_point."""


def fill(sysfs: Sysfs) -> None:
    """Make the directories and the kernel's own attributes."""
    for path in DIRECTORIES:
        sysfs.kobject(path)
    kernel = sysfs.kobject("kernel")
    kernel.add_files(
        [ValueAttribute("fscaps", lambda: 1), ValueAttribute("kexec_loaded", lambda: 0)]
    )
    directory = kernel.directory
    assert directory is not None
    for name in MOUNT_POINTS:
        directory.add(name.encode(), KernelDirectory(sysfs.sb))
