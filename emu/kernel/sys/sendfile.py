"""Copying between files inside the kernel: sendfile(2), copy_file_range(2)."""

from __future__ import annotations

import struct
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.args import Fd, Pointer, Size, UInt
from emu.kernel.errno import EBADF, EINVAL, EISDIR, EOVERFLOW, ESPIPE, EXDEV, KernelError
from emu.kernel.io_accounting import has_read, has_written
from emu.kernel.sys.open import has_32bit_off_t
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uaccess import KernelBuffer
from emu.kernel.uapi.fcntl import O_APPEND
from emu.kernel.uapi.fs import MAX_NON_LFS, MAX_RW_COUNT
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE
from emu.kernel.vfs.read_write import vfs_pread, vfs_pwrite, vfs_write

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File

CHUNK = 1 << 16
U64_MAX = (1 << 64) - 1


@syscall("sys_sendfile")
async def sendfile(task: Task, out_fd: Fd, in_fd: Fd, offset: Pointer, count: Size) -> int:
    """Copy from a file to any other, with an off_t offset. See sendfile(2)."""
    return await _sendfile(task, out_fd, in_fd, offset, count, task.abi.word_bytes)


@syscall("sys_sendfile64")
async def sendfile64(task: Task, out_fd: Fd, in_fd: Fd, offset: Pointer, count: Size) -> int:
    """sendfile with a 64-bit offset."""
    return await _sendfile(task, out_fd, in_fd, offset, count, 8)


@syscall("sys_copy_file_range")
async def copy_file_range(
    task: Task,
    fd_in: Fd,
    off_in: Pointer,
    fd_out: Fd,
    off_out: Pointer,
    len: Size,
    flags: UInt,
) -> int:
    """Copy from a regular file to another of the same file system type. See copy_file_range(2)."""
    source, target = task.files[fd_in], task.files[fd_out]
    if flags:
        raise EINVAL("no flags are known")
    pos_in = _read_offset(task, off_in, 8) if off_in else source.pos
    pos_out = _read_offset(task, off_out, 8) if off_out else target.pos
    if source.inode.is_dir or target.inode.is_dir:
        raise EISDIR
    if not source.inode.is_regular or not target.inode.is_regular:
        raise EINVAL("only regular files")
    if not source.mode & FMODE_READ or not target.mode & FMODE_WRITE or target.flags & O_APPEND:
        raise EBADF
    if type(source.inode.sb) is not type(target.inode.sb):
        raise EXDEV
    for pos in (pos_in, pos_out):
        # As unsigned numbers, so that it also means some positions before the start.
        if (pos & U64_MAX) + len > U64_MAX:
            raise EOVERFLOW
        if pos < 0:
            raise EINVAL("position before the start")
    count = min(len, MAX_RW_COUNT, max(0, source.inode.size - pos_in))
    if source.inode is target.inode and pos_in < pos_out + count and pos_out < pos_in + count:
        raise EINVAL("the ranges overlap")
    done = await _copy(task, source, pos_in, target, pos_out, count)
    for address, file, pos in ((off_in, source, pos_in), (off_out, target, pos_out)):
        if address:
            task.mm.write_u64(address, pos + done)
        else:
            file.pos = pos + done
    has_read(task, done)
    has_written(task, done)
    return done


async def _sendfile(task: Task, out_fd: int, in_fd: int, offset: int, count: int, size: int) -> int:
    source = task.files[in_fd]
    if not source.mode & FMODE_READ:
        raise EBADF("the source is not open for reading")
    pos = source.pos
    if offset:
        if not source.seekable:
            raise ESPIPE
        pos = _read_offset(task, offset, size)
        if pos < 0:
            raise EINVAL("position before the start")
    target = task.files[out_fd]
    if not target.mode & FMODE_WRITE:
        raise EBADF("the target is not open for writing")
    if target.flags & O_APPEND:
        raise EINVAL("the target appends")
    if source.inode.is_dir or not source.seekable:
        raise EINVAL("the source cannot be mapped")
    limit = MAX_NON_LFS if size == 4 or (has_32bit_off_t(task.abi) and size != 8) else (1 << 63) - 1
    if pos > limit:
        raise EOVERFLOW
    done = await _copy(task, source, pos, target, None, min(count, MAX_RW_COUNT, limit - pos))
    if offset:
        (task.mm.write_u32 if size == 4 else task.mm.write_u64)(offset, pos + done)
    else:
        source.pos = pos + done
    has_read(task, done)
    has_written(task, done)
    return done


def _read_offset(task: Task, address: int, size: int) -> int:
    code = ("i", "q")[size == 8]
    (offset,) = struct.unpack(f"{task.abi.isa.byte_order}{code}", task.mm.read(address, size))
    return int(offset)


async def _copy(
    task: Task, source: File, pos: int, target: File, target_pos: int | None, count: int
) -> int:
    """Copy up to `count` bytes; to the target's own position if `target_pos` is None."""
    done = 0
    memory = bytearray(min(count, CHUNK))
    while done < count:
        chunk = memoryview(memory)[: count - done]
        try:
            got = await _awaited(vfs_pread(source, KernelBuffer(chunk), pos + done))
            if not got:
                break
            data = KernelBuffer(chunk[:got])
            if target_pos is None:
                put = await _awaited(vfs_write(task, target, data))
            else:
                put = await _awaited(vfs_pwrite(task, target, data, target_pos + done))
        except KernelError:
            if not done:
                raise
            break
        done += put
        if put < got:
            break
    return done


async def _awaited(result: int | Awaitable[int]) -> int:
    return result if isinstance(result, int) else await result
