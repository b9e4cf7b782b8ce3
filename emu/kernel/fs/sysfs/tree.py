"""What is in sysfs on every machine. See drivers/base and kernel/ksysfs.c."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from emu.kernel.fs.kernfs import KernelDirectory
from emu.kernel.fs.sysfs.attribute import ValueAttribute
from emu.kernel.fs.sysfs.devices import DEVICE_UEVENTS, add_devices
from emu.kernel.fs.sysfs.net_class import NetClass
from emu.kernel.fs.sysfs.uevent import UeventOps, Uevents

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.fs.sysfs.kobject import Kobject
    from emu.kernel.fs.sysfs.super_block import Sysfs

DIRECTORIES = (
    "block", "bus", "class", "dev/block", "dev/char", "devices/system", "devices/virtual",
    "firmware", "fs", "kernel", "module", "power",
)  # fmt: skip
OWN_ONLY = ("bus", "module")
"""Sets that tell of what is in them and not of what is further below."""

MOUNT_POINTS = ("debug", "config")
"""In /sys/kernel: see sysfs_create_mount_point."""


def fill(sysfs: Sysfs) -> None:
    """Make the directories and the kernel's own attributes."""
    for path in DIRECTORIES:
        sysfs.kobject(path)
    name_uevents(sysfs)
    kernel = sysfs.kobject("kernel")
    kernel.add_files(
        [
            ValueAttribute("address_bits", lambda: _caller(sysfs).isa.word_bits),
            ValueAttribute("cpu_byteorder", lambda: _caller(sysfs).byte_order),
            ValueAttribute("fscaps", lambda: 1),
            ValueAttribute("kexec_loaded", lambda: 0),
            ValueAttribute("uevent_seqnum", lambda: sysfs.kernel.part(Uevents).seqnum),
        ]
    )
    add_devices(sysfs)
    NetClass(sysfs)
    directory = kernel.directory
    assert directory is not None
    for name in MOUNT_POINTS:
        directory.add(name.encode(), KernelDirectory(sysfs.sb))


def name_uevents(sysfs: Sysfs) -> None:
    """Say which objects of the kernel's own sets udev hears of."""
    sysfs.kobject("devices").uevent_ops = DEVICE_UEVENTS
    for name in OWN_ONLY:
        kset = sysfs.kobject(name)
        kset.uevent_ops = UeventOps(filter=partial(_is_in, kset))


def _is_in(kset: Kobject, kobj: Kobject) -> bool:
    return kobj.kset is kset


def _caller(sysfs: Sysfs) -> Abi:
    """The ABI of who asks: a machine has processors of many kinds."""
    task = sysfs.kernel.sched.current
    assert task is not None, "only tasks read files"
    return task.image_abi
