"""Signals to a file's owner when it can be read or written: O_ASYNC, F_SETOWN, F_SETSIG.

A file with O_ASYNC watches its own wait queues, as a poll does; whoever wakes a reader tells the
owner, too. See fasync_helper, kill_fasync and send_sigio in fs/fcntl.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EINVAL, ESRCH
from emu.kernel.signal.numbers import signal_numbers
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.fcntl import FASYNC
from emu.kernel.uapi.poll import (
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLPRI,
    POLLRDBAND,
    POLLRDNORM,
    POLLWRBAND,
    POLLWRNORM,
)
from emu.kernel.uapi.signal import (
    SI_SIGIO,
    SIGBUS,
    SIGCHLD,
    SIGFPE,
    SIGILL,
    SIGIO,
    SIGSEGV,
    SIGSYS,
    SIGTRAP,
    SIGURG,
)
from emu.kernel.vfs.file import FMODE_READ, FMODE_WRITE
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.kernel import Kernel
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File
    from emu.kernel.wait import WaitQueue

INT_MIN = -(1 << 31)
BANDS = {
    "POLL_IN": POLLIN | POLLRDNORM,
    "POLL_OUT": POLLOUT | POLLWRNORM | POLLWRBAND,
    "POLL_ERR": POLLERR,
    "POLL_PRI": POLLPRI | POLLRDBAND,
    "POLL_HUP": POLLHUP | POLLERR,
}
READABLE = POLLIN | POLLRDNORM | POLLHUP | POLLERR
WRITABLE = POLLOUT | POLLWRNORM | POLLERR
OWN_CODES = (SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP, SIGCHLD, SIGSYS)
"""Signals whose positive codes mean something else: for them it is SI_SIGIO."""


@record
class Owner:
    """Who gets a file's signals, and who said so. `kind` is that of struct f_owner_ex."""

    kind: str
    pid: int
    cred: Credentials


class Fasync:
    """A file's watch on its own queues, while it has O_ASYNC."""

    exclusive = False

    def __init__(self, kernel: Kernel, file: File, fd: int) -> None:
        self._kernel, self._file, self.fd = kernel, file, fd
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
            send_sigio(self._kernel, file, "POLL_IN", self.fd)
        elif now & WRITABLE and file.mode & FMODE_WRITE:
            send_sigio(self._kernel, file, "POLL_OUT", self.fd)
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


def watch_itself(task: Task, fd: int, file: File, on: bool) -> None:
    """What `FileOperations.fasync` does for kinds whose `poll` names the queues."""
    if on:
        file.fasync = Fasync(task.kernel, file, fd)
    elif file.fasync is not None:
        file.fasync.leave()
        file.fasync = None


def send_sigurg(kernel: Kernel, file: File) -> None:
    """Tell the owner that urgent data came: see send_sigurg."""
    for task, thread in owners(kernel, file):
        send_signal(task, SIGURG, to_thread=thread)


def send_sigio(kernel: Kernel, file: File, code: str, fd: int) -> None:
    """Tell the owner: POLL_IN, POLL_OUT and their like.

    By SIGIO alone, or with F_SETSIG by that signal, with the descriptor and what happened.
    """
    for task, thread in owners(kernel, file):
        if not file.signum or not _send_told(task, file.signum, code, fd, thread):
            send_signal(task, SIGIO, SigInfo.from_kernel(SIGIO), to_thread=thread)


def _send_told(task: Task, signal: int, code: str, fd: int, thread: bool) -> bool:
    """Whether there was room in the queue."""
    shown = SI_SIGIO if signal in OWN_CODES else code
    info = SigInfo(signal, shown, band=BANDS[code], fd=fd)
    try:
        send_signal(task, signal, info, to_thread=thread)
    except EAGAIN:
        return False
    return True


def owners(kernel: Kernel, file: File) -> list[tuple[Task, bool]]:
    """Whom a file's signals go to, and whether to that thread alone."""
    owner = file.owner
    if owner is None:
        return []
    if owner.kind == "F_OWNER_PGRP":
        found = [group.leader for group in kernel.groups() if group.pgid == owner.pid]
    else:
        task = kernel.tasks.get(owner.pid)
        found = [] if task is None else [task]
    thread = owner.kind == "F_OWNER_TID"
    return [(task, thread) for task in found if task.group.alive and _may_signal(owner, task)]


def _may_signal(owner: Owner, task: Task) -> bool:
    """See sigio_perm."""
    cred, target = owner.cred, task.cred
    return cred.euid == 0 or bool({cred.euid, cred.uid} & {target.suid, target.uid})


def set_owner(task: Task, file: File, who: int) -> None:
    """A process by its id, a group by its id's negative, or nobody. ESRCH, EINVAL."""
    if who == INT_MIN:
        raise EINVAL("no group of this number")
    make_owner(task, file, "F_OWNER_PGRP" if who < 0 else "F_OWNER_PID", abs(who))


def make_owner(task: Task, file: File, kind: str, pid: int) -> None:
    """Let the file belong to somebody, on the caller's authority. ESRCH."""
    if not pid:
        file.owner = None
        return
    kernel = task.kernel
    if kind == "F_OWNER_PGRP":
        exists = any(group.pgid == pid for group in kernel.groups())
    else:
        exists = pid in kernel.tasks
    if not exists:
        raise ESRCH(f"nobody has the id {pid}")
    file.owner = Owner(kind, pid, task.cred)


def owner_number(file: File) -> int:
    """The owner as F_GETOWN tells it: negative for a group."""
    owner = file.owner
    if owner is None:
        return 0
    return -owner.pid if owner.kind == "F_OWNER_PGRP" else owner.pid


def signal_number(task: Task, file: File) -> int:
    """F_GETSIG: the signal in the caller's numbers."""
    return signal_numbers(task.abi).encode(file.signum)
