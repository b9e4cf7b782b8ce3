"""SIGIO for who wants it: see fasync_helper in fs/fcntl.c. Imported through fs.h."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.sigio import send_sigio

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File

POLL_IN, POLL_OUT, POLL_MSG, POLL_ERR, POLL_PRI, POLL_HUP = range(1, 7)
SIGIO = 29
REASONS = {
    POLL_IN: "POLL_IN", POLL_OUT: "POLL_OUT", POLL_MSG: "POLL_MSG", POLL_ERR: "POLL_ERR",
    POLL_PRI: "POLL_PRI", POLL_HUP: "POLL_HUP",
}  # fmt: skip


class fasync_struct:
    """The open files whose owners are told: C's list of them."""

    def __init__(self) -> None:
        self.files: dict[File, int] = {}


def fasync_helper(fd: int, filp: File, on: int, fapp: fasync_struct) -> int:
    """Tell a file's owner from now on, or no more: whether that is a change."""
    if on:
        new = filp not in fapp.files
        fapp.files[filp] = fd
        return int(new)
    return int(fapp.files.pop(filp, None) is not None)


def kill_fasync(fp: fasync_struct, sig: int, band: int) -> None:
    """Send SIGIO, or what F_SETSIG says, to the owners."""
    for file, fd in list(fp.files.items()):
        send_sigio(file, fd, REASONS[band])
