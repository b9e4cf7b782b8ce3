"""What a mount allows, in the words of the new calls. See mount_setattr(2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EBUSY, EINVAL
from emu.kernel.uapi.mount import (
    MOUNT_ATTR__ATIME,
    MOUNT_ATTR_IDMAP,
    MOUNT_ATTR_NOATIME,
    MOUNT_ATTR_NODEV,
    MOUNT_ATTR_NODIRATIME,
    MOUNT_ATTR_NOEXEC,
    MOUNT_ATTR_NOSUID,
    MOUNT_ATTR_NOSYMFOLLOW,
    MOUNT_ATTR_RDONLY,
    MOUNT_ATTR_RELATIME,
    MOUNT_ATTR_STRICTATIME,
    MS_NOATIME,
    MS_NODEV,
    MS_NODIRATIME,
    MS_NOEXEC,
    MS_NOSUID,
    MS_NOSYMFOLLOW,
    MS_RDONLY,
    MS_RELATIME,
)
from emu.kernel.vfs.mount_tree import is_ours
from emu.kernel.vfs.namespace import check_writable
from emu.kernel.vfs.peers import PROPAGATION, change_type
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.path import VfsPath

SIMPLE = (
    (MOUNT_ATTR_RDONLY, MS_RDONLY),
    (MOUNT_ATTR_NOSUID, MS_NOSUID),
    (MOUNT_ATTR_NODEV, MS_NODEV),
    (MOUNT_ATTR_NOEXEC, MS_NOEXEC),
    (MOUNT_ATTR_NODIRATIME, MS_NODIRATIME),
    (MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW),
)
ATIME = {
    MOUNT_ATTR_RELATIME: MS_RELATIME, MOUNT_ATTR_NOATIME: MS_NOATIME, MOUNT_ATTR_STRICTATIME: 0,
}  # fmt: skip
FSMOUNT_VALID = MOUNT_ATTR__ATIME | sum(attribute for attribute, _ in SIMPLE)
SETATTR_VALID = FSMOUNT_VALID | MOUNT_ATTR_IDMAP


def flags_of_attributes(attributes: int) -> int:
    """A new mount's flags. EINVAL for two kinds of access times at once."""
    atime = attributes & MOUNT_ATTR__ATIME
    if atime not in ATIME:
        raise EINVAL("no such kind of access times")
    return _simple(attributes) | ATIME[atime]


def attributes_of_flags(flags: int) -> int:
    """A mount's flags as statmount(2) tells them."""
    found = sum(attribute for attribute, flag in SIMPLE if flags & flag)
    if flags & MS_NOATIME:
        return found | MOUNT_ATTR_NOATIME
    return found | (MOUNT_ATTR_RELATIME if flags & MS_RELATIME else MOUNT_ATTR_STRICTATIME)


def _simple(attributes: int) -> int:
    return sum(flag for attribute, flag in SIMPLE if attributes & attribute)


@record
class AttributeChange:
    """Flags to set and to clear, and a type of propagation (0: as it is)."""

    set: int
    clear: int
    propagation: int
    idmap: bool

    @classmethod
    def of(cls, wanted: dict[str, Any]) -> AttributeChange:
        """What a struct mount_attr asks for. EINVAL: see build_mount_kattr."""
        put, take, propagation = wanted["attr_set"], wanted["attr_clr"], wanted["propagation"]
        if propagation & ~PROPAGATION or propagation.bit_count() > 1:
            raise EINVAL("not one type of propagation")
        if (put | take) & ~SETATTR_VALID:
            raise EINVAL("unknown attribute")
        flags, clear = _simple(put), _simple(take)
        if take & MOUNT_ATTR__ATIME:
            if take & MOUNT_ATTR__ATIME != MOUNT_ATTR__ATIME:
                raise EINVAL("access times are one setting")
            if put & MOUNT_ATTR__ATIME not in ATIME:
                raise EINVAL("no such kind of access times")
            clear |= MS_RELATIME | MS_NOATIME
            flags |= ATIME[put & MOUNT_ATTR__ATIME]
        elif put & MOUNT_ATTR__ATIME:
            raise EINVAL("the old kind of access times must be cleared")
        if take & MOUNT_ATTR_IDMAP:
            raise EINVAL("a mapping of ids is never taken away")
        return cls(flags, clear, propagation, bool(put & MOUNT_ATTR_IDMAP))


def change_attributes(
    task: Task, place: VfsPath, change: AttributeChange, *, recursive: bool
) -> None:
    """Change a mount, or all of a tree of them or none. EINVAL, EBUSY: see do_mount_setattr."""
    top = place.mount
    if place.dentry is not top.root:
        raise EINVAL("not the root of a mount")
    if not is_ours(task, top) and (top.ns is None or not top.ns.anonymous):
        raise EINVAL("in another namespace")
    mounts = list(top.tree()) if recursive else [top]
    wanted = {mount: mount.flags & ~change.clear | change.set for mount in mounts}
    for mount, flags in wanted.items():
        if mount.flags & MS_RDONLY and not flags & MS_RDONLY:
            check_writable(mount, flags)
        if flags & ~mount.flags & MS_RDONLY and mount.writers:
            raise EBUSY("a file is open for writing")
    for mount, flags in wanted.items():
        mount.flags = flags
        if change.propagation:
            change_type(mount, change.propagation)
