"""Signals that a terminal sends to its foreground process group. See isig in n_tty.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.send import kill_pgrp
from emu.kernel.uapi.termios import NOFLSH, TIOCPKT_FLUSHREAD

if TYPE_CHECKING:
    from emu.kernel.tty.tty import Tty


def isig(tty: Tty, signal: int) -> None:
    """Signal the foreground group and, without NOFLSH, forget what waits in both directions."""
    if tty.ctrl.pgrp:
        kill_pgrp(tty.kernel, tty.ctrl.pgrp, signal)
    if not tty.termios.lflag & NOFLSH:
        tty.ldisc.echo.clear()
        tty.driver.flush_buffer(tty)
        flush_input(tty)


def flush_input(tty: Tty) -> None:
    """Forget what was not read, and tell a master in packet mode: see n_tty_flush_buffer."""
    tty.ldisc.flush()
    packet_status(tty, TIOCPKT_FLUSHREAD)


def packet_status(tty: Tty, on: int, off: int = 0) -> None:
    """Note something for the master of a pseudo-terminal, if it is in packet mode."""
    master = tty.link
    if master is not None and master.ctrl.packet:
        tty.ctrl.pktstatus = tty.ctrl.pktstatus & ~off | on
        master.read_wait.wake_up_all()
