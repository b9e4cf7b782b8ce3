"""Reading and writing: read(2), readv(2), pread(2), preadv2(2), lseek(2) and their kin."""

from __future__ import annotations

import struct
from collections.abc import Awaitable

from emu.kernel.args import Fd, InBuffer, Loff, Long, OutBuffer, Pointer, Size, UInt, ULong
from emu.kernel.errno import EAGAIN, EINVAL, EOPNOTSUPP, EOVERFLOW
from emu.kernel.io_accounting import has_read, has_written
from emu.kernel.sys.file_kinds import Iovec, OutIovec, RwFlags
from emu.kernel.sys.open import has_32bit_off_t
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uaccess import IovecBuffer, UserBuffer, import_ubuf
from emu.kernel.uapi.fcntl import O_APPEND
from emu.kernel.uapi.fs import (
    MAX_NON_LFS,
    MAX_RW_COUNT,
    RWF_APPEND,
    RWF_KNOWN,
    RWF_NOAPPEND,
    RWF_NOWAIT,
    UIO_MAXIOV,
)
from emu.kernel.vfs.file import File
from emu.kernel.vfs.read_write import vfs_llseek, vfs_pread, vfs_pwrite, vfs_read, vfs_write

# The four plain calls count what they moved themselves: has_read would be one call more for each.


@syscall("sys_read")
def read(task: Task, fd: Fd, buf: OutBuffer, count: Size) -> int | Awaitable[int]:
    """Read from a descriptor. See read(2)."""
    result = vfs_read(task.files[fd], import_ubuf(task.mm, buf, count))
    if type(result) is not int:
        return has_read(task, result)
    io = task.io
    io.rchar += result
    io.syscr += 1
    return result


@syscall("sys_write")
def write(task: Task, fd: Fd, buf: InBuffer, count: Size) -> int | Awaitable[int]:
    """Write to a descriptor. See write(2)."""
    result = vfs_write(task, task.files[fd], import_ubuf(task.mm, buf, count))
    if type(result) is not int:
        return has_written(task, result)
    io = task.io
    io.wchar += result
    io.syscw += 1
    return result


@syscall("sys_pread64", "sys_ia32_pread64")
def pread64(task: Task, fd: Fd, buf: OutBuffer, count: Size, pos: Loff) -> int | Awaitable[int]:
    """Read at a position. See pread(2)."""
    result = vfs_pread(task.files[fd], import_ubuf(task.mm, buf, count), pos)
    if type(result) is not int:
        return has_read(task, result)
    io = task.io
    io.rchar += result
    io.syscr += 1
    return result


@syscall("sys_pwrite64", "sys_ia32_pwrite64")
def pwrite64(task: Task, fd: Fd, buf: InBuffer, count: Size, pos: Loff) -> int | Awaitable[int]:
    """Write at a position. See pwrite(2)."""
    result = vfs_pwrite(task, task.files[fd], import_ubuf(task.mm, buf, count), pos)
    if type(result) is not int:
        return has_written(task, result)
    io = task.io
    io.wchar += result
    io.syscw += 1
    return result


@syscall("sys_readv")
def readv(task: Task, fd: Fd, vec: OutIovec, vlen: ULong) -> int | Awaitable[int]:
    """Read into several buffers. See readv(2)."""
    return has_read(task, vfs_read(task.files[fd], import_iovec(task, vec, vlen)))


@syscall("sys_writev")
def writev(task: Task, fd: Fd, vec: Iovec, vlen: ULong) -> int | Awaitable[int]:
    """Write from several buffers. See writev(2)."""
    return has_written(task, vfs_write(task, task.files[fd], import_iovec(task, vec, vlen)))


@syscall("sys_preadv")
def preadv(
    task: Task, fd: Fd, vec: OutIovec, vlen: ULong, pos_l: ULong, pos_h: ULong
) -> int | Awaitable[int]:
    """Read into several buffers at a position. See preadv(2)."""
    pos = position(task, pos_l, pos_h)
    return has_read(task, vfs_pread(task.files[fd], import_iovec(task, vec, vlen), pos))


@syscall("sys_pwritev")
def pwritev(
    task: Task, fd: Fd, vec: Iovec, vlen: ULong, pos_l: ULong, pos_h: ULong
) -> int | Awaitable[int]:
    """Write from several buffers at a position. See pwritev(2)."""
    pos = position(task, pos_l, pos_h)
    return has_written(task, vfs_pwrite(task, task.files[fd], import_iovec(task, vec, vlen), pos))


@syscall("compat_sys_preadv64")
def preadv64(task: Task, fd: Fd, vec: OutIovec, vlen: ULong, pos: Loff) -> int | Awaitable[int]:
    """preadv of x32, whose position is one argument."""
    return has_read(task, vfs_pread(task.files[fd], import_iovec(task, vec, vlen), pos))


@syscall("compat_sys_pwritev64")
def pwritev64(task: Task, fd: Fd, vec: Iovec, vlen: ULong, pos: Loff) -> int | Awaitable[int]:
    """pwritev of x32, whose position is one argument."""
    return has_written(task, vfs_pwrite(task, task.files[fd], import_iovec(task, vec, vlen), pos))


@syscall("sys_preadv2")
def preadv2(
    task: Task, fd: Fd, vec: OutIovec, vlen: ULong, pos_l: ULong, pos_h: ULong, flags: RwFlags
) -> int | Awaitable[int]:
    """preadv with flags; position -1 is the file's own. See preadv2(2)."""
    return _read2(task, fd, vec, vlen, position(task, pos_l, pos_h), flags)


