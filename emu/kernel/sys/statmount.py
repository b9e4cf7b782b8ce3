"""Asking about mounts: statmount(2), listmount(2)."""

from __future__ import annotations

import struct
from typing import Annotated, Any

from emu.kernel.args import FlagsArg, Pointer, Size, StructArg, UInt, UserStruct
from emu.kernel.errno import EFAULT, EINVAL, ENOENT, EOVERFLOW, EPERM
from emu.kernel.fs.procfs.mounts import inside
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.capability import CAP_SYS_ADMIN
from emu.kernel.uapi.mount import (
    LISTMOUNT_FLAGS,
    LISTMOUNT_REVERSE,
    LSMT_ROOT,
    MNT_ID_REQ_SIZE_VER0,
    MS_PRIVATE,
    MS_RDONLY,
    MS_SHARED,
    MS_SLAVE,
    MS_UNBINDABLE,
    STATMOUNT_FS_TYPE,
    STATMOUNT_MNT_BASIC,
    STATMOUNT_MNT_NS_ID,
    STATMOUNT_MNT_OPTS,
    STATMOUNT_MNT_POINT,
    STATMOUNT_MNT_ROOT,
    STATMOUNT_PROPAGATE_FROM,
    STATMOUNT_SB_BASIC,
)
from emu.kernel.user_struct import copy_struct_from_user
from emu.kernel.vfs.dev import MAJOR, MINOR
from emu.kernel.vfs.mnt_namespace import FIRST_UNIQUE_ID
from emu.kernel.vfs.mount import Mount
from emu.kernel.vfs.mount_attr import attributes_of_flags
from emu.kernel.vfs.mount_tree import is_reachable
from emu.kernel.vfs.path import d_path

MAX_LISTED = 1_000_000

MountIdRequest = Annotated[UserStruct, StructArg(layout="mnt_id_req")]
OutStatmount = Annotated[UserStruct, StructArg(layout="statmount")]
ListmountFlags = Annotated[int, FlagsArg(family=LISTMOUNT_FLAGS)]


@syscall("sys_statmount")
def statmount(
    task: Task, req: MountIdRequest, buf: OutStatmount, bufsize: Size, flags: UInt
) -> int:  # fmt: skip
    """Describe one mount, as far as is asked for. See statmount(2)."""
    if flags:
        raise EINVAL("there are no flags")
    wanted = _request(task, req)
    mount = _find(task, wanted["mnt_id"])
    if not is_reachable(mount.root_path(), task.fs.root) and not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM("not below the root")
    mask = wanted["param"]
    values: dict[str, Any] = {}
    strings = bytearray()
    known = 0
    for bit, describe in _NUMBERS:
        if mask & bit:
            values |= describe(task, mount)
            known |= bit
    for bit, field, text in _texts(task, mount):
        if mask & bit and text is not None:
            values[field] = len(strings)
            strings += text + b"\0"
            known |= bit
    layout = buf.layout
    total = layout.size + len(strings)
    if strings and total > bufsize:
        raise EOVERFLOW("the texts do not fit")
    packed = layout.pack(**{"size": total, "mask": known, **values}) + bytes(strings)
    task.mm.write(buf.address, packed[: min(total, bufsize)])
    return 0


@syscall("sys_listmount")
def listmount(
    task: Task, req: MountIdRequest, mnt_ids: Pointer, nr_mnt_ids: Size,
    flags: ListmountFlags,
) -> int:  # fmt: skip
    """The ids of all mounts below one. See listmount(2)."""
    if flags & ~LISTMOUNT_REVERSE:
        raise EINVAL("unknown flag")
    if nr_mnt_ids > MAX_LISTED:
        raise EOVERFLOW("too many at once")
    wanted = _request(task, req)
    top, last = wanted["mnt_id"], wanted["param"]
    if last and last <= FIRST_UNIQUE_ID:
        raise EINVAL("not an id")
    start = task.fs.root if top == LSMT_ROOT else _find(task, top).root_path()
    if not is_reachable(start, task.fs.root) and not task.cred.capable(CAP_SYS_ADMIN):
        raise EPERM("not below the root")
    backwards = bool(flags & LISTMOUNT_REVERSE)
    found = sorted(
        mount.unique_id
        for mount in task.fs.mnt_ns.root.tree()
        if mount.unique_id != top and is_reachable(mount.root_path(), start)
    )
    if backwards:
        found = [i for i in reversed(found) if not last or i < last]
    else:
        found = [i for i in found if i > last]
    found = found[:nr_mnt_ids]
    if found:
        order = task.abi.isa.byte_order
        task.mm.write(mnt_ids, struct.pack(f"{order}{len(found)}Q", *found))
    return len(found)


