"""Times of files: utimensat(2), futimesat(2), utimes(2), utime(2), and the 32-bit forms."""

from __future__ import annotations

import struct

from emu.kernel.args import Fd, OptionalPath, Pointer
from emu.kernel.errno import EBADF, EFAULT, EINVAL
from emu.kernel.sys.file_kinds import AtFlags
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.fcntl import AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW
from emu.kernel.uapi.stat import UTIME_NOW, UTIME_OMIT
from emu.kernel.vfs import attr
from emu.kernel.vfs.namei import LOOKUP_EMPTY, LOOKUP_FOLLOW, path_lookup
from emu.kernel.vfs.path import VfsPath

NSEC = 1_000_000_000
Time = tuple[int, int]
"""Seconds, and nanoseconds or UTIME_NOW or UTIME_OMIT."""


@syscall("sys_utimensat")
def utimensat(task: Task, dfd: Fd, filename: OptionalPath, utimes: Pointer, flags: AtFlags) -> int:
    """Set both times of a file in nanoseconds. See utimensat(2)."""
    return _utimensat(task, dfd, filename, utimes, flags, "__kernel_timespec")


@syscall("sys_utimensat_time32")
def utimensat_time32(
    task: Task, dfd: Fd, filename: OptionalPath, t: Pointer, flags: AtFlags
) -> int:
    """utimensat with 32-bit times."""
    return _utimensat(task, dfd, filename, t, flags, "old_timespec32")


@syscall("sys_futimesat")
def futimesat(task: Task, dfd: Fd, filename: OptionalPath, utimes: Pointer) -> int:
    """Set both times in microseconds, seen from a directory. See futimesat(2)."""
    return _set(task, dfd, filename, _timevals(task, utimes, "__kernel_old_timeval"), 0)


@syscall("sys_futimesat_time32")
def futimesat_time32(task: Task, dfd: Fd, filename: OptionalPath, t: Pointer) -> int:
    """futimesat with 32-bit times."""
    return _set(task, dfd, filename, _timevals(task, t, "old_timeval32"), 0)


@syscall("sys_utimes")
def utimes(task: Task, filename: OptionalPath, utimes: Pointer) -> int:
    """Set both times in microseconds. See utimes(2)."""
    return futimesat(task, AT_FDCWD, _required(filename), utimes)


@syscall("sys_utimes_time32")
def utimes_time32(task: Task, filename: OptionalPath, t: Pointer) -> int:
    """utimes with 32-bit times."""
    return futimesat_time32(task, AT_FDCWD, _required(filename), t)


@syscall("sys_utime")
def utime(task: Task, filename: OptionalPath, times: Pointer) -> int:
    """Set both times in seconds. See utime(2)."""
    return _utime(task, filename, times, 8)


@syscall("sys_utime32")
def utime32(task: Task, filename: OptionalPath, t: Pointer) -> int:
    """utime with 32-bit times."""
    return _utime(task, filename, t, 4)


def _required(name: bytes | None) -> bytes:
    if name is None:
        raise EFAULT("null file name")
    return name


def _utime(task: Task, name: bytes | None, address: int, size: int) -> int:
    times: tuple[Time, Time] | None = None
    if address:
        raw = task.mm.read(address, 2 * size)
        code = ("i", "q")[size == 8]
        first, second = struct.unpack(f"{task.abi.isa.byte_order}2{code}", raw)
        times = (first, 0), (second, 0)
    return _set(task, AT_FDCWD, _required(name), times, 0)


def _utimensat(
    task: Task, dfd: int, name: bytes | None, address: int, flags: int, layout: str
) -> int:
    if flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH):
        raise EINVAL("unknown flag")
    times: tuple[Time, Time] | None = None
    if address:
        timespec = task.abi.layout(layout)
        raw = task.mm.read(address, 2 * timespec.size)
        mask = (1 << timespec.fields["tv_nsec"].size * 8) - 1
        if task.abi.word_bits == 32:
            # The upper half of a 64-bit tv_nsec is padding for 32-bit callers.
            mask = 0xFFFFFFFF
        first, second = timespec.unpack(raw), timespec.unpack(raw, timespec.size)
        times = (
            (first["tv_sec"], first["tv_nsec"] & mask),
            (second["tv_sec"], second["tv_nsec"] & mask),
        )
        if times[0][1] == times[1][1] == UTIME_OMIT:
            return 0
        for _, nanoseconds in times:
            if nanoseconds not in (UTIME_NOW, UTIME_OMIT) and nanoseconds >= NSEC:
                raise EINVAL("not a valid timespec")
    return _set(task, dfd, name, times, flags)


def _timevals(task: Task, address: int, layout: str) -> tuple[Time, Time] | None:
    if not address:
        return None
    timeval = task.abi.layout(layout)
    raw = task.mm.read(address, 2 * timeval.size)
    values = timeval.unpack(raw), timeval.unpack(raw, timeval.size)
    for value in values:
        if not 0 <= value["tv_usec"] < 1_000_000:
            raise EINVAL("not a valid timeval")
    first, second = ((value["tv_sec"], value["tv_usec"] * 1000) for value in values)
    return first, second


def _set(
    task: Task, dfd: int, name: bytes | None, times: tuple[Time, Time] | None, flags: int
) -> int:
    path = _place(task, dfd, name, flags)
    if times is None or times[0][1] == times[1][1] == UTIME_NOW:
        attr.touch(task, path)
    else:
        attr.set_times(task, path, _time(task, path, times[0]), _time(task, path, times[1]))
    return 0


def _place(task: Task, dfd: int, name: bytes | None, flags: int) -> VfsPath:
    if name is None and not flags & AT_EMPTY_PATH:
        # Linux's own extension behind futimens: the descriptor itself.
        if flags:
            raise EINVAL("flags without a name")
        if dfd == AT_FDCWD:
            raise EFAULT("null file name")
        file = task.files.get(dfd)
        if file is None or file.is_path:
            raise EBADF
        return file.path
    lookup = 0 if flags & AT_SYMLINK_NOFOLLOW else LOOKUP_FOLLOW
    lookup |= LOOKUP_EMPTY if flags & AT_EMPTY_PATH else 0
    return path_lookup(task, dfd, name or b"", lookup)


def _time(task: Task, path: VfsPath, time: Time) -> int | None:
    seconds, nanoseconds = time
    if nanoseconds == UTIME_OMIT:
        return None
    if nanoseconds == UTIME_NOW:
        return path.inode.sb.now()
    # Times a file system cannot hold are clamped: see timestamp_truncate.
    return max(-(1 << 63), min(seconds, (1 << 63) - 1)) * NSEC + nanoseconds
