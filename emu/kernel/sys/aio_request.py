"""One request of io_submit(2): see io_submit_one in fs/aio.c."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from emu.kernel.aio import AioContext, AioPoll, IoEvent
from emu.kernel.errno import EBADF, EINVAL, KernelError
from emu.kernel.fs.eventfd import EVENT, EventCounter
from emu.kernel.sys.read_write import import_iovec
from emu.kernel.task import Task
from emu.kernel.uaccess import import_ubuf
from emu.kernel.uapi.aio import (
    IOCB_CMD_FDSYNC,
    IOCB_CMD_FSYNC,
    IOCB_CMD_POLL,
    IOCB_CMD_PREAD,
    IOCB_CMD_PREADV,
    IOCB_CMD_PWRITE,
    IOCB_CMD_PWRITEV,
    IOCB_FLAG_RESFD,
)
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE, File
from emu.kernel.vfs.read_write import vfs_pread, vfs_pwrite, vfs_read, vfs_write

READS = (IOCB_CMD_PREAD, IOCB_CMD_PREADV)
WRITES = (IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV)
VECTORS = (IOCB_CMD_PREADV, IOCB_CMD_PWRITEV)
POLL_EVENTS = 0xFFFF


async def submit_one(task: Task, context: AioContext, address: int) -> None:
    """Begin a request. EFAULT, EINVAL, EBADF, EAGAIN; what goes wrong later is in its event."""
    layout = task.abi.layout("iocb")
    iocb = layout.unpack(task.mm.read(address, layout.size))
    if iocb["aio_reserved2"]:
        raise EINVAL("a reserved field is in use")
    if iocb["aio_nbytes"] >> task.abi.word_bits - 1:
        raise EINVAL("a negative size")
    file = task.files[iocb["aio_fildes"]]
    counter = _counter(task, iocb)
    context.take_slot()
    task.mm.write_u32(address + layout.fields["aio_key"].offset, 0)
    event = IoEvent(iocb["aio_data"], address, 0)
    operation = iocb["aio_lio_opcode"]
    if operation == IOCB_CMD_POLL:
        if iocb["aio_buf"] & ~POLL_EVENTS or iocb["aio_nbytes"] or iocb["aio_offset"]:
            raise EINVAL("a field that polling does not use")
        if address in context.polls:
            raise EINVAL("it is under way")
        AioPoll(context, file, iocb["aio_buf"], event, counter).start()
        return
    result = await _perform(task, file, operation, iocb)
    context.complete(event._replace(res=result), counter)


async def _perform(task: Task, file: File, operation: int, iocb: dict[str, Any]) -> int:
    """What a request to read, write or sync comes to: the event's result."""
    if operation in (IOCB_CMD_FSYNC, IOCB_CMD_FDSYNC):
        file.f_op.fsync(file, operation == IOCB_CMD_FDSYNC)
        return 0
    if operation not in READS + WRITES:
        raise EINVAL("no such operation")
    wanted = FMODE_READ if operation in READS else FMODE_WRITE
    if not file.mode & wanted:
        raise EBADF("not open for that")
    pos = iocb["aio_offset"]
    if pos < 0 and file.seekable:
        raise EINVAL("position before the start")
    if operation in VECTORS:
        buffer = import_iovec(task, iocb["aio_buf"], iocb["aio_nbytes"])
    else:
        buffer = import_ubuf(task.mm, iocb["aio_buf"], iocb["aio_nbytes"])
    try:
        result: int | Awaitable[int]
        if not file.seekable:
            reads = wanted == FMODE_READ
            result = vfs_read(file, buffer) if reads else vfs_write(task, file, buffer)
        elif wanted == FMODE_READ:
            result = vfs_pread(file, buffer, pos)
        else:
            result = vfs_pwrite(task, file, buffer, pos)
        return result if isinstance(result, int) else await result
    except KernelError as error:
        return -task.kernel.errno_numbers(task.abi)[type(error)]


def _counter(task: Task, iocb: dict[str, Any]) -> EventCounter | None:
    if not iocb["aio_flags"] & IOCB_FLAG_RESFD:
        return None
    file = task.files[iocb["aio_resfd"]]
    if file.f_op is not EVENT:
        raise EINVAL("no eventfd")
    counter: EventCounter = file.private_data
    return counter