def _request(task: Task, req: UserStruct) -> dict[str, Any]:
    """A struct mnt_id_req of the size that it says itself. E2BIG, EINVAL: copy_mnt_id_req."""
    if not req:
        raise EFAULT
    size = task.mm.read_u32(req.address)
    if size < MNT_ID_REQ_SIZE_VER0:
        raise EINVAL("too small a struct")
    wanted = copy_struct_from_user(task.mm, req.address, size, req.layout)
    if wanted["mnt_ns_fd"]:
        raise EINVAL("a descriptor is not expected")
    if wanted["mnt_id"] <= FIRST_UNIQUE_ID:
        raise EINVAL("not an id of this kind")
    if wanted["mnt_ns_id"] not in (0, task.fs.mnt_ns.id):
        raise ENOENT("no such namespace")
    return wanted


def _find(task: Task, number: int) -> Mount:
    for mount in task.fs.mnt_ns.root.tree():
        if mount.unique_id == number:
            return mount
    raise ENOENT("no such mount")


def _super_block(task: Task, mount: Mount) -> dict[str, int]:
    sb = mount.sb
    flags = sb.flags | (MS_RDONLY if sb.read_only else 0)
    return {
        "sb_dev_major": MAJOR(sb.dev),
        "sb_dev_minor": MINOR(sb.dev),
        "sb_magic": sb.magic,
        "sb_flags": flags,
    }


def _basic(task: Task, mount: Mount) -> dict[str, int]:
    parent = mount.parent or mount
    propagation = MS_SHARED if mount.peers else 0
    propagation |= MS_SLAVE if mount.master else 0
    propagation |= MS_UNBINDABLE if mount.unbindable else 0
    return {
        "mnt_id": mount.unique_id,
        "mnt_parent_id": parent.unique_id,
        "mnt_id_old": mount.mnt_id,
        "mnt_parent_id_old": parent.mnt_id,
        "mnt_attr": attributes_of_flags(mount.flags),
        "mnt_propagation": propagation or MS_PRIVATE,
        "mnt_peer_group": mount.peers.id if mount.peers else 0,
        "mnt_master": mount.master.id if mount.master else 0,
    }


def _propagate_from(task: Task, mount: Mount) -> dict[str, int]:
    return {"propagate_from": mount.master.id if mount.master else 0}


def _namespace(task: Task, mount: Mount) -> dict[str, int]:
    return {"mnt_ns_id": task.fs.mnt_ns.id}


_NUMBERS = (
    (STATMOUNT_SB_BASIC, _super_block),
    (STATMOUNT_MNT_BASIC, _basic),
    (STATMOUNT_PROPAGATE_FROM, _propagate_from),
    (STATMOUNT_MNT_NS_ID, _namespace),
)


def _texts(task: Task, mount: Mount) -> list[tuple[int, str, bytes | None]]:
    place, reachable = d_path(mount.root_path(), task.fs.root)
    options = mount.sb.show_options().encode()[1:]
    return [
        (STATMOUNT_FS_TYPE, "fs_type", mount.sb.fs_type),
        (STATMOUNT_MNT_ROOT, "mnt_root", inside(mount)),
        (STATMOUNT_MNT_POINT, "mnt_point", place if reachable else None),
        (STATMOUNT_MNT_OPTS, "mnt_opts", options or None),
    ]
