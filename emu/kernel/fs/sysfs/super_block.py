"""sysfs as a whole: one tree in each machine, made when somebody first looks into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.fs.kernfs import KernelDirectory
from emu.kernel.uapi.mount import SYSFS_MAGIC
from emu.kernel.vfs.super_block import SuperBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.kernel.fs.sysfs.kobject import Kobject
    from emu.kernel.kernel import Kernel
    from emu.kernel.vfs.inode import DirEntry, Inode
    from emu.kernel.vfs.vfs import Vfs


class SysfsSuperBlock(SuperBlock):
    """What is mounted at /sys; all mounts of a machine show the same."""

    fs_type = b"sysfs"
    magic = SYSFS_MAGIC
    volatile = True

    def __init__(self, vfs: Vfs) -> None:
        super().__init__(vfs)
        self.set_root(SysfsRoot(self, 0o555))


class SysfsRoot(KernelDirectory):
    """The root, which has the tree made when it is asked."""

    __slots__ = ()

    def lookup(self, name: bytes) -> Inode | None:
        """The inode of a name."""
        self.sb.vfs.kernel.part(Sysfs)
        return super().lookup(name)

    def iterate(self) -> Sequence[DirEntry]:
        """All names."""
        self.sb.vfs.kernel.part(Sysfs)
        return super().iterate()


class Sysfs:
    """The tree of kernel objects. `kernel.part(Sysfs)` is the machine's one."""

    def __init__(self, kernel: Kernel) -> None:
        from emu.kernel.fs.sysfs.kobject import Kobject
        from emu.kernel.fs.sysfs.tree import fill

        self.kernel = kernel
        self.sb = sysfs_super_block(kernel.root_mount.vfs)
        self.root = Kobject()
        directory = self.sb.root.inode
        assert isinstance(directory, SysfsRoot)
        self.root.sysfs, self.root.directory = self, directory
        self._known: dict[str, Kobject] = {}
        fill(self)

    def adopt(self, above: str, kobject: Kobject) -> None:
        """Put an object of a kind of its own into the tree, to be found by `kobject`."""
        parent = self.kobject(above)
        kobject.add(self, parent)
        self._known[f"{parent.path()}/{kobject.name}"] = kobject

    def kobject(self, path: str) -> Kobject:
        """The kernel's own object at a path below /sys, made with all above it if need be."""
        from emu.kernel.fs.sysfs.kobject import Kobject

        above = self.root
        for name in path.strip("/").split("/"):
            key = f"{above.path()}/{name}"
            found = self._known.get(key)
            if found is None or not found.added:
                found = self._known[key] = Kobject(name)
                found.add(self, above)
            above = found
        return above


def sysfs_super_block(vfs: Vfs) -> SysfsSuperBlock:
    """The machine's one, made when first mounted."""
    if vfs.sysfs is None:
        vfs.sysfs = SysfsSuperBlock(vfs)
    assert isinstance(vfs.sysfs, SysfsSuperBlock)
    return vfs.sysfs


def make_sysfs(vfs: Vfs, options: bytes) -> SysfsSuperBlock:
    """sysfs for mount(2), which has no options here. EINVAL."""
    if options:
        raise EINVAL("sysfs: unknown option")
    return sysfs_super_block(vfs)
