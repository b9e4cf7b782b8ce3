"""Who decides on another task's calls: SECCOMP_RET_USER_NOTIF. See seccomp_unotify(2).

A task whose filter says so sleeps in its call until somebody who holds the filter's listener, an
open file, has received the call and answered it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EBADF, EFAULT, EINPROGRESS, EINVAL, ENOENT
from emu.kernel.fs.anon_inode import AnonFile, anon_inode_file
from emu.kernel.uapi import ioctl
from emu.kernel.uapi.fcntl import O_CLOEXEC, O_RDWR
from emu.kernel.uapi.poll import POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from emu.kernel.uapi.seccomp import (
    SECCOMP_ADDFD_FLAG_SEND,
    SECCOMP_ADDFD_FLAG_SETFD,
    SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP,
    SECCOMP_USER_NOTIF_FLAG_CONTINUE,
)
from emu.kernel.vfs.fdtable import fd_install, open_file_limit
from emu.kernel.wait import Wait, WaitQueue

if TYPE_CHECKING:
    from emu.kernel.seccomp.filter import SeccompFilter
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import PollTable, Result
    from emu.kernel.vfs.inode import Inode

WAITING, SENT, REPLIED = "waiting", "sent", "replied"
WORD_64 = (1 << 64) - 1


class Notification:
    """One call that waits for its answer. `data` are the fields of struct seccomp_data."""

    def __init__(self, number: int, task: Task, data: dict[str, Any]) -> None:
        self.id = number
        self.task = task
        self.data = data
        self.state = WAITING
        self.ready = WaitQueue()
        self.value = self.error = self.flags = 0

    def reply(self, value: int, error: int, flags: int) -> None:
        """Let the task go on."""
        self.value, self.error, self.flags = value, error, flags
        self.state = REPLIED
        self.ready.wake_up_all()


class Listener:
    """A filter's calls that wait for an answer, by their ids."""

    def __init__(self, filter: SeccompFilter, first_id: int, *, killable: bool) -> None:
        self.filter = filter
        self.waiting: dict[int, Notification] = {}
        self.changed = WaitQueue()
        self.closed = False
        self._killable = killable
        """Whether a call that was received can be broken by SIGKILL only."""
        self._next_id = first_id

    async def notify(
        self, task: Task, data: dict[str, Any], go_on: Callable[[Task], int | Awaitable[int]]
    ) -> int:
        """Sleep until the call is answered: its result, or what it is if it is made after all.

        Errors are negative numbers of the listener's choice.
        """
        if self.closed:
            return -task.abi.errno["ENOSYS"]
        one = Notification(self._next_id, task, data)
        self._next_id = self._next_id + 1 & WORD_64
        self.waiting[one.id] = one
        self.changed.wake_up_all(POLLIN | POLLRDNORM)
        try:
            while one.state is not REPLIED:
                received = one.state is SENT
                await Wait((one.ready,), killable=self._killable and received)
        finally:
            self.waiting.pop(one.id, None)
        if one.flags & SECCOMP_USER_NOTIF_FLAG_CONTINUE:
            result = go_on(task)
            return result if isinstance(result, int) else await result
        return one.error or one.value

    def first(self) -> Notification | None:
        """The oldest call that nobody has received."""
        return next((one for one in self.waiting.values() if one.state is WAITING), None)

    def received(self, number: int) -> Notification:
        """A call that somebody has received and not answered. ENOENT, EINPROGRESS."""
        one = self.waiting.get(number)
        if one is None:
            raise ENOENT("no such call, or its task is gone")
        if one.state is not SENT:
            raise EINPROGRESS("it was not received, or is answered")
        return one

    def close(self) -> None:
        """Nobody listens any more: what waits, and what comes, is no call."""
        self.closed = True
        for one in list(self.waiting.values()):
            if one.state is not REPLIED:
                one.reply(0, -one.task.abi.errno["ENOSYS"], 0)


