"""Waiting for many files: epoll_create(2), epoll_ctl(2), epoll_wait(2) and their variants."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from emu.kernel.args import Fd, FlagsArg, Int, Size, StructArg, UserStruct
from emu.kernel.errno import EEXIST, EFAULT, EINTR, EINVAL, ELOOP, ENOENT, EPERM
from emu.kernel.fs.eventpoll import Epoll, create_epoll
from emu.kernel.fs.eventpoll_nesting import has_too_many_paths, is_epoll, may_nest
from emu.kernel.restart import Restart
from emu.kernel.sys.clock import InTimespec, read_timespec
from emu.kernel.sys.kinds import EpollEvents, Sigset
from emu.kernel.sys.sleeping_mask import with_mask
from emu.kernel.syscall import syscall
from emu.kernel.task import Task
from emu.kernel.uapi import epoll as epoll_uapi
from emu.kernel.uapi.capability import CAP_BLOCK_SUSPEND
from emu.kernel.uapi.epoll import (
    EPOLL_CLOEXEC,
    EPOLL_CREATE_FLAGS,
    EPOLL_CTL_ADD,
    EPOLL_CTL_DEL,
    EPOLL_CTL_MOD,
    EPOLL_OPERATION,
    EPOLLERR,
    EPOLLEXCLUSIVE,
    EPOLLEXCLUSIVE_OK_BITS,
    EPOLLHUP,
    EPOLLWAKEUP,
)
from emu.kernel.vfs.fdtable import fd_install
from emu.kernel.vfs.file import File
from emu.kernel.vfs.poll import can_poll
from emu.kernel.wait import WaitQueue

CreateFlags = Annotated[int, FlagsArg(family=EPOLL_CREATE_FLAGS)]
Operation = Annotated[int, FlagsArg(signed=True, family=EPOLL_OPERATION)]
InEvent = Annotated[UserStruct, StructArg(layout="epoll_event")]

NSEC_PER_MSEC = 1_000_000
INT_MAX = (1 << 31) - 1


@syscall("sys_epoll_create")
def epoll_create(task: Task, size: Int) -> int:
    """Make an epoll; the size means nothing. See epoll_create(2)."""
    if size <= 0:
        raise EINVAL("no size")
    return epoll_create1(task, 0)


@syscall("sys_epoll_create1")
def epoll_create1(task: Task, flags: CreateFlags) -> int:
    """Make an epoll. See epoll_create1(2)."""
    if flags & ~EPOLL_CLOEXEC:
        raise EINVAL("unknown flag")
    return fd_install(task, create_epoll(task), cloexec=bool(flags))


@syscall("sys_epoll_ctl")
def epoll_ctl(task: Task, epfd: Fd, op: Operation, fd: Fd, event: InEvent) -> int:
    """Watch a file, for other events, or no longer. See epoll_ctl(2)."""
    events = data = 0
    if op != EPOLL_CTL_DEL:
        given = event.read()
        events, data = given["events"], given["data"]
    file, target = task.files[epfd], task.files[fd]
    if not can_poll(target):
        raise EPERM("files of this kind are always ready")
    if events & EPOLLWAKEUP and not task.cred.capable(CAP_BLOCK_SUSPEND):
        events &= ~EPOLLWAKEUP
    if file is target or not is_epoll(file):
        raise EINVAL("not an epoll, or the same one")
    if op != EPOLL_CTL_DEL and events & EPOLLEXCLUSIVE:
        if op == EPOLL_CTL_MOD:
            raise EINVAL("EPOLLEXCLUSIVE is for new entries")
        if op == EPOLL_CTL_ADD and (is_epoll(target) or events & ~EPOLLEXCLUSIVE_OK_BITS):
            raise EINVAL("EPOLLEXCLUSIVE does not go with that")
    epoll: Epoll = file.private_data
    if op == EPOLL_CTL_ADD and is_epoll(target) and not may_nest(epoll, target.private_data):
        raise ELOOP("epolls in a loop, or too deep")
    entry = epoll.entries.get((target, fd))
    match op:
        case epoll_uapi.EPOLL_CTL_ADD:
            if entry is not None:
                raise EEXIST("watched already")
            _add(epoll, file, target, fd, events | EPOLLERR | EPOLLHUP, data)
        case epoll_uapi.EPOLL_CTL_DEL:
            if entry is None:
                raise ENOENT("not watched")
            epoll.remove(entry)
        case epoll_uapi.EPOLL_CTL_MOD:
            if entry is None:
                raise ENOENT("not watched")
            if entry.exclusive:
                raise EINVAL("an exclusive entry stays as it is")
            epoll.modify(entry, events | EPOLLERR | EPOLLHUP, data)
        case _:
            raise EINVAL("no such operation")
    return 0


def _add(epoll: Epoll, file: File, target: File, fd: int, events: int, data: int) -> None:
    entry = epoll.insert(target, fd, events, data)
    # Only nested epolls can make many ways.
    if (file.epoll_entries or is_epoll(target)) and has_too_many_paths(target):
        epoll.remove(entry)
        raise EINVAL("its wake-up would go too many ways")


@syscall("sys_epoll_wait")
def epoll_wait(
    task: Task, epfd: Fd, events: EpollEvents, maxevents: Int, timeout: Int
) -> int | Awaitable[int]:
    """Wait until a watched file is ready, for milliseconds. See epoll_wait(2)."""
    return _wait(task, epfd, events, maxevents, _milliseconds(timeout))


@syscall("sys_epoll_pwait")
def epoll_pwait(
    task: Task,
    epfd: Fd,
    events: EpollEvents,
    maxevents: Int,
    timeout: Int,
    sigmask: Sigset,
    sigsetsize: Size,
) -> int | Awaitable[int]:
    """epoll_wait with a signal mask. See epoll_pwait(2)."""
    timeout_ns = _milliseconds(timeout)
    return with_mask(
        task, sigmask, sigsetsize, lambda: _wait(task, epfd, events, maxevents, timeout_ns)
    )


@syscall("sys_epoll_pwait2")
def epoll_pwait2(
    task: Task,
    epfd: Fd,
    events: EpollEvents,
    maxevents: Int,
    timeout: InTimespec,
    sigmask: Sigset,
    sigsetsize: Size,
) -> int | Awaitable[int]:
    """epoll_pwait with a finer timeout, which is a 64-bit timespec on every ABI."""
    timeout_ns = read_timespec(task, timeout) if timeout else None
    return with_mask(
        task, sigmask, sigsetsize, lambda: _wait(task, epfd, events, maxevents, timeout_ns)
    )


def _milliseconds(timeout: int) -> int | None:
    return None if timeout < 0 else timeout * NSEC_PER_MSEC


def _wait(
    task: Task, epfd: int, address: int, maxevents: int, timeout_ns: int | None
) -> int | Awaitable[int]:
    layout = task.abi.layout("epoll_event")
    if not 0 < maxevents <= INT_MAX // layout.size:
        raise EINVAL("no or too many events")
    if address + maxevents * layout.size > task.mm.task_size:
        raise EFAULT("not user memory")
    file = task.files[epfd]
    if not is_epoll(file):
        raise EINVAL("not an epoll")
    epoll: Epoll = file.private_data
    pack = layout.packer("events", "data")
    place = address

    def put(events: int, data: int) -> None:
        nonlocal place
        task.mm.write(place, pack(events, data))
        place += layout.size

    if not epoll.ready:
        task.kernel.sched.look_at_host()
    sent = epoll.send_events(maxevents, put) if epoll.ready else 0
    if sent or timeout_ns == 0:
        return sent

    return _wait_later(task, file, timeout_ns, lambda: epoll.send_events(maxevents, put))


async def _wait_later(
    task: Task, file: File, timeout_ns: int | None, send: Callable[[], int]
) -> int:
    """See ep_poll. A signal is EINTR, whether or not it has a handler that lets calls go on."""
    clock = task.kernel.clock
    queue: WaitQueue = file.private_data.wait
    deadline = None if timeout_ns is None else clock.monotonic_ns() + timeout_ns
    file.get()
    try:
        while True:
            left = None if deadline is None else deadline - clock.monotonic_ns()
            if left is not None and left <= 0:
                return 0
            broken = False
            try:
                await queue.wait(left)
            except Restart:
                broken = True
            sent = send()
            if sent:
                return sent
            if broken:
                raise EINTR
    finally:
        file.put()