@syscall("compat_sys_preadv64v2")
def preadv64v2(
    task: Task, fd: Fd, vec: OutIovec, vlen: ULong, pos: Loff, flags: RwFlags
) -> int | Awaitable[int]:
    """preadv2 of x32."""
    return _read2(task, fd, vec, vlen, pos, flags)


@syscall("sys_pwritev2")
def pwritev2(
    task: Task, fd: Fd, vec: Iovec, vlen: ULong, pos_l: ULong, pos_h: ULong, flags: RwFlags
) -> int | Awaitable[int]:
    """pwritev with flags; position -1 is the file's own. See pwritev2(2)."""
    return _write2(task, fd, vec, vlen, position(task, pos_l, pos_h), flags)


@syscall("compat_sys_pwritev64v2")
def pwritev64v2(
    task: Task, fd: Fd, vec: Iovec, vlen: ULong, pos: Loff, flags: RwFlags
) -> int | Awaitable[int]:
    """pwritev2 of x32."""
    return _write2(task, fd, vec, vlen, pos, flags)


@syscall("sys_lseek")
def lseek(task: Task, fd: Fd, offset: Long, whence: UInt) -> int:
    """Move the position of a descriptor. See lseek(2).

    A position too large for off_t is EOVERFLOW, but cut in the 32-bit calls of a 64-bit program.
    """
    file = task.files[fd]
    if whence > 4:
        raise EINVAL("no such whence")
    pos = vfs_llseek(file, offset, whence)
    if pos > MAX_NON_LFS and has_32bit_off_t(task.abi) and task.cpu.isa.word_bits == 32:
        raise EOVERFLOW("the position does not fit off_t")
    return pos


@syscall("sys_llseek")
def llseek(
    task: Task, fd: Fd, offset_high: ULong, offset_low: ULong, result: Pointer, whence: UInt
) -> int:
    """lseek for 32-bit callers, by a 64-bit offset in two words. See llseek(2)."""
    file = task.files[fd]
    if whence > 4:
        raise EINVAL("no such whence")
    offset = (offset_high & 0xFFFFFFFF) << 32 | offset_low & 0xFFFFFFFF
    pos = vfs_llseek(file, offset - (offset >> 63 << 64), whence)
    task.mm.write_u64(result, pos)
    return 0


def import_iovec(task: Task, address: int, count: int) -> UserBuffer | IovecBuffer:
    """The buffers of a struct iovec array. EINVAL for too many or a negative size; EFAULT."""
    pieces = iovec_pieces(task, address, count)
    return import_ubuf(task.mm, *pieces[0]) if count == 1 else IovecBuffer(task.mm, pieces)


def iovec_pieces(task: Task, address: int, count: int) -> list[tuple[int, int]]:
    """Addresses and lengths of a struct iovec array, no more than one call may move."""
    if count > UIO_MAXIOV:
        raise EINVAL("too many buffers")
    layout = task.abi.layout("iovec")
    word = layout.size // 2
    code = f"{layout.byte_order}{2 * count}{'Q' if word == 8 else 'I'}"
    words = struct.unpack(code, task.mm.read(address, count * layout.size)) if count else ()
    pieces: list[tuple[int, int]] = []
    total = 0
    for base, length in zip(words[::2], words[1::2], strict=True):
        if length >> (word * 8 - 1):
            raise EINVAL("negative size")
        room = min(length, MAX_RW_COUNT - total)
        total += room
        pieces.append((base, room))
    return pieces


def position(task: Task, low: int, high: int) -> int:
    """The signed position of two argument words: see pos_from_hilo."""
    if task.abi.word_bits == 64:
        pos = low
    else:
        pos = (high & 0xFFFFFFFF) << 32 | low & 0xFFFFFFFF
    return pos - (pos >> 63 << 64)


def _read2(task: Task, fd: int, vec: int, vlen: int, pos: int, flags: int) -> int | Awaitable[int]:
    file = task.files[fd]
    _check_rw_flags(file, flags)
    buffer = import_iovec(task, vec, vlen)
    result = vfs_read(file, buffer) if pos == -1 else vfs_pread(file, buffer, pos)
    return has_read(task, _not_later(result, flags))


def _write2(task: Task, fd: int, vec: int, vlen: int, pos: int, flags: int) -> int | Awaitable[int]:
    file = task.files[fd]
    _check_rw_flags(file, flags)
    buffer = import_iovec(task, vec, vlen)
    kept = file.flags
    if flags & RWF_APPEND:
        file.flags |= O_APPEND
    elif flags & RWF_NOAPPEND:
        file.flags &= ~O_APPEND
    try:
        result = vfs_write(task, file, buffer) if pos == -1 else vfs_pwrite(task, file, buffer, pos)
    finally:
        file.flags = kept
    return has_written(task, _not_later(result, flags))


def _check_rw_flags(file: File, flags: int) -> None:
    if flags & ~RWF_KNOWN:
        raise EOPNOTSUPP("unknown RWF flag")
    if flags & (RWF_APPEND | RWF_NOAPPEND) == RWF_APPEND | RWF_NOAPPEND:
        raise EINVAL("append or not")
    if flags & RWF_NOWAIT and not file.f_op.nowait:
        raise EOPNOTSUPP("RWF_NOWAIT is not supported for this file")


def _not_later(result: int | Awaitable[int], flags: int) -> int | Awaitable[int]:
    if flags & RWF_NOWAIT and not isinstance(result, int):
        close = getattr(result, "close", None)
        if close is not None:
            close()
        raise EAGAIN
    return result
