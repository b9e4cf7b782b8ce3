"""A task's place in the tree: root, working directory and umask. See struct fs_struct."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.vfs.namei import path_lookup

if TYPE_CHECKING:
    from emu.kernel.vfs.namei import Walker
    from emu.kernel.vfs.path import VfsPath

DEFAULT_UMASK = 0o022


class FsContext:
    """Root, working directory and umask; threads share one object."""

    __slots__ = ("cwd", "root", "umask")

    def __init__(self, root: VfsPath, cwd: VfsPath, umask: int = DEFAULT_UMASK) -> None:
        self.root = root
        self.cwd = cwd
        self.umask = umask

    def fork(self) -> FsContext:
        """A copy for a new process."""
        return FsContext(self.root, self.cwd, self.umask)

    def lookup(self, task: Walker, name: bytes) -> VfsPath:
        """What a task sees by this name, symbolic links followed. ENOENT, EACCES ..."""
        return path_lookup(task, AT_FDCWD, name)
