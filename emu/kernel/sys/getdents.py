"""Reading directories: getdents(2), getdents64(2), and the old readdir(2)."""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING

from emu.kernel.args import Fd, OutBuffer, Pointer, UInt
from emu.kernel.errno import EFAULT, EINVAL, ENOENT, EOVERFLOW
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fs import NAME_MAX
from emu.kernel.vfs.file import FMODE_READ, File
from emu.kernel.vfs.mount import touch_atime

if TYPE_CHECKING:
    from collections.abc import Callable

    Packer = Callable[[int, int, int, int, bytes], bytes]
    """``pack(ino, next_pos, size, type, name)``: a line of `size` bytes, zeroes behind the name."""
    Packers = list[tuple[int, Packer]]
    """By length of the name, how many bytes its line takes, and what packs it."""


@syscall("sys_getdents64")
def getdents64(task: Task, fd: Fd, dirent: OutBuffer, count: UInt) -> int:
    """Lines of a directory as struct linux_dirent64. See getdents64(2)."""
    return _fill(task, fd, dirent, count, _dirent64_packers(task.abi.isa.byte_order))


@syscall("sys_getdents")
def getdents(task: Task, fd: Fd, dirent: OutBuffer, count: UInt) -> int:
    """Lines of a directory as struct linux_dirent, the type in the last byte. See getdents(2)."""
    word = task.abi.layout("linux_dirent").fields["d_ino"].size
    return _fill(task, fd, dirent, count, _dirent_packers(task.abi.isa.byte_order, word))


@syscall("sys_old_readdir")
def old_readdir(task: Task, fd: Fd, dirent: Pointer, count: UInt) -> int:
    """One line of a directory: 1, or 0 at the end. See readdir(2)."""
    file = _directory(task, fd)
    line = next(iter(file.f_op.iterate_shared(file)), None)
    if line is None:
        return 0
    name, ino, _, next_pos = line
    layout = task.abi.layout("old_linux_dirent")
    if ino >> layout.fields["d_ino"].size * 8:
        raise EOVERFLOW("the inode number does not fit")
    packed = layout.pack(d_ino=ino, d_offset=file.pos, d_namlen=len(name))
    place = layout.fields["d_name"].offset
    task.mm.write(dirent, packed[:place] + name + b"\0")
    file.pos = next_pos
    return 1


def _fill(task: Task, fd: int, address: int, count: int, packers: Packers) -> int:
    """Put as many lines as there is room for: how many bytes."""
    file = _directory(task, fd)
    lines: list[bytes] = []
    position = file.pos
    used = 0
    for name, ino, kind, next_pos in file.f_op.iterate_shared(file):
        size, pack = packers[len(name)]
        if used + size > count:
            if not lines:
                raise EINVAL("no room for one line")
            break
        try:
            lines.append(pack(ino, next_pos, size, kind >> 12, name))
        except struct.error:
            if not lines:
                raise EOVERFLOW("the inode number does not fit") from None
            break
        position = next_pos
        used += size
    if lines:
        try:
            task.mm.write(address, b"".join(lines))
        except EFAULT:
            used, position = _as_far_as_possible(task, address, lines, file)
    file.pos = position
    notify = file.inode.sb.vfs.notify
    if notify is not None:
        notify.accessed(file)
    return used


def _as_far_as_possible(
    task: Task, address: int, lines: list[bytes], file: File
) -> tuple[int, int]:
    """Write whole lines: their bytes, and the position behind them. EFAULT if not even one."""
    used, position = 0, file.pos
    for line, (*_, next_pos) in zip(lines, file.f_op.iterate_shared(file), strict=False):
        try:
            task.mm.write(address + used, line)
        except EFAULT:
            if not used:
                raise
            break
        used += len(line)
        position = next_pos
    return used, position


@cache
def _dirent64_packers(byte_order: str) -> Packers:
    packers: Packers = []
    head = struct.calcsize("=QqHB")
    for length in range(NAME_MAX + 1):
        size = head + length + 1 + 7 & ~7
        packers.append((size, struct.Struct(f"{byte_order}QqHB{size - head}s").pack))
    return packers


@cache
def _dirent_packers(byte_order: str, word: int) -> Packers:
    packers: Packers = []
    code = "Q" if word == 8 else "I"
    head = 2 * word + 2
    for length in range(NAME_MAX + 1):
        size = head + length + 2 + word - 1 & -word
        line = struct.Struct(f"{byte_order}2{code}H{size - head - 1}sB")
        packers.append((size, _type_last(line.pack)))
    return packers


def _type_last(pack: Callable[[int, int, int, bytes, int], bytes]) -> Packer:
    return lambda ino, next_pos, size, kind, name: pack(ino, next_pos, size, name, kind)


def _directory(task: Task, fd: int) -> File:
    file = task.files[fd]
    if file.path.dentry.dead and file.inode.is_dir:
        raise ENOENT("the directory was removed")
    if file.inode.is_dir and file.mode & FMODE_READ:
        touch_atime(file.path.mount, file.inode)
    return file
