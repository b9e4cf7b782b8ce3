"""C's names for members of struct inode and struct file: what ports of drivers use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emu.kernel.vfs.inode import Inode


class InodeNames:
    """``inode->i_...``."""

    __slots__ = ()

    if TYPE_CHECKING:
        ino: int
        mode: int
        private: object
        rdev: int
        size: int

    @property
    def i_private(self) -> Any:
        """What the file system was given for it."""
        return self.private

    @i_private.setter
    def i_private(self, value: Any) -> None:
        self.private = value  # type: ignore[misc]

    @property
    def i_cdev(self) -> Any:
        """The character device that it is a node of, while it is open."""
        return self.private

    @property
    def i_rdev(self) -> int:
        """The device number."""
        return self.rdev

    @property
    def i_ino(self) -> int:
        """The inode number."""
        return self.ino

    @property
    def i_mode(self) -> int:
        """Type and permissions."""
        return self.mode

    @property
    def i_size(self) -> int:
        """The size."""
        return self.size


class FileNames:
    """``file->f_...``."""

    __slots__ = ()

    if TYPE_CHECKING:
        flags: int
        inode: Inode
        mode: int
        pos: int

    @property
    def f_flags(self) -> int:
        """The flags of open."""
        return self.flags

    @property
    def f_mode(self) -> int:
        """Whether it may be read and written."""
        return self.mode

    @property
    def f_inode(self) -> Inode:
        """Its inode."""
        return self.inode

    @property
    def f_pos(self) -> int:
        """Its position."""
        return self.pos

    @f_pos.setter
    def f_pos(self, pos: int) -> None:
        self.pos = pos  # type: ignore[misc]
