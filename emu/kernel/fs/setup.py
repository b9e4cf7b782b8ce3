"""What a machine's owner decides about its files: root, binds, standard descriptors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emu.kernel.cred import Credentials
from emu.kernel.errno import ENOENT, ENOTDIR
from emu.kernel.fs.devtmpfs import populate_dev
from emu.kernel.fs.hostfile import HostInode, host_tty, is_terminal, open_flags_of
from emu.kernel.fs.hostfs.super_block import HostfsSuperBlock
from emu.kernel.fs.overlay.super_block import OverlaySuperBlock
from emu.kernel.fs.pipefs import mount_pipefs
from emu.kernel.fs.tmpfs.super_block import TmpfsSuperBlock, make_tmpfs
from emu.kernel.uapi.mount import MS_RDONLY, MS_RELATIME
from emu.kernel.uapi.stat import S_IFDIR, S_IFREG
from emu.kernel.vfs.dentry import Dentry
from emu.kernel.vfs.fdtable import FileTable
from emu.kernel.vfs.file import File
from emu.kernel.vfs.file_operations import DIRECTORY
from emu.kernel.vfs.mount import Mount, traverse_mounts
from emu.kernel.vfs.path import VfsPath, path_above
from emu.kernel.vfs.super_block import SuperBlock
from emu.kernel.vfs.vfs import FileSystemType, Vfs

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

ROOT = Credentials()
PASSWD = b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n"
GROUP = b"root:x:0:\ntty:x:5:\nnogroup:x:65534:\n"
MAX_LINKS = 40


def mount_root(kernel: Kernel, layers: Sequence[str]) -> Mount:
    """The root of a machine over host folders, later ones on top, and what belongs in every root.

    Without layers it is an empty tmpfs with a minimal /etc. `OSError` if a layer is not there.
    """
    vfs = Vfs(kernel)
    vfs.register(FileSystemType(b"tmpfs", make_tmpfs))
    vfs.register(FileSystemType(b"ramfs", make_tmpfs))
    mount_pipefs(vfs)
    root_sb: SuperBlock = (
        OverlaySuperBlock(vfs, list(layers)) if layers else TmpfsSuperBlock(vfs, mode=0o755)
    )
    root = Mount(root_sb)
    kernel.root_mount = root
    vfs.memfd_mount = Mount(TmpfsSuperBlock(vfs), flags=0)
    vfs.memfd_mount.sb.set_root(vfs.memfd_mount.root.inode_of_root())
    for name, mode in ((b"/root", 0o700), (b"/etc", 0o755), (b"/sys", 0o555)):
        make_directories(root, name, mode)
    populate_dev(kernel)
    mount_on(root, b"/tmp", TmpfsSuperBlock(vfs))
    mount_on(root, b"/run", TmpfsSuperBlock(vfs, mode=0o755))
    if not layers:
        make_file(root, b"/etc/passwd", PASSWD)
        make_file(root, b"/etc/group", GROUP)
    return root
