"""Reading a directory of a tmpfs: positions that stay true whatever is made and removed meanwhile.

Every name gets a number when it is made, higher than all before it. The newest comes first, and a
position means: go on with the names whose numbers are lower. See simple_offset in fs/libfs.c.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.uapi.stat import S_IFMT
from emu.kernel.vfs.file_operations import DirectoryOperations, Line, dots

if TYPE_CHECKING:
    from emu.kernel.fs.tmpfs.inode import TmpfsInode
    from emu.kernel.vfs.file import File

AFTER_DOTS = 2
FIRST_NUMBER = AFTER_DOTS + 1


class TmpfsDirectory(DirectoryOperations):
    """The operations of directories whose names are all in memory."""

    def iterate_shared(self, file: File) -> Iterator[Line]:
        """The names that were there when reading began and still are."""
        directory = file.inode
        if TYPE_CHECKING:
            assert isinstance(directory, TmpfsInode)
        if not directory.has_all_names:
            yield from super().iterate_shared(file)
            return
        for pos, dot in enumerate(dots(file)[file.pos :], file.pos):
            yield *dot, pos + 1
        if file.pos <= AFTER_DOTS or file.private_data is None:
            file.private_data = directory.numbered_names()
        listing: list[tuple[int, bytes]] = file.private_data
        start = 0
        if file.pos > AFTER_DOTS:
            start = bisect_right(listing, -file.pos, key=lambda line: -line[0])
        children, numbers = directory.children, directory.numbers
        for place in range(start, len(listing)):
            number, name = listing[place]
            if numbers.get(name) == number:
                inode = children[name]
                yield name, inode.ino, inode.mode & S_IFMT, number


TMPFS_DIRECTORY = TmpfsDirectory()
