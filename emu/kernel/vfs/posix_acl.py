"""Access control lists. See acl(5) and fs/posix_acl.c.

An inode has at most two: the list that decides access, and a directory's default list, which new
files in it inherit. A list that only says what a mode can say is no list.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.errno import EACCES, EINVAL, EOPNOTSUPP, EPERM
from emu.kernel.uapi.capability import CAP_FSETID
from emu.kernel.uapi.stat import S_IFMT, S_IRWXUGO, S_ISGID

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task
    from emu.kernel.vfs.inode import Inode

ACL_USER_OBJ = 0x01
ACL_USER = 0x02
ACL_GROUP_OBJ = 0x04
ACL_GROUP = 0x08
ACL_MASK = 0x10
ACL_OTHER = 0x20

NO_ID = 0xFFFFFFFF
VERSION = 2
HEADER = struct.Struct("<I")
ENTRY = struct.Struct("<HHI")
"""Little-endian for every ABI: it is what disks hold."""


class AclEntry(NamedTuple):
    """What one user, group or class may do; `permission` is a mask of MAY_READ ..."""

    tag: int
    permission: int
    id: int = NO_ID


Acl = tuple[AclEntry, ...]


def unpack_acl(value: bytes) -> Acl | None:
    """The list of an attribute's value; None for one without entries. EINVAL, EOPNOTSUPP."""
    if not value:
        return None
    if len(value) < HEADER.size:
        raise EINVAL("no whole header")
    if HEADER.unpack_from(value)[0] != VERSION:
        raise EOPNOTSUPP("another version of lists")
    if (len(value) - HEADER.size) % ENTRY.size:
        raise EINVAL("no whole entries")
    entries = ENTRY.iter_unpack(value[HEADER.size :])
    acl = tuple(
        AclEntry(tag, permission, id if tag in (ACL_USER, ACL_GROUP) else NO_ID)
        for tag, permission, id in entries
    )
    return acl or None


def pack_acl(acl: Acl) -> bytes:
    """A list as an attribute's value."""
    return HEADER.pack(VERSION) + b"".join(ENTRY.pack(*entry) for entry in acl)


def check_acl(acl: Acl) -> None:
    """EINVAL unless the entries are in order and complete: see posix_acl_valid."""
    tags = [entry.tag for entry in acl]
    needs_mask = ACL_USER in tags or ACL_GROUP in tags
    wanted = [ACL_USER_OBJ, *[ACL_USER] * tags.count(ACL_USER), ACL_GROUP_OBJ]
    wanted += [ACL_GROUP] * tags.count(ACL_GROUP)
    wanted += [ACL_MASK] * (needs_mask or ACL_MASK in tags) + [ACL_OTHER]
    if tags != wanted:
        raise EINVAL("not the entries of a list, or not in their order")
    if any(entry.permission & ~7 for entry in acl):
        raise EINVAL("an unknown permission")
    if any(entry.tag in (ACL_USER, ACL_GROUP) and entry.id == NO_ID for entry in acl):
        raise EINVAL("an entry for nobody")


def acl_permits(acl: Acl, cred: Credentials, inode: Inode, mask: int) -> bool:
    """What a list says to somebody who is not the owner: see posix_acl_permission."""
    limit = next((entry.permission for entry in acl if entry.tag == ACL_MASK), 7)
    in_a_group = False
    for tag, permission, id in acl:
        if tag == ACL_USER and id == cred.fsuid:
            return permission & limit & mask == mask
        if (tag == ACL_GROUP_OBJ and cred.in_group(inode.gid)) or (
            tag == ACL_GROUP and cred.in_group(id)
        ):
            in_a_group = True
            if permission & mask == mask:
                return permission & limit & mask == mask
        if tag == ACL_OTHER:
            return not in_a_group and permission & mask == mask
    return False


def mode_of(acl: Acl) -> tuple[int, bool]:
    """The permission bits that a list amounts to, and whether they say all of it."""
    bits = {entry.tag: entry.permission for entry in acl}
    group = bits.get(ACL_MASK, bits[ACL_GROUP_OBJ])
    mode = bits[ACL_USER_OBJ] << 6 | group << 3 | bits[ACL_OTHER]
    return mode, len(acl) == 3


def acl_with_mode(acl: Acl, mode: int) -> Acl:
    """A list after chmod: see __posix_acl_chmod_masq."""
    group = ACL_MASK if any(entry.tag == ACL_MASK for entry in acl) else ACL_GROUP_OBJ
    bits = {ACL_USER_OBJ: mode >> 6 & 7, group: mode >> 3 & 7, ACL_OTHER: mode & 7}
    return tuple(entry._replace(permission=bits.get(entry.tag, entry.permission)) for entry in acl)


def inherited_acl(default: Acl, mode: int) -> tuple[int, Acl | None]:
    """The mode of a new file under a default list, and its own list: see posix_acl_create_masq."""
    bits, _ = mode_of(default)
    granted = mode & bits
    acl = acl_with_mode(default, granted)
    return mode & ~S_IRWXUGO | granted, None if mode_of(acl)[1] else acl


def set_acl(task: Task, inode: Inode, acl: Acl | None, *, default: bool) -> None:
    """Give an inode a list, or take it away. EPERM, EACCES, EINVAL, EOPNOTSUPP."""
    from emu.kernel.vfs.permission import owner_or_capable

    if inode.is_symlink or not inode.has_acls:
        raise EOPNOTSUPP("no lists here")
    if default and not inode.is_dir:
        if acl is not None:
            raise EACCES("only directories have a default list")
        return
    if not owner_or_capable(task.cred, inode):
        raise EPERM("only the owner sets lists")
    if acl is not None:
        check_acl(acl)
    if default:
        inode.default_acl = acl
        inode.touch_ctime()
        return
    if acl is not None:
        bits, complete = mode_of(acl)
        mode = inode.mode & ~S_IRWXUGO | bits
        if not (task.cred.in_group(inode.gid) or task.cred.capable(CAP_FSETID)):
            mode &= ~S_ISGID
        inode.acl = None
        inode.setattr(mode=mode & ~S_IFMT)
        acl = None if complete else acl
    inode.acl = acl
    inode.touch_ctime()
