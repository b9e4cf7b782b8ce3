"""Drivers and devices: /proc/devices, misc, consoles, tty, partitions, diskstats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.rows import Table, TableDirectory, folder, text
from emu.kernel.vfs.dev import MINOR

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

MISC_MAJOR = 10

# Driver, its node, major, minors, type: as in show_tty_driver of fs/proc/proc_tty.c.
TTY_DRIVERS = (
    ("/dev/tty", "/dev/tty", 5, "0", "system:/dev/tty"),
    ("/dev/console", "/dev/console", 5, "1", "system:console"),
    ("/dev/ptmx", "/dev/ptmx", 5, "2", "system"),
    ("hvc", "/dev/hvc", 229, "0", "system"),
    ("pty_slave", "/dev/pts", 136, "0-1048575", "pty:slave"),
    ("pty_master", "/dev/ptm", 128, "0-1048575", "pty:master"),
)

TTY: Table = {
    b"driver": folder("devices:empty_directory"),
    b"drivers": text("devices:show_tty_drivers"),
    b"ldisc": folder("devices:empty_directory"),
    b"ldiscs": text("devices:show_ldiscs"),
}


def show_devices(kernel: Kernel) -> bytes:
    """The drivers of character devices; there are no block devices."""
    lines = [b"Character devices:\n"]
    names = kernel.root_mount.vfs.devices.names()
    lines += [b"%3d %s\n" % (major, name) for major, name in names]
    return b"".join([*lines, b"\nBlock devices:\n"])


def show_misc(kernel: Kernel) -> bytes:
    """The small drivers that share a major number."""
    devices = kernel.root_mount.vfs.devices
    return b"".join(
        b"%3d %s\n" % (each.first_minor, each.name) for each in devices.of_major(MISC_MAJOR)
    )


def show_consoles(kernel: Kernel) -> bytes:
    """The console, if the host has given its terminal."""
    tty = kernel.root_mount.vfs.console
    if tty is None:
        return b""
    return b"hvc0                 -W- (EC     a)  229:%d\n" % MINOR(tty.device)


def show_partitions(kernel: Kernel) -> bytes:
    """No disks."""
    return b""


def show_diskstats(kernel: Kernel) -> bytes:
    """No disks."""
    return b""


def show_tty_drivers(kernel: Kernel) -> bytes:
    """The terminals' drivers."""
    return "".join(
        f"{driver:<20} {node:<14} {major:3d} {minors:>7} {kind}\n"
        for driver, node, major, minors, kind in TTY_DRIVERS
    ).encode()


def show_ldiscs(kernel: Kernel) -> bytes:
    """The line disciplines."""
    return b"n_tty       0\n"


def tty_directory(parent: TableDirectory, mode: int, ino: int) -> TableDirectory:
    """/proc/tty."""
    return TableDirectory(parent.sb, parent.subject, TTY, mode, ino=ino)


BUS: Table = {b"input": folder("devices:input_directory")}
INPUT: Table = {
    b"devices": text("devices:show_input_devices"),
    b"handlers": text("devices:show_input_handlers"),
}


def bus_directory(parent: TableDirectory, mode: int, ino: int) -> TableDirectory:
    """/proc/bus."""
    return TableDirectory(parent.sb, parent.subject, BUS, mode, ino=ino)


def input_directory(parent: TableDirectory, mode: int, ino: int) -> TableDirectory:
    """/proc/bus/input."""
    return TableDirectory(parent.sb, parent.subject, INPUT, mode, ino=ino)


def show_input_devices(kernel: Kernel) -> bytes:
    """See `emu.kernel.input.table`."""
    from emu.kernel.input.table import show_devices

    return show_devices(kernel)


def show_input_handlers(kernel: Kernel) -> bytes:
    """See `emu.kernel.input.table`."""
    from emu.kernel.input.table import show_handlers

    return show_handlers(kernel)


def empty_directory(parent: TableDirectory, mode: int, ino: int) -> TableDirectory:
    """A directory with nothing in it."""
    return TableDirectory(parent.sb, parent.subject, {}, mode, ino=ino)
