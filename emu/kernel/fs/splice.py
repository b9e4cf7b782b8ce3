"""Moving bytes between a pipe and another file inside the kernel. See splice(2), fs/splice.c."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.arch.cpu import PAGE_SIZE
from emu.kernel.errno import EAGAIN, EFAULT, ENOMEM, KernelError
from emu.kernel.fs.pipefs import broken_pipe
from emu.kernel.restart import Restart
from emu.kernel.uaccess import IovecBuffer, KernelBuffer
from emu.kernel.vfs.read_write import vfs_pread, vfs_pwrite, vfs_read, vfs_write

if TYPE_CHECKING:
    from emu.kernel.fs.pipe_buffer import Pipe
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File

CHUNK = 1 << 16


async def pipe_to_file(
    task: Task, pipe: Pipe, target: File, pos: int | None, count: int, wait: bool
) -> int:
    """Write what is in a pipe, to the file's own position if `pos` is None: how many bytes."""
    await _wait_for_data(pipe, wait)
    done = 0
    while done < count and pipe.used:
        data = pipe.take(min(count - done, CHUNK))
        put = 0
        try:
            buffer = KernelBuffer(data)
            if pos is None:
                put = await _awaited(vfs_write(task, target, buffer))
            else:
                put = await _awaited(vfs_pwrite(task, target, buffer, pos + done))
        except (KernelError, Restart):
            if not done:
                raise
            break
        finally:
            pipe.put_back(data[put:])
        done += put
        if put < len(data):
            break
    return done


async def file_to_pipe(
    task: Task, source: File, pos: int | None, pipe: Pipe, count: int, wait: bool
) -> int:
    """Read into a pipe as much as it has room for, or from where the file is: how many bytes."""
    await _wait_for_room(task, pipe, wait)
    room = min(count, (pipe.max_slots - pipe.slots) * PAGE_SIZE, CHUNK)
    memory = bytearray(room)
    buffer = KernelBuffer(memory)
    if pos is None:
        got = await _awaited(vfs_read(source, buffer))
    else:
        got = await _awaited(vfs_pread(source, buffer, pos))
    if got:
        pipe.put(bytes(memory[:got]))
    return got


async def pipe_to_pipe(
    task: Task, source: Pipe, target: Pipe, count: int, wait: bool, *, keep: bool
) -> int:
    """Move bytes to another pipe, or copy them: how many; 0 if nobody writes the source."""
    await _wait_for_data(source, wait)
    if not source.used:
        return 0
    await _wait_for_room(task, target, wait)
    count = min(count, (target.max_slots - target.slots) * PAGE_SIZE)
    data = source.look(count) if keep else source.take(count)
    if data:
        target.put(data)
    return len(data)


async def user_to_pipe(task: Task, pieces: list[tuple[int, int]], pipe: Pipe, wait: bool) -> int:
    """Copy user memory into a pipe, a slot for each page, until it is full: how many bytes."""
    await _wait_for_room(task, pipe, wait)
    done = 0
    for address, length in pieces:
        while length and not pipe.is_full:
            count = min(length, PAGE_SIZE - address % PAGE_SIZE)
            try:
                pipe.put(task.mm.read(address, count))
            except EFAULT:
                if not done:
                    raise
                return done
            address, length, done = address + count, length - count, done + count
    return done


async def pipe_to_user(task: Task, pipe: Pipe, pieces: list[tuple[int, int]], wait: bool) -> int:
    """Move what is in a pipe to user memory: how many bytes."""
    await _wait_for_data(pipe, wait)
    buffer = IovecBuffer(task.mm, pieces)
    return pipe.take_into(buffer) if pipe.used else 0


async def _wait_for_data(pipe: Pipe, wait: bool) -> None:
    """Until there is something, or nobody writes any more. EAGAIN."""
    while not pipe.used and pipe.writers:
        if not wait:
            raise EAGAIN
        await pipe.read_wait.wait()


async def _wait_for_room(task: Task, pipe: Pipe, wait: bool) -> None:
    """Until a slot is free. EAGAIN, ENOMEM; EPIPE and SIGPIPE if nobody reads."""
    while True:
        if not pipe.readers:
            raise broken_pipe(task)
        if pipe.memory.used >= pipe.memory.limit:
            raise ENOMEM("the pipes of the machine hold too much")
        if not pipe.is_full:
            return
        if not wait:
            raise EAGAIN
        await pipe.write_wait.wait()


async def _awaited(result: int | Awaitable[int]) -> int:
    return result if isinstance(result, int) else await result
