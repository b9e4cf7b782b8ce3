"""Reading a fanotify: events with a descriptor each, or with file ids."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.fs.anon_inode import anon_inode_file, byte_order, caller
from emu.kernel.notify.event_file import EventOperations
from emu.kernel.notify.fanotify import FanEvent, FanotifyGroup
from emu.kernel.uapi.fcntl import O_CLOEXEC, O_RDWR
from emu.kernel.uapi.notify import (
    FAN_EVENT_INFO_TYPE_DFID,
    FAN_EVENT_INFO_TYPE_DFID_NAME,
    FAN_EVENT_INFO_TYPE_FID,
    FAN_NOFD,
    FAN_REPORT_NAME,
    FANOTIFY_METADATA_VERSION,
)
from emu.kernel.vfs.export import FILEID_INO64_GEN, handle_of
from emu.kernel.vfs.fdtable import fd_install
from emu.kernel.vfs.file import FMODE_NONOTIFY, File
from emu.kernel.vfs.open import build_open_how, open_path

if TYPE_CHECKING:
    from typing import Literal

    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.inode import Inode
    from emu.kernel.vfs.path import VfsPath

METADATA_BYTES = 24
ALIGNMENT = 4


class FanotifyOperations(EventOperations):
    """A fanotify's file operations."""

    def take(self, file: File, buffer: Buffer) -> int:
        """Events with a descriptor of the file each where they want one, or with ids."""
        group: FanotifyGroup = file.private_data
        order = byte_order(file)
        done = 0
        while group.queue:
            event = group.queue[0]
            ids = _ids(group, event, order) if group.by_fid else b""
            size = METADATA_BYTES + len(ids)
            if size > buffer.count:
                if not done:
                    raise EINVAL("no room for one event")
                break
            group.queue.popleft()
            fd = FAN_NOFD if event.path is None else _open(caller(file), group, event.path)
            code = "<" if order == "little" else ">"
            head = struct.pack(
                f"{code}IBBHQii", size, FANOTIFY_METADATA_VERSION, 0, METADATA_BYTES, event.mask,
                fd, event.pid,
            )  # fmt: skip
            done += buffer.copy_to(head + ids)
        return done

    def waiting(self, file: File) -> int:
        """Without the ids, as on Linux."""
        group: FanotifyGroup = file.private_data
        return len(group.queue) * METADATA_BYTES

    def show_fdinfo(self, file: File) -> bytes:
        """The flags of fanotify_init(2)."""
        group: FanotifyGroup = file.private_data
        return b"fanotify flags:%x event-flags:%x\n" % (group.flags, group.event_flags)


FANOTIFY = FanotifyOperations()


def create_fanotify(task: Task, group: FanotifyGroup, flags: int) -> File:
    """A new fanotify. `flags` may hold O_NONBLOCK."""
    return anon_inode_file(task, b"[fanotify]", FANOTIFY, group, O_RDWR | flags)


def _open(task: Task, group: FanotifyGroup, path: VfsPath) -> int:
    """A descriptor of what an event is about; what is done with it makes no events itself."""
    how = build_open_how(group.event_flags & ~O_CLOEXEC, 0)
    opening = open_path(task, path, how, quiet=True)
    if not isinstance(opening, File):
        raise EINVAL("a file whose opening has to be waited for")
    opening.mode |= FMODE_NONOTIFY
    return fd_install(task, opening, cloexec=bool(group.event_flags & O_CLOEXEC))


def _ids(group: FanotifyGroup, event: FanEvent, order: Literal["little", "big"]) -> bytes:
    """The records that say which files an event is about."""
    records = b""
    if event.directory is not None:
        kind, name = FAN_EVENT_INFO_TYPE_DFID, b""
        if group.flags & FAN_REPORT_NAME and event.name:
            kind, name = FAN_EVENT_INFO_TYPE_DFID_NAME, event.name + b"\0"
        records += _id(kind, event.directory, name, order)
    if event.inode is not None:
        records += _id(FAN_EVENT_INFO_TYPE_FID, event.inode, b"", order)
    return records


def _id(kind: int, inode: Inode, name: bytes, order: Literal["little", "big"]) -> bytes:
    """struct fanotify_event_info_fid with its handle, and a name behind that."""
    code = "<" if order == "little" else ">"
    handle = handle_of(inode, order)
    rest = struct.pack(f"{code}iiIi", inode.sb.dev & 0x7FFFFFFF, 0, len(handle), FILEID_INO64_GEN)
    rest += handle + name
    rest += bytes(-(4 + len(rest)) % ALIGNMENT)
    return struct.pack(f"{code}BBH", kind, 0, 4 + len(rest)) + rest
