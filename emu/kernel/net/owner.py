"""Signals to a socket's owner: SIGIO when O_ASYNC is set, and SIGURG.

A socket says itself what happened, where other files only watch their queues: see
`emu.kernel.vfs.fasync`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.uapi.fcntl import FASYNC
from emu.kernel.vfs import fasync

if TYPE_CHECKING:
    from emu.kernel.net.socket import Socket


def send_sigio(socket: Socket, code: str) -> None:
    """Tell the owner what happened: POLL_IN, POLL_OUT, POLL_HUP."""
    file = socket.file
    if file is not None and file.flags & FASYNC:
        fasync.send_sigio(socket.net.kernel, file, code, socket.async_fd)


def send_sigurg(socket: Socket) -> None:
    """Tell the owner that an urgent byte came."""
    if socket.file is not None:
        fasync.send_sigurg(socket.net.kernel, socket.file)
