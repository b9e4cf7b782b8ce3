"""A task's place in the tree: root, working directory, umask, mounts. See struct fs_struct.

The mount namespace is here, not in an nsproxy, because tasks that share this have the same one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.uapi.fcntl import AT_FDCWD
from emu.kernel.vfs.mnt_namespace import MountNamespace
from emu.kernel.vfs.namei import path_lookup
from emu.kernel.vfs.path import VfsPath

if TYPE_CHECKING:
    from emu.kernel.vfs.mount import Mount
    from emu.kernel.vfs.namei import Walker

DEFAULT_UMASK = 0o022


class FsContext:
    """Root, working directory and umask; threads share one object."""

    __slots__ = ("cwd", "mnt_ns", "root", "umask")

    def __init__(
        self,
        root: VfsPath,
        cwd: VfsPath,
        umask: int = DEFAULT_UMASK,
        mnt_ns: MountNamespace | None = None,
    ) -> None:
        self.root = root
        self.cwd = cwd
        self.umask = umask
        namespace = mnt_ns or root.mount.ns
        assert namespace is not None, "a root that is mounted nowhere"
        self.mnt_ns = namespace.get()

    def __del__(self) -> None:
        if hasattr(self, "mnt_ns"):
            self.mnt_ns.put()

    def fork(self) -> FsContext:
        """A copy for a new process."""
        return FsContext(self.root, self.cwd, self.umask, self.mnt_ns)

    def with_own_mounts(self) -> FsContext:
        """A copy in a new mount namespace, which starts as a copy of this one: copy_mnt_ns."""
        from emu.kernel.vfs.mount_tree import copy_tree

        copies: dict[Mount, Mount] = {}
        top = self.mnt_ns.root
        namespace = MountNamespace(copy_tree(top, top.root, unbindable=True, copies=copies))
        root, cwd = (
            VfsPath(copies.get(path.mount, path.mount), path.dentry)
            for path in (self.root, self.cwd)
        )
        copy = FsContext(root, cwd, self.umask, namespace)
        namespace.put()
        return copy

    def lookup(self, task: Walker, name: bytes) -> VfsPath:
        """What a task sees by this name, symbolic links followed. ENOENT, EACCES ..."""
        return path_lookup(task, AT_FDCWD, name)
