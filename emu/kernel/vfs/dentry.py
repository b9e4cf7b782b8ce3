"""Names: the tree of dentries, which is also the cache of what is and what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.super_block import SuperBlock

NEGATIVE_LIMIT = 4096


class Dentry:
    """One name in a directory; negative (without an inode) when there is nothing by that name.

    `mounted` counts the mounts whose mount point it is. `dead` marks a name that was removed and
    lives on only in open files and working directories.
    """

    __slots__ = (
        "__weakref__", "children", "dead", "inode", "mounted", "name", "parent", "sb", "volatile",
    )  # fmt: skip

    def __init__(
        self, parent: Dentry | None, name: bytes, inode: Inode | None, sb: SuperBlock
    ) -> None:
        self.parent = parent or self
        self.name = name
        self.inode = inode
        self.sb = sb
        self.volatile = sb.volatile
        self.children: dict[bytes, Dentry] = {}
        self.mounted = 0
        self.dead = False

    def lookup(self, name: bytes) -> Dentry:
        """The dentry of a name in this directory, negative if there is none such."""
        child = self.children.get(name)
        if child is not None and not child.volatile:
            return child
        assert self.inode is not None
        inode = self.inode.lookup(name)
        if child is not None:
            if child.inode is inode:
                return child
            child.drop()
        child = Dentry(self, name, inode, self.sb)
        self.children[name] = child
        if inode is None:
            self.sb.negative.add(child)
        return child

    def instantiate(self, inode: Inode) -> None:
        """Give a negative dentry the inode that was just made."""
        self.inode = inode
        self.sb.negative.discard(self)

    def drop(self) -> None:
        """Take a name out of the tree: it was removed."""
        siblings = self.parent.children
        if siblings.get(self.name) is self:
            del siblings[self.name]
        self.dead = True
        if self.inode is None:
            self.sb.negative.discard(self)

    def move(self, parent: Dentry, name: bytes) -> None:
        """Put it under another name, in place of whatever had that name."""
        del self.parent.children[self.name]
        replaced = parent.children.get(name)
        if replaced is not None:
            replaced.drop()
        self.parent, self.name = parent, name
        parent.children[name] = self

    def exchange(self, other: Dentry) -> None:
        """Put two names in each other's place."""
        first, second = (self.parent, self.name), (other.parent, other.name)
        for dentry, (parent, name) in ((self, second), (other, first)):
            dentry.parent, dentry.name = parent, name
            parent.children[name] = dentry

    def is_inside(self, ancestor: Dentry) -> bool:
        """Whether it is the ancestor or lies below it on the same file system."""
        dentry = self
        while dentry is not ancestor:
            if dentry.parent is dentry:
                return False
            dentry = dentry.parent
        return True

    def __repr__(self) -> str:
        return f"<dentry {self.name!r} of {self.inode}>"


class NegativeDentries:
    """Bounds the memory of names that do not exist: the oldest are forgotten."""

    def __init__(self) -> None:
        self._dentries: dict[Dentry, None] = {}

    def add(self, dentry: Dentry) -> None:
        """Remember one more."""
        self._dentries[dentry] = None
        if len(self._dentries) > NEGATIVE_LIMIT:
            oldest = next(iter(self._dentries))
            del self._dentries[oldest]
            siblings = oldest.parent.children
            if siblings.get(oldest.name) is oldest:
                del siblings[oldest.name]

    def discard(self, dentry: Dentry) -> None:
        """Forget one that got an inode or was dropped."""
        self._dentries.pop(dentry, None)
