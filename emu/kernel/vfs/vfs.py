"""What the file systems of one machine share: number spaces, drivers, file system types."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.vfs.chrdev import CharacterDevices
from emu.kernel.vfs.dev import MKDEV, UNNAMED_MAJOR
from emu.kernel.vfs.file_operations import NO_OPEN, FileOperations
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.fs.pipe_buffer import PipeMemory
    from emu.kernel.kernel import Kernel
    from emu.kernel.notify.notifier import Notifier
    from emu.kernel.tty.tty import Tty
    from emu.kernel.vfs.locks import FileLock
    from emu.kernel.vfs.mount import Mount
    from emu.kernel.vfs.super_block import SuperBlock

MakeSuper = Callable[["Vfs", bytes], "SuperBlock"]
"""``make(vfs, options)``: a new instance for mount(2). EINVAL for options it does not know."""


CheckOption = Callable[["Vfs", bytes], object]
"""``check(vfs, option)``: EINVAL for an option that the type does not take."""


@record
class FileSystemType:
    """A type of file system that mount(2) may name. `nodev` ones need no device.

    With `check` fsconfig(2) refuses an option at once, without it only the making does.
    """

    name: bytes
    make: MakeSuper
    nodev: bool = True
    check: CheckOption | None = None


class Vfs:
    """One machine's virtual file system; reached through any super block or mount."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.devices = CharacterDevices()
        self.file_systems: dict[bytes, FileSystemType] = {}
        self.fifo_operations: FileOperations = NO_OPEN
        self.pipe_mount: Mount
        self.pipe_memory: PipeMemory
        self.memfd_mount: Mount
        self.anon_inode_mount: Mount
        self.mqueue_mount: Mount | None = None
        self.nsfs_mount: Mount | None = None
        """Made when somebody first looks at a namespace."""
        self.procfs: SuperBlock | None = None
        self.devtmpfs: SuperBlock | None = None
        self.sysfs: SuperBlock | None = None
        """The one instance of each, once it was mounted."""
        self.console: Tty | None = None
        """The terminal that the host's terminal was made."""
        self.terminals: list[int] = []
        """Host descriptors that programs have for a terminal as they are."""
        self.console_pgrp = 0
        """The foreground process group of the console; 0 is not set."""
        self.waiting_for_locks: dict[object, FileLock] = {}
        """The record locks that are in the way of owners who sleep."""
        self.notify: Notifier | None = None
        """Who is told what happens to files, while anybody listens."""
        self.notifier: Notifier | None = None
        """The same, kept once it was needed."""
        self._last_minor = 0
        self._last_mount_id = 0
        self._last_mnt_ns_id = 0
        self._peer_groups: set[int] = set()

    def register(self, file_system: FileSystemType) -> None:
        """Let mount(2) name a type, unless it was left out of the kernel."""
        config = self.kernel.config
        if config is None or config.allows_file_system(file_system.name):
            self.file_systems[file_system.name] = file_system

    def allocate_dev(self) -> int:
        """A device number for a file system without a device: see get_anon_bdev."""
        self._last_minor += 1
        return MKDEV(UNNAMED_MAJOR, self._last_minor)

    def allocate_mount_id(self) -> int:
        """The next mount id."""
        self._last_mount_id += 1
        return self._last_mount_id

    def allocate_mnt_ns_id(self) -> int:
        """The next mount namespace's id."""
        self._last_mnt_ns_id += 1
        return self._last_mnt_ns_id

    def allocate_peer_group(self) -> int:
        """The lowest free number of a group of mounts that share."""
        number = 1
        while number in self._peer_groups:
            number += 1
        self._peer_groups.add(number)
        return number

    def free_peer_group(self, number: int) -> None:
        """A group has no members any more."""
        self._peer_groups.discard(number)
