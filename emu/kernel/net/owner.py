"""Signals to a socket's owner, whom F_SETOWN names: SIGIO when O_ASYNC is set, and SIGURG.

See send_sigio and send_sigurg in fs/fcntl.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.pending import SigInfo
from emu.kernel.signal.send import send_signal
from emu.kernel.uapi.fcntl import FASYNC
from emu.kernel.uapi.poll import POLLHUP, POLLIN, POLLOUT, POLLPRI, POLLRDNORM, POLLWRNORM
from emu.kernel.uapi.signal import SIGIO, SIGURG

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.net.socket import Socket
    from emu.kernel.task import Task
    from emu.kernel.thread_group import ThreadGroup
    from emu.kernel.vfs.file import File

BANDS = {
    "POLL_IN": POLLIN | POLLRDNORM,
    "POLL_OUT": POLLOUT | POLLWRNORM,
    "POLL_PRI": POLLPRI,
    "POLL_HUP": POLLHUP,
}


def send_sigio(socket: Socket, code: str) -> None:
    """Tell the owner what happened: POLL_IN, POLL_OUT, POLL_HUP.

    With F_SETSIG it is that signal, and says which descriptor and what.
    """
    file = socket.file
    if file is None or not file.flags & FASYNC:
        return
    signal = file.signum or SIGIO
    for task in _owners(socket.net.kernel, file):
        if file.signum:
            fd = next((fd for fd in task.files.descriptors() if task.files.get(fd) is file), 0)
            info = SigInfo(signal, code, band=BANDS[code], fd=fd)
        else:
            info = SigInfo.from_kernel(signal)
        send_signal(task, signal, info)


def send_sigurg(socket: Socket) -> None:
    """Tell the owner that an urgent byte came."""
    if socket.file is not None:
        for task in _owners(socket.net.kernel, socket.file):
            send_signal(task, SIGURG)


def _owners(kernel: Kernel, file: File) -> list[Task]:
    if not file.owner:
        return []
    groups: list[ThreadGroup] = []
    if file.owner > 0:
        group = kernel.process(file.owner)
        groups = [] if group is None else [group]
    else:
        groups = [group for group in kernel.groups() if group.pgid == -file.owner]
    return [group.leader for group in groups if group.alive and _may_signal(file, group.leader)]


def _may_signal(file: File, task: Task) -> bool:
    """See sigio_perm."""
    cred, target = file.cred, task.cred
    return cred.euid == 0 or bool({cred.euid, cred.uid} & {target.suid, target.uid})
