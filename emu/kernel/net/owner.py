"""Signals to a socket's owner: SIGIO when O_ASYNC is set, and SIGURG.

A socket says itself what happened, where other files only watch their queues: see
`emu.kernel.vfs.fasync`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal import sigio
from emu.kernel.uapi.fcntl import FASYNC

if TYPE_CHECKING:
    from emu.kernel.net.socket import Socket


def send_sigio(socket: Socket, code: str) -> None:
    """Tell the owner what happened: POLL_IN, POLL_OUT, POLL_HUP."""
    file = socket.file
    if file is not None and file.flags & FASYNC:
        sigio.send_sigio(file, socket.async_fd, code)


def send_sigurg(socket: Socket) -> None:
    """Tell the owner that an urgent byte came."""
    if socket.file is not None:
        sigio.send_sigurg(socket.file)
