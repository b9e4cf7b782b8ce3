"""What an overlay wants to know of a layer: a folder of the host, or an archive."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol


class LayerInfo(Protocol):
    """What stat(2) would tell, as `os.stat_result` names it."""

    @property
    def st_mode(self) -> int:
        """Type and permissions."""

    @property
    def st_ino(self) -> int:
        """What tells it from others of its `st_dev`."""

    @property
    def st_dev(self) -> int:
        """What tells layers, or the host's file systems, apart."""

    @property
    def st_rdev(self) -> int:
        """A device's number, as `os.makedev` makes it."""

    @property
    def st_nlink(self) -> int:
        """How many names it has."""

    @property
    def st_uid(self) -> int:
        """Its owner."""

    @property
    def st_gid(self) -> int:
        """Its group."""

    @property
    def st_size(self) -> int:
        """Its size in bytes."""

    @property
    def st_blocks(self) -> int:
        """What it occupies, in units of 512 bytes."""

    @property
    def st_atime_ns(self) -> int:
        """When it was read."""

    @property
    def st_mtime_ns(self) -> int:
        """When it was written."""

    @property
    def st_ctime_ns(self) -> int:
        """When it was changed."""


class LayerNode(Protocol):
    """One file of a layer."""

    @property
    def info(self) -> LayerInfo:
        """What it is."""

    @property
    def key(self) -> tuple[int, int]:
        """What tells it from all other files of all layers."""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""

    @property
    def is_whiteout(self) -> bool:
        """Whether it marks that a name of the layers below is gone."""

    @property
    def is_opaque(self) -> bool:
        """Whether it hides what folders of its name in the layers below have."""

    def child(self, name: bytes) -> LayerNode | None:
        """The node of a name in this folder."""

    def entries(self) -> Sequence[tuple[bytes, int, int]]:
        """Name, inode number and type of all in this folder, sorted by name."""

    def readlink(self) -> bytes:
        """The text of a symbolic link."""

    def contents(self) -> tuple[int, int]:
        """A host descriptor for use at once, and where in it this regular file begins."""

    def xattrs(self) -> dict[bytes, bytes]:
        """The extended attributes that the layer keeps for it."""


class LayerTree(Protocol):
    """A whole layer."""

    @property
    def root(self) -> LayerNode:
        """Its top folder."""


def open_layer(path: str, number: int) -> LayerTree:
    """A folder or an archive of the host as a layer. `OSError` if it is neither.

    `number` tells archives apart.
    """
    if os.path.isfile(path):
        from emu.kernel.fs.archive.open import open_archive

        return open_archive(path, number)
    from emu.kernel.fs.hostfs.tree import FolderOfLayer, HostTree

    return HostTree(path, FolderOfLayer)
