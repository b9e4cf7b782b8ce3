"""Capabilities of programs: the attribute security.capability. See capabilities(7)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, KernelError
from emu.kernel.uapi.capability import (
    CAP_FULL_SET,
    VFS_CAP_FLAGS_EFFECTIVE,
    VFS_CAP_REVISION_1,
    VFS_CAP_REVISION_2,
    VFS_CAP_REVISION_3,
    VFS_CAP_REVISION_MASK,
    XATTR_NAME_CAPS,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.vfs.inode import Inode

SIZES = {VFS_CAP_REVISION_1: 12, VFS_CAP_REVISION_2: 20, VFS_CAP_REVISION_3: 24}


@record
class FileCapabilities:
    """What a program gets, what it may inherit, and whether that is in effect at once."""

    permitted: int
    inheritable: int
    effective: bool


def file_capabilities(inode: Inode) -> FileCapabilities | None:
    """The capabilities of a program, if it has any. EINVAL for a value that makes no sense."""
    try:
        return unpack_capabilities(inode.getxattr(XATTR_NAME_CAPS))
    except EINVAL:
        raise
    except KernelError:
        return None


def unpack_capabilities(value: bytes) -> FileCapabilities:
    """See get_vfs_caps_from_disk. EINVAL."""
    word = int.from_bytes(value[:4], "little")
    revision = word & VFS_CAP_REVISION_MASK
    if len(value) != SIZES.get(revision):
        raise EINVAL("not the size of this revision")
    words = struct.unpack_from(f"<{2 if revision == VFS_CAP_REVISION_1 else 4}I", value, 4)
    permitted, inheritable = words[0], words[1]
    if len(words) == 4:
        permitted |= words[2] << 32
        inheritable |= words[3] << 32
    effective = bool(word & VFS_CAP_FLAGS_EFFECTIVE)
    return FileCapabilities(permitted & CAP_FULL_SET, inheritable & CAP_FULL_SET, effective)
