"""File handles: names for inodes that survive a rename. See fs/exportfs and open_by_handle_at(2).

A handle holds the inode's number. The file system remembers, weakly, by which name it told it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from emu.kernel.errno import EOPNOTSUPP, ESTALE
from emu.kernel.vfs.dentry import Dentry

if TYPE_CHECKING:
    from typing import Literal

    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.super_block import SuperBlock

FILEID_INO64_GEN = 1
"""Of shmem: a generation and the number in two words."""

WORD = 4
HANDLE_BYTES = 3 * WORD


class Exports:
    """The inodes of one file system that have handles."""

    def __init__(self) -> None:
        self._inodes: WeakValueDictionary[int, Inode] = WeakValueDictionary()
        self._dentries: WeakValueDictionary[int, Dentry] = WeakValueDictionary()

    def encode(self, dentry: Dentry, order: Literal["little", "big"]) -> bytes:
        """The handle of what has a name, in the caller's byte order."""
        inode = dentry.inode
        assert inode is not None
        self._inodes[inode.ino] = inode
        self._dentries[inode.ino] = dentry
        return handle_of(inode, order)

    def decode(self, handle: bytes, order: Literal["little", "big"]) -> Dentry:
        """What a handle is of, by any name or none. ESTALE if it is gone."""
        if len(handle) < HANDLE_BYTES:
            raise ESTALE("too short")
        words = [int.from_bytes(handle[i : i + WORD], order) for i in range(0, HANDLE_BYTES, WORD)]
        ino = words[1] | words[2] << 32
        inode = self._inodes.get(ino)
        if words[0] != 0 or inode is None or not inode.nlink:
            raise ESTALE
        dentry = self._dentries.get(ino)
        if dentry is None or dentry.dead:
            dentry = Dentry(None, b"/", inode, inode.sb)
        return dentry


def handle_of(inode: Inode, order: Literal["little", "big"]) -> bytes:
    """The bytes of an inode's handle."""
    words = (0, inode.ino & 0xFFFFFFFF, inode.ino >> 32)
    return b"".join(word.to_bytes(WORD, order) for word in words)


def exports_of(sb: SuperBlock) -> Exports:
    """The handles of a file system. EOPNOTSUPP if it has none."""
    if not sb.exportable:
        raise EOPNOTSUPP(f"{sb.fs_type.decode()} has no file handles")
    if sb.exports is None:
        sb.exports = Exports()
    return sb.exports
