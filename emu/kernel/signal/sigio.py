"""Who owns an open file, and the signals that its owner gets. See send_sigio in fs/fcntl.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EINVAL, ESRCH
from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.poll import (
    POLLERR,
    POLLHUP,
    POLLIN,
    POLLMSG,
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
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File

INT_MIN = -(1 << 31)
THREAD, PROCESS, GROUP = OWNER_KINDS = ("F_OWNER_TID", "F_OWNER_PID", "F_OWNER_PGRP")

BANDS = {
    "POLL_IN": POLLIN | POLLRDNORM,
    "POLL_OUT": POLLOUT | POLLWRNORM | POLLWRBAND,
    "POLL_MSG": POLLIN | POLLRDNORM | POLLMSG,
    "POLL_ERR": POLLERR,
    "POLL_PRI": POLLPRI | POLLRDBAND,
    "POLL_HUP": POLLHUP | POLLERR,
}
OWN_CODES = (SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP, SIGCHLD, SIGSYS)
"""Signals whose positive codes mean something else: for them it is SI_SIGIO."""


@record
class Owner:
    """Who gets a file's signals, and on whose authority. `kind` is that of struct f_owner_ex."""

    kind: str
    pid: int
    cred: Credentials


def send_sigio(file: File, fd: int, code: str) -> None:
    """Tell a file's owner what happened to it (POLL_IN ...).

    By SIGIO alone, or with F_SETSIG by that signal, with the descriptor and what happened.
    """
    for task, thread in _owners(file):
        if not file.signum or not _send_told(task, file.signum, fd, code, thread):
            send_signal(task, SIGIO, to_thread=thread)


def send_sigurg(file: File) -> None:
    """Tell a file's owner that urgent data came."""
    for task, thread in _owners(file):
        send_signal(task, SIGURG, to_thread=thread)


def set_owner(task: Task, file: File, who: int) -> None:
    """F_SETOWN: a process by its id, a group by its id's negative, or nobody. ESRCH, EINVAL."""
    if who == INT_MIN:
        raise EINVAL("no group of this number")
    make_owner(task, file, GROUP if who < 0 else PROCESS, abs(who))


def make_owner(task: Task, file: File, kind: str, pid: int) -> None:
    """Let the file belong to somebody, on the caller's authority. ESRCH."""
    if not pid:
        file.owner = None
        return
    kernel = task.kernel
    if kind == GROUP:
        exists = any(group.pgid == pid for group in kernel.groups())
    else:
        exists = pid in kernel.tasks
    if not exists:
        raise ESRCH(f"nobody has the id {pid}")
    file.owner = Owner(kind, pid, task.cred)


def own_by_default(task: Task, file: File) -> None:
    """A file without an owner is the caller's."""
    if file.owner is None:
        file.owner = Owner(PROCESS, task.tgid, task.cred)


def owner_number(file: File) -> int:
    """F_GETOWN: the owner's id, negative for a group."""
    owner = file.owner
    if owner is None:
        return 0
    return -owner.pid if owner.kind == GROUP else owner.pid


def _send_told(task: Task, signal: int, fd: int, code: str, thread: bool) -> bool:
    """Whether there was room in the queue."""
    info = SigInfo(signal, SI_SIGIO if signal in OWN_CODES else code, band=BANDS[code], fd=fd)
    try:
        send_signal(task, signal, info, to_thread=thread)
    except EAGAIN:
        return False
    return True


def _owners(file: File) -> list[tuple[Task, bool]]:
    """Whom a file's signals go to, and whether to that thread alone."""
    owner = file.owner
    if owner is None:
        return []
    kernel = file.inode.sb.vfs.kernel
    if owner.kind == GROUP:
        found = [group.leader for group in kernel.groups() if group.pgid == owner.pid]
    else:
        task = kernel.tasks.get(owner.pid)
        found = [] if task is None else [task]
    thread = owner.kind == THREAD
    return [(task, thread) for task in found if task.group.alive and _may_signal(owner, task)]


def _may_signal(owner: Owner, task: Task) -> bool:
    """See sigio_perm."""
    cred, target = owner.cred, task.cred
    return cred.euid == 0 or bool({cred.euid, cred.uid} & {target.suid, target.uid})
