"""configfs as a whole: one tree in each machine, whose top directories are subsystems."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.fs.configfs.directory import ConfigDirectory
from emu.kernel.uapi.mount import CONFIGFS_MAGIC
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.vfs.vfs import Vfs


class ConfigfsSuperBlock(SuperBlock):
    """What all mounts of it show."""

    fs_type = b"configfs"
    magic = CONFIGFS_MAGIC
    volatile = True


class Configfs:
    """The tree. `kernel.part(Configfs)` is the machine's one; it is there before it is mounted."""

    def __init__(self, kernel: Kernel) -> None:
        self.sb = ConfigfsSuperBlock(kernel.root_mount.vfs)
        self.root = ConfigDirectory(self.sb)
        self.sb.set_root(self.root)


def mount_configfs(vfs: Vfs, options: bytes) -> ConfigfsSuperBlock:
    """configfs for mount(2), which has no options here. EINVAL."""
    if options:
        raise EINVAL("configfs: unknown option")
    return vfs.kernel.part(Configfs).sb
