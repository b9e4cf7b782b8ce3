"""Kernel objects: what sysfs shows, one directory for each. See lib/kobject.c and fs/sysfs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import takewhile
from typing import TYPE_CHECKING

from emu.kernel.errno import EEXIST, EINVAL, ENODEV, ENOENT
from emu.kernel.fs.kernfs import KernelDirectory, KernelLink, raw_name
from emu.kernel.fs.sysfs.attribute import Attribute, AttributeInode
from emu.kernel.fs.sysfs.bin_attribute import BinAttribute, BinAttributeInode
from emu.kernel.fs.sysfs.uevent import UeventOps, Uevents

if TYPE_CHECKING:
    from emu.kernel.fs.sysfs.super_block import Sysfs
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.super_block import SuperBlock

AnyAttribute = Attribute | BinAttribute


class Kobject:
    """A kernel object: a name, a parent, a count of users, and a directory once it is added."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.parent: Kobject | None = None
        self.refcount = 1
        self.sysfs: Sysfs | None = None
        self.directory: KernelDirectory | None = None
        self.owner: object | None = None
        """What it is the object of, if that is more: a device. Its attributes are given that."""
        self.kset: Kobject | None = None
        """The set that it belongs to, which knows how to tell of it: see `Uevents`."""
        self.uevent_ops: UeventOps | None = None
        """If it is a set: how it tells of its objects."""
        self.told = False
        """Whether somebody was told that it came, and not yet that it went."""
        self.released: Callable[[], None] | None = None
        """What happens when nobody uses it any more."""

    @property
    def added(self) -> bool:
        """Whether it is in sysfs."""
        return self.directory is not None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is in its directory."""
        return self.directory is not None and not self.directory.entries

    def path(self) -> str:
        """Its place below /sys."""
        above = self.parent.path() if self.parent is not None else ""
        return f"{above}/{self.name}" if self.name else above

    def add(self, sysfs: Sysfs, parent: Kobject | None = None) -> None:
        """Make its directory, below a parent or in the root. EEXIST, EINVAL; ENOENT."""
        if self.added:
            raise EINVAL(f"{self.name} was added already")
        above = parent or sysfs.root
        if above.directory is None:
            raise ENOENT(f"{above.name} is not there")
        directory = self.new_directory(sysfs.sb)
        above.directory.add(raw_name(self.name), directory)
        self.sysfs, self.directory = sysfs, directory
        self.parent = None if above is sysfs.root else above.get()

    def new_directory(self, sb: SuperBlock) -> KernelDirectory:
        """An empty directory for it."""
        return KernelDirectory(sb)

    def remove(self) -> None:
        """Take its directory away, with all that is in it."""
        if self.directory is None:
            return
        assert self.sysfs is not None
        if self.told:
            self.sysfs.kernel.part(Uevents).send("remove", self)
        above = (self.parent or self.sysfs.root).directory
        if above is not None:
            above.remove(raw_name(self.name))
        self.directory.entries.clear()
        self.directory = None
        parent, self.parent = self.parent, None
        if parent is not None:
            parent.put()

    def rename(self, name: str) -> None:
        """Give the directory another name. EEXIST."""
        directory = self._directory()
        assert self.sysfs is not None
        above = (self.parent or self.sysfs.root).directory
        assert above is not None
        above.add(raw_name(name), directory)
        above.remove(raw_name(self.name))
        self.name = name

    def get(self) -> Kobject:
        """Count one more user."""
        self.refcount += 1
        return self

    def put(self) -> None:
        """Count one user less; the last one takes it out of sysfs and releases it."""
        self.refcount -= 1
        if self.refcount == 0:
            self.remove()
            if self.released is not None:
                self.released()

    def check_alive(self) -> None:
        """ENODEV if it was taken out of sysfs."""
        if self.directory is None:
            raise ENODEV(f"{self.name} is gone")

    def add_file(self, attribute: AnyAttribute, group: str | None = None) -> None:
        """Show an attribute, in a directory of its own if a group is named. EEXIST."""
        directory = self._group(group)
        inode = self._inode(directory, attribute)
        try:
            directory.add(raw_name(attribute.name), inode)
        except EEXIST:
            name = f"{self.path()}/{attribute.name}"
            raise EEXIST(f"cannot create duplicate filename '{name}'") from None

    def add_files(self, attributes: Iterable[AnyAttribute]) -> Kobject:
        """Show several attributes."""
        for attribute in attributes:
            self.add_file(attribute)
        return self

    def remove_file(self, name: str, group: str | None = None) -> None:
        """Show an attribute no longer, if it was shown."""
        if self.directory is not None:
            self._group(group).remove(raw_name(name))

    def add_group(self, name: str) -> None:
        """Make a directory for a named group of attributes. EEXIST."""
        directory = self._directory()
        directory.add(raw_name(name), KernelDirectory(directory.sb))

    def has_group(self, name: str) -> bool:
        """Whether there is such a directory."""
        return self.directory is not None and raw_name(name) in self.directory.entries

    def remove_group(self, name: str) -> None:
        """Take such a directory away."""
        if self.directory is not None:
            self.directory.remove(raw_name(name))

    def add_link(self, target: Kobject, name: str, group: str | None = None) -> None:
        """Make a symbolic link to another object, as short as can be. EEXIST.

        See kernfs_get_target_path in fs/kernfs/symlink.c.
        """
        directory = self._group(group)

        def text() -> bytes:
            here = [*self.path().split("/"), *([group] if group else [])]
            there = target.path().split("/")
            pairs = zip(here, there[:-1], strict=False)
            common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
            return raw_name("../" * (len(here) - common) + "/".join(there[common:]))

        directory.add(raw_name(name), KernelLink(directory.sb, text))

    def file(self, name: str, group: str | None = None) -> Inode:
        """The inode of one of its files. ENOENT."""
        inode = self._group(group).entries.get(raw_name(name))
        if inode is None:
            raise ENOENT(f"{self.name} has no {name}")
        return inode

    def notify(self, name: str, group: str | None = None) -> None:
        """Tell those who poll an attribute that it changed: sysfs_notify."""
        if self.directory is not None:
            inode = self._group(group).entries.get(raw_name(name))
            if isinstance(inode, AttributeInode):
                inode.notify()

    def _inode(self, directory: KernelDirectory, attribute: AnyAttribute) -> Inode:
        if isinstance(attribute, BinAttribute):
            return BinAttributeInode(directory.sb, self, attribute)
        return AttributeInode(directory.sb, self, attribute)

    def _directory(self) -> KernelDirectory:
        if self.directory is None:
            raise ENOENT(f"{self.name} is not in sysfs")
        return self.directory

    def _group(self, group: str | None) -> KernelDirectory:
        directory = self._directory()
        if group is None:
            return directory
        inner = directory.entries.get(raw_name(group))
        if not isinstance(inner, KernelDirectory):
            raise ENOENT(f"{self.name} has no group {group}")
        return inner
