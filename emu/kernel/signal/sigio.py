"""Signals to a file's owner, whom F_SETOWN names: see send_sigio in fs/fcntl.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from emu.kernel.uapi.signal import SIGIO, SIGURG

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.vfs.file import File

BANDS = {
    "POLL_IN": POLLIN | POLLRDNORM,
    "POLL_OUT": POLLOUT | POLLWRNORM | POLLWRBAND,
    "POLL_MSG": POLLIN | POLLRDNORM | POLLMSG,
    "POLL_ERR": POLLERR,
    "POLL_PRI": POLLPRI | POLLRDBAND,
    "POLL_HUP": POLLHUP | POLLERR,
}


def send_sigio(file: File, fd: int, code: str) -> None:
    """Tell a file's owner what happened to it (POLL_MSG ...).

    With F_SETSIG it is that signal, and says which descriptor and what.
    """
    signal = file.signum or SIGIO
    info = SigInfo.from_kernel(signal)
    if file.signum:
        info = SigInfo(signal, code, band=BANDS[code], fd=fd)
    for task in _owners(file):
        send_signal(task, signal, info)


def send_sigurg(file: File) -> None:
    """Tell a socket's owner that an urgent byte came."""
    if file.owner:
        for task in _owners(file):
            send_signal(task, SIGURG)


def _owners(file: File) -> list[Task]:
    """The process that owns a file, or those of the group that does."""
    kernel = file.inode.sb.vfs.kernel
    if file.owner >= 0:
        group = kernel.process(file.owner)
        groups = [] if group is None else [group]
    else:
        groups = [group for group in kernel.groups() if group.pgid == -file.owner]
    return [group.leader for group in groups if group.alive and _may_signal(file, group.leader)]


def _may_signal(file: File, task: Task) -> bool:
    """See sigio_perm."""
    cred, target = file.cred, task.cred
    return cred.euid == 0 or bool({cred.euid, cred.uid} & {target.suid, target.uid})
