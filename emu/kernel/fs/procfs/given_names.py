"""Directories in which nobody makes a name, and what they answer to who tries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import ENOENT

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.vfs.inode import Inode


class GivenNames:
    """For directories of /proc: Linux's lookup fails there before a name could be made."""

    __slots__ = ()

    def create(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """ENOENT: nobody makes files here."""
        raise ENOENT

    def mkdir(self, name: bytes, mode: int, cred: Credentials) -> Inode:
        """ENOENT: nobody makes directories here."""
        raise ENOENT

    def mknod(self, name: bytes, mode: int, rdev: int, cred: Credentials) -> Inode:
        """ENOENT: nobody makes devices here."""
        raise ENOENT

    def symlink(self, name: bytes, target: bytes, cred: Credentials) -> Inode:
        """ENOENT: nobody makes links here."""
        raise ENOENT

    def link(self, inode: Inode, name: bytes) -> None:
        """ENOENT: nobody makes links here."""
        raise ENOENT
