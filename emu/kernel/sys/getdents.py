"""Reading directories: getdents(2), getdents64(2), and the old readdir(2)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.args import Fd, OutBuffer, Pointer, UInt
from emu.kernel.errno import EFAULT, EINVAL, ENOENT, EOVERFLOW
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.vfs.file import FMODE_READ, File
from emu.kernel.vfs.inode import DirEntry
from emu.kernel.vfs.mount import touch_atime

if TYPE_CHECKING:
    from collections.abc import Callable

    Packer = Callable[[DirEntry, int], bytes]


@syscall("sys_getdents64")
def getdents64(task: Task, fd: Fd, dirent: OutBuffer, count: UInt) -> int:
    """Lines of a directory as struct linux_dirent64. See getdents64(2)."""
    head = struct.Struct(f"{task.abi.layout('linux_dirent64').byte_order}QqHB")

    def pack(entry: DirEntry, next_pos: int) -> bytes:
        size = head.size + len(entry.name) + 1
        padded = size + 7 & ~7
        line = head.pack(entry.ino, next_pos, padded, entry.type >> 12) + entry.name
        return line.ljust(padded, b"\0")

    return _fill(task, fd, dirent, count, pack)


@syscall("sys_getdents")
def getdents(task: Task, fd: Fd, dirent: OutBuffer, count: UInt) -> int:
    """Lines of a directory as struct linux_dirent, the type in the last byte. See getdents(2)."""
    layout = task.abi.layout("linux_dirent")
    word = layout.fields["d_ino"].size
    head = struct.Struct(f"{layout.byte_order}{'QQ' if word == 8 else 'II'}H")

    def pack(entry: DirEntry, next_pos: int) -> bytes:
        padded = head.size + len(entry.name) + 2 + word - 1 & -word
        try:
            start = head.pack(entry.ino, next_pos, padded) + entry.name
        except struct.error:
            raise EOVERFLOW("the inode number does not fit") from None
        return start.ljust(padded - 1, b"\0") + bytes([entry.type >> 12])

    return _fill(task, fd, dirent, count, pack)


@syscall("sys_old_readdir")
def old_readdir(task: Task, fd: Fd, dirent: Pointer, count: UInt) -> int:
    """One line of a directory: 1, or 0 at the end. See readdir(2)."""
    file = _directory(task, fd)
    line = next(iter(file.f_op.iterate_shared(file)), None)
    if line is None:
        return 0
    entry, next_pos = line
    layout = task.abi.layout("old_linux_dirent")
    if entry.ino >> layout.fields["d_ino"].size * 8:
        raise EOVERFLOW("the inode number does not fit")
    packed = layout.pack(d_ino=entry.ino, d_offset=file.pos, d_namlen=len(entry.name))
    place = layout.fields["d_name"].offset
    task.mm.write(dirent, packed[:place] + entry.name + b"\0")
    file.pos = next_pos
    return 1


def _fill(task: Task, fd: int, address: int, count: int, pack: Packer) -> int:
    """Put as many lines as there is room for: how many bytes."""
    file = _directory(task, fd)
    lines: list[bytes] = []
    positions = [file.pos]
    used = 0
    for entry, next_pos in file.f_op.iterate_shared(file):
        line = pack(entry, next_pos)
        if used + len(line) > count:
            if not lines:
                raise EINVAL("no room for one line")
            break
        lines.append(line)
        positions.append(next_pos)
        used += len(line)
    written = len(lines)
    if lines:
        try:
            task.mm.write(address, b"".join(lines))
        except EFAULT:
            written, used = _as_far_as_possible(task, address, lines)
    file.pos = positions[written]
    notify = file.inode.sb.vfs.notify
    if notify is not None:
        notify.accessed(file)
    return used


def _as_far_as_possible(task: Task, address: int, lines: list[bytes]) -> tuple[int, int]:
    """Write whole lines: how many, and their bytes. EFAULT if not even one."""
    used = 0
    for count, line in enumerate(lines):
        try:
            task.mm.write(address + used, line)
        except EFAULT:
            if not count:
                raise
            return count, used
        used += len(line)
    return len(lines), used


def _directory(task: Task, fd: int) -> File:
    file = task.files[fd]
    if file.path.dentry.dead and file.inode.is_dir:
        raise ENOENT("the directory was removed")
    if file.inode.is_dir and file.mode & FMODE_READ:
        touch_atime(file.path)
    return file
