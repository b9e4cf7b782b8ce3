"""Reading and writing open files. See fs/read_write.c."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.digit import ONE_DIGIT
from emu.kernel.errno import EBADF, EINVAL, EIO, ENXIO, ESPIPE
from emu.kernel.uaccess import KernelBuffer
from emu.kernel.uapi.fcntl import O_APPEND
from emu.kernel.uapi.fs import MAX_LFS_FILESIZE
from emu.kernel.uapi.resource import RLIM_INFINITY
from emu.kernel.uapi.stat import S_ISGID, S_ISUID
from emu.kernel.vfs.attr import check_file_size, remove_privileges

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import Result


def vfs_read(file: File, buffer: Buffer) -> Result:
    """Read at the file's position and move it. EBADF unless open for reading."""
    if not file.readable:
        raise EBADF("not open for reading")
    pos = file.pos
    result = file.f_op.read(file, buffer, pos)
    notify = file.inode.sb.vfs.notify
    if notify is not None:
        result = notify.after_read(file, result)
    if not file.advances:
        return result
    if isinstance(result, int):
        file.pos = pos + result
        return result
    return _moved(file, pos, result)


def vfs_pread(file: File, buffer: Buffer, pos: int) -> Result:
    """Read at a position of the caller's. EBADF, ESPIPE, EINVAL."""
    if not (0 <= pos <= ONE_DIGIT and file.seekable):
        _check_position(file, buffer, pos)
    if not file.readable:
        raise EBADF("not open for reading")
    # What moves the position by what was done reads the same at any other.
    if file.advances:
        result = file.f_op.read(file, buffer, pos)
    else:
        result = file.f_op.pread(file, buffer, pos)
    notify = file.inode.sb.vfs.notify
    return result if notify is None else notify.after_read(file, result)


def vfs_write(task: Task, file: File, buffer: Buffer) -> Result:
    """Write at the file's position, or the end of what is stored with O_APPEND, and move it."""
    if not file.writable:
        raise EBADF("not open for writing")
    notify = file.inode.sb.vfs.notify
    if not file.seekable:
        result = file.f_op.write(file, buffer, 0)
        return result if notify is None else notify.after_write(file, result)
    pos = file.pos
    if file.write_checks:
        pos = prepare_write(task, file, buffer, pos)
    result = file.f_op.write(file, buffer, pos)
    if notify is not None:
        result = notify.after_write(file, result)
    if not file.advances:
        return result
    if isinstance(result, int):
        file.pos = pos + result
        return result
    return _moved(file, pos, result)


def vfs_pwrite(task: Task, file: File, buffer: Buffer, pos: int) -> Result:
    """Write at a position of the caller's; O_APPEND still means the end, as on Linux."""
    if not (0 <= pos <= ONE_DIGIT and file.seekable):
        _check_position(file, buffer, pos)
    if not file.writable:
        raise EBADF("not open for writing")
    if file.write_checks:
        pos = prepare_write(task, file, buffer, pos)
    if file.advances:
        result = file.f_op.write(file, buffer, pos)
    else:
        result = file.f_op.pwrite(file, buffer, pos)
    notify = file.inode.sb.vfs.notify
    return result if notify is None else notify.after_write(file, result)


def vfs_llseek(file: File, offset: int, whence: int) -> int:
    """Move the position: where it is now. ESPIPE, EINVAL."""
    if file.f_op.ignores_llseek:
        return file.pos
    if not file.seekable:
        raise ESPIPE
    pos = file.f_op.llseek(file, offset, whence)
    file.pos = pos
    return pos


def prepare_write(task: Task, file: File, buffer: Buffer, pos: int) -> int:
    """Where to write; limits and set-user-id bits. See generic_write_checks, file_remove_privs."""
    inode = file.inode
    if file.flags & O_APPEND:
        pos = inode.size
    end = pos + buffer.count
    if end > inode.size and (
        task.group.rlimits["RLIMIT_FSIZE"][0] != RLIM_INFINITY or end > 1 << 62
    ):
        buffer.count = check_file_size(task, pos, end) - pos
    if inode.mode & (S_ISUID | S_ISGID) or inode.has_file_capabilities:
        remove_privileges(task, inode)
    return pos


def kernel_read(file: File, count: int, pos: int = 0) -> bytes:
    """Read for the kernel itself: up to `count` bytes, fewer only at the end of the file.

    EIO if the file is one that sleeps.
    """
    memory = bytearray(count)
    buffer = KernelBuffer(memory)
    while buffer.count:
        done = file.f_op.pread(file, buffer, pos)
        if not isinstance(done, int):
            raise EIO("the kernel cannot wait for this file")
        if not done:
            break
        pos += done
    return bytes(memory[: count - buffer.count])


def kernel_write(file: File, data: bytes, pos: int = 0) -> int:
    """Write for the kernel itself: how many bytes. ENXIO if the file is one that sleeps."""
    done = file.f_op.pwrite(file, KernelBuffer(data), pos)
    if not isinstance(done, int):
        raise ENXIO("the kernel cannot wait for this file")
    return done


def _check_position(file: File, buffer: Buffer, pos: int) -> None:
    if pos < 0 or (file.seekable and pos > MAX_LFS_FILESIZE - buffer.count):
        raise EINVAL("position before the start, or an end that is no position")
    if not file.seekable:
        raise ESPIPE("it has no positions")


async def _moved(file: File, pos: int, result: Awaitable[int]) -> int:
    done = await result
    file.pos = pos + done
    return done
