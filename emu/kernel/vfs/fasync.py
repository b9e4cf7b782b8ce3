"""O_ASYNC: signals to a file's owner when it can be read or written.

Such a file watches its own wait queues, as a poll does; whoever wakes a reader tells the owner,
too. See fasync_helper and kill_fasync in fs/fcntl.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.sigio import send_sigio
from emu.kernel.uapi.fcntl import FASYNC
from emu.kernel.uapi.poll import POLLERR, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File
    from emu.kernel.wait import WaitQueue

READABLE = POLLIN | POLLRDNORM | POLLHUP | POLLERR
WRITABLE = POLLOUT | POLLWRNORM | POLLERR


class Fasync:
    """A file's watch on its own queues, while it has O_ASYNC."""

    exclusive = False

    def __init__(self, file: File, fd: int) -> None:
        self._file, self._fd = file, fd
        self._queues: list[WaitQueue] = []
        file.f_op.poll(file, self._queues)
        for queue in self._queues:
            queue.watch(self)

    @property
    def wanted(self) -> bool:
        """No task sleeps for it."""
        return False

    def notify(self, events: int) -> bool:
        """Tell the owner what the waker says, or what can be done now if it says nothing."""
        file = self._file
        now = events or file.f_op.poll(file, None)
        if now & READABLE and file.mode & FMODE_READ:
            send_sigio(file, self._fd, "POLL_IN")
        elif now & WRITABLE and file.mode & FMODE_WRITE:
            send_sigio(file, self._fd, "POLL_OUT")
        return False

    def leave(self) -> None:
        """Watch no longer."""
        for queue in self._queues:
            queue.unwatch(self)


def set_fasync(task: Task, fd: int, file: File, on: bool) -> None:
    """Switch O_ASYNC on or off, for a file whose kind has it."""
    if on == bool(file.flags & FASYNC):
        return
    file.flags ^= FASYNC
    file.f_op.fasync(task, fd, file, on)


def watch_itself(fd: int, file: File, on: bool) -> None:
    """What `FileOperations.fasync` does for kinds whose `poll` names the queues."""
    if on:
        file.fasync = Fasync(file, fd)
    elif file.fasync is not None:
        file.fasync.leave()
        file.fasync = None
