"""Directories of configfs: items, groups and subsystems. See fs/configfs/dir.c and symlink.c."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from emu.kernel.errno import EACCES, EBUSY, EINVAL, ENOENT, ENOTEMPTY, EPERM
from emu.kernel.fs.kernfs import KernelDirectory, KernelLink, raw_name
from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.vfs.namei import path_lookup

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.super_block import SuperBlock


class Owner(Protocol):
    """Who makes and drops what is in a directory: an item of a module."""

    def may_make(self) -> bool:
        """Whether directories can be made in it."""

    def make(self, directory: ConfigDirectory, name: str) -> ConfigDirectory:
        """Make an item, with its directory. Any error of mkdir(2)."""

    def drop(self, directory: ConfigDirectory) -> None:
        """An item that was made in it goes."""

    def may_link(self) -> bool:
        """Whether links to other items can be made in it."""

    def link(self, target: ConfigDirectory) -> None:
        """A link is about to be made. Any error of symlink(2)."""

    def unlink(self, target: ConfigDirectory) -> None:
        """A link goes."""


class ConfigDirectory(KernelDirectory):
    """An item's directory. `by_user` says that mkdir(2) made it, so that rmdir(2) may end it."""

    __slots__ = ("by_user", "dependents", "links", "name", "owner", "parent")

    def __init__(
        self,
        sb: SuperBlock,
        owner: Owner | None = None,
        parent: ConfigDirectory | None = None,
        name: str = "",
    ) -> None:
        super().__init__(sb, 0o755)
        self.owner = owner
        self.parent = parent
        self.name = name
        self.by_user = False
        self.dependents = 0
        """How many other parts of the kernel need it to stay."""
        self.links = 0
        """How many links lead to it."""

    def path(self) -> str:
        """Its place below the root."""
        return f"{self.parent.path()}/{self.name}" if self.parent is not None else ""

    def create(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Files come with items."""
        raise EACCES("no files can be made here")

    def mkdir(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """Have an item made. EPERM where none can be."""
        if self.owner is None or not self.owner.may_make():
            raise EPERM("no items can be made here")
        made = self.owner.make(self, name.decode(errors="surrogateescape"))
        made.by_user = True
        return made

    def rmdir(self, name: bytes, inode: Inode) -> None:
        """Have an item dropped. EPERM for one that mkdir did not make, ENOTEMPTY, EBUSY."""
        if not isinstance(inode, ConfigDirectory) or not inode.by_user:
            raise EPERM("it was not made by mkdir")
        inode.check_unused()
        assert self.owner is not None
        self.owner.drop(inode)
        self.remove(name)
        inode.nlink = 0

    def check_unused(self) -> None:
        """ENOTEMPTY while it holds items, EBUSY while it is linked or depended on."""
        if self.dependents:
            raise EBUSY("something depends on it")
        if self.links:
            raise EBUSY("links lead to it")
        for entry in self.entries.values():
            if isinstance(entry, ConfigLink):
                raise EBUSY("links lead from it")
            if isinstance(entry, ConfigDirectory):
                if entry.by_user:
                    raise ENOTEMPTY
                entry.check_unused()

    def symlink(self, name: bytes, target: bytes, cred: Credentials) -> Inode:
        """Link to another item. EPERM where that is not foreseen, EINVAL for what is no item."""
        if self.owner is None or not self.owner.may_link():
            raise EPERM("no links can be made here")
        task = self.sb.vfs.kernel.sched.current
        if task is None:
            raise ENOENT("nobody to look for the target")
        found = path_lookup(task, AT_FDCWD, target).inode
        if not isinstance(found, ConfigDirectory) or found.owner is None:
            raise EPERM("the target is no item")
        if found.sb is not self.sb:
            raise EINVAL("the target is elsewhere")
        self.owner.link(found)
        found.links += 1
        link = ConfigLink(self, found)
        self.add(name, link)
        return link

    def unlink(self, name: bytes, inode: Inode) -> None:
        """Take a link away. EPERM for an attribute."""
        if not isinstance(inode, ConfigLink):
            raise EPERM("attributes come and go with their item")
        assert self.owner is not None
        self.owner.unlink(inode.to)
        inode.to.links -= 1
        self.remove(name)


class ConfigLink(KernelLink):
    """A link to another item."""

    __slots__ = ("to",)

    def __init__(self, source: ConfigDirectory, to: ConfigDirectory) -> None:
        depth = source.path().count("/")
        super().__init__(source.sb, lambda: raw_name("../" * depth + to.path().lstrip("/")))
        self.to = to