class ListenerFile(AnonFile):
    """The file operations of a listener: all is done by ioctl."""

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Readable when a call came, writable when one waits for an answer."""
        listener: Listener = file.private_data
        if waits is not None:
            waits.append(listener.changed)
        states = {one.state for one in listener.waiting.values()}
        events = POLLIN | POLLRDNORM if WAITING in states else 0
        if SENT in states:
            events |= POLLOUT | POLLWRNORM
        return events if listener.filter.users else events | POLLHUP

    def release(self, inode: Inode, file: File) -> None:
        """See `Listener.close`."""
        listener: Listener = file.private_data
        listener.close()

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """SECCOMP_IOCTL_NOTIF_*. EINVAL for others."""
        listener: Listener = file.private_data
        match cmd:
            case ioctl.SECCOMP_IOCTL_NOTIF_RECV:
                return receive(task, listener, arg)
            case ioctl.SECCOMP_IOCTL_NOTIF_SEND:
                return send(task, listener, arg)
            case ioctl.SECCOMP_IOCTL_NOTIF_ID_VALID:
                one = listener.waiting.get(task.mm.read_u64(arg))
                if one is None or one.state is not SENT:
                    raise ENOENT("no such call, or its task is gone")
                return 0
            case ioctl.SECCOMP_IOCTL_NOTIF_ADDFD:
                return add_descriptor(task, listener, arg)
            case ioctl.SECCOMP_IOCTL_NOTIF_SET_FLAGS:
                if arg & ~SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP:
                    raise EINVAL("no such flag")
                return 0  # there is one CPU: whoever is woken runs on the waker's
        raise EINVAL("no such command")


LISTENER = ListenerFile()


def open_listener(task: Task, filter: SeccompFilter, *, killable: bool) -> File:
    """The open file of a filter's new listener."""
    first_id = task.kernel.random.getrandbits(64)
    filter.listener = Listener(filter, first_id, killable=killable)
    return anon_inode_file(task, b"seccomp notify", LISTENER, filter.listener, O_RDWR)


def receive(task: Task, listener: Listener, address: int) -> int | Awaitable[int]:
    """SECCOMP_IOCTL_NOTIF_RECV. EINVAL unless the struct is zeroes; ENOENT if nobody can call."""
    layout = task.abi.layout("seccomp_notif")
    if any(task.mm.read(address, layout.size)):
        raise EINVAL("the struct must be zeroes")
    if listener.first() is None and listener.filter.users:
        return _receive_later(task, listener, address)
    return _received(task, listener, address)


async def _receive_later(task: Task, listener: Listener, address: int) -> int:
    while listener.first() is None and listener.filter.users:
        await listener.changed.wait()
    return _received(task, listener, address)


def _received(task: Task, listener: Listener, address: int) -> int:
    one = listener.first()
    if one is None:
        raise ENOENT("no call waits")
    packed = task.abi.layout("seccomp_notif").pack(id=one.id, pid=one.task.pid, data=one.data)
    try:
        task.mm.write(address, packed)
    except EFAULT:
        listener.changed.wake_up_all(POLLIN | POLLRDNORM)
        raise
    one.state = SENT
    one.ready.wake_up_all()  # it may now sleep so that only SIGKILL breaks it
    listener.changed.wake_up_all(POLLOUT | POLLWRNORM)
    return 0


def send(task: Task, listener: Listener, address: int) -> int:
    """SECCOMP_IOCTL_NOTIF_SEND: answer a call, or have it made. EINVAL, ENOENT, EINPROGRESS."""
    layout = task.abi.layout("seccomp_notif_resp")
    given = layout.unpack(task.mm.read(address, layout.size))
    flags, value, error = given["flags"], given["val"], given["error"]
    if flags & ~SECCOMP_USER_NOTIF_FLAG_CONTINUE:
        raise EINVAL("no such flag")
    if flags and (error or value):
        raise EINVAL("a call that goes on has no other result")
    listener.received(given["id"]).reply(value, error, flags)
    return 0


def add_descriptor(task: Task, listener: Listener, address: int) -> int:
    """SECCOMP_IOCTL_NOTIF_ADDFD: give the caller one of our files: its descriptor there."""
    layout = task.abi.layout("seccomp_notif_addfd")
    given = layout.unpack(task.mm.read(address, layout.size))
    flags, cloexec = given["flags"], given["newfd_flags"]
    if cloexec & ~O_CLOEXEC or flags & ~(SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND):
        raise EINVAL("no such flag")
    if given["newfd"] and not flags & SECCOMP_ADDFD_FLAG_SETFD:
        raise EINVAL("a number that is not asked for")
    file = task.files[given["srcfd"]]
    one = listener.received(given["id"])
    target = one.task
    if flags & SECCOMP_ADDFD_FLAG_SETFD:
        descriptor: int = given["newfd"]
        if descriptor >= open_file_limit(target):
            raise EBADF("more than the task may have")
        target.files.replace(descriptor, file.get(), cloexec=bool(cloexec))
    else:
        descriptor = fd_install(target, file.get(), cloexec=bool(cloexec))
    if flags & SECCOMP_ADDFD_FLAG_SEND:
        one.reply(descriptor, 0, 0)
    return descriptor
