"""Asynchronous I/O: io_setup(2), io_submit(2), io_getevents(2), io_cancel(2), io_destroy(2)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any

from emu.kernel.aio import AioContext, IoEvent
from emu.kernel.args import Long, Pointer, StructArg, UInt, ULong, UserStruct
from emu.kernel.deadline import Deadline, wait_until
from emu.kernel.errno import EAGAIN, EFAULT, EINPROGRESS, EINVAL, KernelError
from emu.kernel.restart import Restart
from emu.kernel.signal.sigset import sigset_size
from emu.kernel.sys.aio_request import submit_one
from emu.kernel.sys.clock import TIME32, InTimespec, read_timespec
from emu.kernel.sys.misc import read_word, write_word
from emu.kernel.sys.sleeping_mask import with_mask
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi.mman import MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE

Iocb = Annotated[UserStruct, StructArg(layout="iocb")]
OutIoEvent = Annotated[UserStruct, StructArg(layout="io_event", out=True)]

AIO_MAX_NR = 65536
RING_BYTES = 4096
SLOTS_AT_LEAST = 8


@syscall("sys_io_setup")
def io_setup(task: Task, nr_events: UInt, ctxp: Pointer) -> int:
    """Make a context, whose id is the address of a page for it. See io_setup(2)."""
    if read_word(task, ctxp) or not nr_events:
        raise EINVAL("a context is there, or no events are wanted")
    if nr_events > AIO_MAX_NR:
        raise EAGAIN("more than aio-max-nr")
    # Programs read events there only if they find a magic number, which a new page lacks.
    ring = task.mm.mmap(0, RING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS)
    try:
        write_word(task, ctxp, ring)
    except EFAULT:
        task.mm.munmap(ring, RING_BYTES)
        raise
    task.mm.aio_contexts[ring] = AioContext(max(nr_events, SLOTS_AT_LEAST) * 2)
    return 0


@syscall("sys_io_destroy")
def io_destroy(task: Task, ctx: ULong) -> int:
    """End a context and all requests in it. See io_destroy(2)."""
    _context(task, ctx).destroy()
    del task.mm.aio_contexts[ctx]
    task.mm.munmap(ctx, RING_BYTES)
    return 0


@syscall("sys_io_submit")
async def io_submit(task: Task, ctx_id: ULong, nr: Long, iocbpp: Pointer) -> int:
    """Begin requests: how many. See io_submit(2)."""
    if nr < 0:
        raise EINVAL("a negative number")
    context = _context(task, ctx_id)
    word = task.abi.word_bytes
    done = 0
    try:
        for place in range(min(nr, context.limit)):
            await submit_one(task, context, read_word(task, iocbpp + place * word))
            done += 1
    except KernelError:
        if not done:
            raise
    return done


@syscall("sys_io_cancel")
def io_cancel(task: Task, ctx_id: ULong, iocb: Iocb, result: OutIoEvent) -> int:
    """End a request that waits; its event says so. See io_cancel(2)."""
    if iocb.read()["aio_key"]:
        raise EINVAL("not a request that was submitted")
    _context(task, ctx_id).cancel(iocb.address)
    raise EINPROGRESS


@syscall("sys_io_getevents", ("sys_io_getevents_time32", TIME32))
def io_getevents(
    task: Task, ctx_id: ULong, min_nr: Long, nr: Long, events: Pointer, timeout: InTimespec
) -> int | Awaitable[int]:
    """Wait for events: how many there are. See io_getevents(2)."""
    return _get(task, ctx_id, min_nr, nr, events, timeout)


@syscall("sys_io_pgetevents", ("sys_io_pgetevents_time32", TIME32))
def io_pgetevents(
    task: Task,
    ctx_id: ULong,
    min_nr: Long,
    nr: Long,
    events: Pointer,
    timeout: InTimespec,
    usig: Pointer,
) -> int | Awaitable[int]:
    """io_getevents under a signal mask. See io_pgetevents(2)."""
    mask, size = 0, sigset_size(task.abi)
    if usig:
        mask, size = read_word(task, usig), read_word(task, usig + task.abi.word_bytes)
    return with_mask(task, mask, size, lambda: _get(task, ctx_id, min_nr, nr, events, timeout))


def _get(
    task: Task, ctx_id: int, min_nr: int, nr: int, address: int, timeout: UserStruct
) -> int | Awaitable[int]:
    time_ns = read_timespec(task, timeout) if timeout else None
    context = _context(task, ctx_id)
    if not 0 <= min_nr <= nr:
        raise EINVAL("more wanted than allowed")
    if len(context.events) >= min_nr or time_ns == 0:
        return _take(task, context, nr, address)
    return _get_later(task, ctx_id, min_nr, nr, address, time_ns)


async def _get_later(
    task: Task, ctx_id: int, min_nr: int, nr: int, address: int, time_ns: int | None
) -> int:
    context = _context(task, ctx_id)
    clock = task.kernel.clock
    deadline = None if time_ns is None else Deadline.after(clock, time_ns)

    def enough() -> bool:
        return len(context.events) >= min_nr or ctx_id not in task.mm.aio_contexts

    try:
        await wait_until(context.wait, enough, clock, deadline)
    except Restart:
        if not context.events:
            raise
    return _take(task, context, nr, address)


def _take(task: Task, context: AioContext, nr: int, address: int) -> int:
    layout = task.abi.layout("io_event")
    done = 0
    while done < nr and context.events:
        event: IoEvent = context.events[0]
        values: dict[str, Any] = event._asdict()
        try:
            task.mm.write(address + done * layout.size, layout.pack(**values))
        except EFAULT:
            if not done:
                raise
            break
        context.events.popleft()
        done += 1
    return done


def _context(task: Task, ctx_id: int) -> AioContext:
    context = task.mm.aio_contexts.get(ctx_id)
    if context is None:
        raise EINVAL("no such context")
    return context
