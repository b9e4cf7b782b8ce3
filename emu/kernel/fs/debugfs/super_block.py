"""debugfs as a whole: one tree in each machine, and what mount(2) may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.fs.debugfs.sched import add_sched
from emu.kernel.fs.kernfs import KernelDirectory, KernelFile, KernelLink, raw_name
from emu.kernel.uapi.mount import DEBUGFS_MAGIC
from emu.kernel.uapi.stat import S_IFMT
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.vfs.file_operations import FileOperations
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.vfs import Vfs

DEFAULT_MODE = 0o700


class DebugfsSuperBlock(SuperBlock):
    """What all mounts of it show."""

    fs_type = b"debugfs"
    magic = DEBUGFS_MAGIC
    volatile = True

    def show_options(self) -> str:
        """Owner and mode, where they are not the default."""
        root = self.root.inode
        assert root is not None
        options = [f",uid={root.uid}" if root.uid else "", f",gid={root.gid}" if root.gid else ""]
        mode = root.mode & ~S_IFMT
        return "".join(options) + (f",mode={mode:03o}" if mode != DEFAULT_MODE else "")


class Debugfs:
    """The tree. `kernel.part(Debugfs)` is the machine's one; it is there before it is mounted."""

    def __init__(self, kernel: Kernel) -> None:
        self.sb = DebugfsSuperBlock(kernel.root_mount.vfs)
        self.root = KernelDirectory(self.sb, DEFAULT_MODE)
        self.sb.set_root(self.root)
        add_sched(self, kernel)

    def create_dir(self, name: str, parent: KernelDirectory | None = None) -> KernelDirectory:
        """Make a directory. EEXIST."""
        directory = KernelDirectory(self.sb)
        (parent or self.root).add(raw_name(name), directory)
        return directory

    def create_file(
        self,
        name: str,
        mode: int,
        parent: KernelDirectory | None,
        operations: FileOperations,
        private: object = None,
        size: int = 0,
    ) -> KernelFile:
        """Make a file with these operations; `private` is its inode's. EEXIST."""
        file = KernelFile(self.sb, mode, operations, private, size=size)
        (parent or self.root).add(raw_name(name), file)
        return file

    def create_symlink(self, name: str, parent: KernelDirectory | None, target: str) -> KernelLink:
        """Make a symbolic link. EEXIST."""
        link = KernelLink(self.sb, target.encode)
        (parent or self.root).add(raw_name(name), link)
        return link

    def remove(self, inode: Inode, parent: KernelDirectory | None = None) -> None:
        """Take something away, a directory with all that is in it."""
        above = parent or self.parent_of(inode)
        if above is not None:
            for name in [name for name, entry in above.entries.items() if entry is inode]:
                above.remove(name)
        forget(inode)

    def parent_of(self, inode: Inode) -> KernelDirectory | None:
        """The directory that something is in; None if it was taken away."""
        pending = [self.root]
        while pending:
            directory = pending.pop()
            for entry in directory.entries.values():
                if entry is inode:
                    return directory
                if isinstance(entry, KernelDirectory):
                    pending.append(entry)
        return None


def forget(inode: Inode) -> None:
    """Make open files of what was removed answer EIO."""
    inode.nlink = 0
    if isinstance(inode, KernelDirectory):
        for entry in list(inode.entries.values()):
            forget(entry)
        inode.entries.clear()


def mount_debugfs(vfs: Vfs, options: bytes) -> DebugfsSuperBlock:
    """debugfs for mount(2): uid, gid and mode of its root. EINVAL."""
    debugfs = vfs.kernel.part(Debugfs)
    for option in options.split(b","):
        key, _, value = option.partition(b"=")
        if not key:
            continue
        base = 8 if key == b"mode" else 10
        try:
            number = int(value, base)
        except ValueError:
            raise EINVAL("debugfs: not a number") from None
        match key:
            case b"uid":
                debugfs.root.uid = number
            case b"gid":
                debugfs.root.gid = number
            case b"mode":
                debugfs.root.setattr(mode=number & 0o7777)
            case _:
                raise EINVAL(f"debugfs: unknown option {key.decode(errors='replace')}")
    return debugfs.sb
