"""A root whose changes are kept in a folder of the host, for later machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.hostfs.mapped import MappedSuperBlock
from emu.kernel.fs.overlayfs import real
from emu.kernel.fs.overlayfs.options import OverlayOptions
from emu.kernel.fs.overlayfs.super_block import OverlayfsSuperBlock
from emu.kernel.uapi.stat import S_IFDIR
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from emu.kernel.vfs.super_block import SuperBlock

UPPER, WORK = b"upper", b"work"


def kept_in(folder: str, lower: SuperBlock) -> SuperBlock:
    """An overlay over a file system, with its upper and work directory in a folder of the host."""
    mount = Mount(MappedSuperBlock(lower.vfs, folder))
    options = OverlayOptions([b"layers"], UPPER, WORK)
    upper, work = (_directory(mount, name) for name in (UPPER, WORK))
    below = Mount(lower).root_path()
    return OverlayfsSuperBlock(lower.vfs, options, upper, work, [below])


def _directory(mount: Mount, name: bytes) -> VfsPath:
    dentry = mount.root.lookup(name)
    if dentry.inode is None:
        mode = S_IFDIR | 0o755
        dentry = real.make(mount.root, name, lambda d: d.mkdir(name, mode, real.ROOT))
    return VfsPath(mount, dentry)
