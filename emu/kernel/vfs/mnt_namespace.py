"""Mount namespaces: the trees of mounts that processes live in. See struct mnt_namespace."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.vfs.mount import Mount

FIRST_UNIQUE_ID = 1 << 31
"""Unique ids lie above all of the old ones, so that nobody can take one for the other."""


class MountNamespace:
    """One tree of mounts. `root` is below everything: what users see as / is mounted on it.

    `users` counts the tasks' places in it; the last one to leave takes its mounts away. An
    anonymous one holds what fsmount(2) and open_tree(2) made and nobody has attached yet.
    """

    __slots__ = ("anonymous", "id", "root", "users")

    def __init__(self, root: Mount, *, anonymous: bool = False) -> None:
        self.root = root
        self.anonymous = anonymous
        self.id = root.vfs.allocate_mnt_ns_id()
        self.users = 1
        for mount in root.tree():
            mount.ns = self

    def get(self) -> MountNamespace:
        """Count one more user."""
        self.users += 1
        return self

    def put(self) -> None:
        """Count one user less; the last one takes the mounts away."""
        self.users -= 1
        if not self.users:
            from emu.kernel.vfs.umount import umount_tree

            umount_tree(self.root)
