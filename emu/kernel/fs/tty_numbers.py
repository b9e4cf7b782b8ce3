"""The usual numbers of the terminals. Their drivers are imported when one is first opened."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from emu.kernel.fs.devpts import make_devpts
from emu.kernel.vfs.dev import HVC_MAJOR, TTYAUX_MAJOR, UNIX98_PTY_SLAVE_MAJOR
from emu.kernel.vfs.vfs import FileSystemType

if TYPE_CHECKING:
    from emu.kernel.vfs.file_operations import FileOperations
    from emu.kernel.vfs.vfs import Vfs

# Major, first minor, how many, name, and the class in `emu.kernel.fs.ttys`.
_DRIVERS = (
    (TTYAUX_MAJOR, 0, 1, b"/dev/tty", "CurrentTty"),
    (TTYAUX_MAJOR, 1, 1, b"/dev/console", "Console"),
    (TTYAUX_MAJOR, 2, 1, b"/dev/ptmx", "Ptmx"),
    (HVC_MAJOR, 0, 1, b"hvc", "Hvc"),
    (UNIX98_PTY_SLAVE_MAJOR, 0, 1 << 20, b"pts", "PtsDevice"),
)


def register_ttys(vfs: Vfs) -> None:
    """Give the terminals their numbers, and let devpts be mounted."""
    vfs.register(FileSystemType(b"devpts", make_devpts))
    for major, first_minor, count, name, kind in _DRIVERS:
        vfs.devices.register(major, first_minor, count, name, partial(_driver, kind))


def _driver(kind: str) -> FileOperations:
    driver: FileOperations = getattr(import_module("emu.kernel.fs.ttys"), kind)()
    return driver
