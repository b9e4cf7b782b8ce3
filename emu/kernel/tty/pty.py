"""Pseudo-terminals: a pair of terminals, each the other's far end. See drivers/tty/pty.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EIO
from emu.kernel.signal.send import kill_pgrp
from emu.kernel.tty.driver import TtyDriver
from emu.kernel.tty.hangup import vhangup
from emu.kernel.tty.ktermios import Winsize, pty_master_termios, pty_slave_termios
from emu.kernel.tty.signals import packet_status
from emu.kernel.tty.tty import Tty
from emu.kernel.uapi import ioctl as ioctls
from emu.kernel.uapi.signal import SIGINT, SIGQUIT, SIGTSTP, SIGWINCH
from emu.kernel.uapi.termios import (
    CREAD,
    CS8,
    CSIZE,
    EXTPROC,
    IXON,
    PARENB,
    TIOCPKT_DOSTOP,
    TIOCPKT_FLUSHWRITE,
    TIOCPKT_IOCTL,
    TIOCPKT_NOSTOP,
    TIOCPKT_START,
    TIOCPKT_STOP,
    VSTART,
    VSTOP,
)
from emu.kernel.vfs.dev import MKDEV

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.kernel import Kernel
    from emu.kernel.task import Task
    from emu.kernel.tty.ktermios import Ktermios
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import Result

MASTER_MAJOR = 128
SLAVE_MAJOR = 136
PORT_LIMIT = 8192
"""How much may be on its way; what the reader's line discipline holds comes on top."""


class PtyDriver(TtyDriver):
    """What both ends have in common."""

    is_pty = True

    def open(self, tty: Tty) -> None:
        """EIO for a slave whose master is gone or keeps it locked."""
        other = far_end(tty)
        if tty.other_closed or other.locked or (not self.is_master and other.count != 1):
            tty.io_error = True
            raise EIO("the master is gone or keeps it locked")
        tty.io_error = other.other_closed = False

    def write(self, tty: Tty, data: bytes) -> int:
        """Bytes arrive at the other end at once; echoes when all of them are made."""
        if tty.flow.stopped:
            return 0
        other = far_end(tty)
        sent = data[: max(0, PORT_LIMIT - len(other.port))]
        other.port += sent
        if not tty.ldisc.receiving:
            other.push()
        return len(sent)

    def flush_chars(self, tty: Tty) -> None:
        """The other end gets them."""
        far_end(tty).push()

    def write_room(self, tty: Tty) -> int:
        """None while output is stopped."""
        return 0 if tty.flow.stopped else max(0, PORT_LIMIT - len(far_end(tty).port))

    def flush_buffer(self, tty: Tty) -> None:
        """Forget what the other end has no room for."""
        other = far_end(tty)
        other.port.clear()
        if other.ctrl.packet:
            packet_status(tty, TIOCPKT_FLUSHWRITE)

    def unthrottle(self, tty: Tty) -> None:
        """Those who write to the other end may go on."""
        far_end(tty).write_wait.wake_up_all()

    def start(self, tty: Tty) -> None:
        """A master in packet mode is told."""
        packet_status(tty, TIOCPKT_START, off=TIOCPKT_STOP)

    def stop(self, tty: Tty) -> None:
        """A master in packet mode is told."""
        packet_status(tty, TIOCPKT_STOP, off=TIOCPKT_START)


class PtySlave(PtyDriver):
    """The end that programs take for a terminal."""

    name = b"pts"
    device = MKDEV(SLAVE_MAJOR, 0)

    def close(self, tty: Tty) -> None:
        """The last one to close it leaves the master without a reader."""
        if tty.io_error or tty.count > 2:
            return
        close_end(tty)

    def shutdown(self, tty: Tty) -> None:
        """Neither end is open."""
        far_end(tty).driver.shutdown(far_end(tty))

    def set_termios(self, tty: Tty, old: Ktermios) -> None:
        """Always 8 bits and no parity; a master in packet mode is told of flow control."""
        new = tty.termios
        external = (old.lflag | new.lflag) & EXTPROC
        if has_usual_flow(old) != has_usual_flow(new):
            on = TIOCPKT_DOSTOP if has_usual_flow(new) else TIOCPKT_NOSTOP
            packet_status(tty, on, off=TIOCPKT_DOSTOP | TIOCPKT_NOSTOP)
        if external:
            packet_status(tty, TIOCPKT_IOCTL)
        new.cflag = new.cflag & ~(CSIZE | PARENB) | CS8 | CREAD


class PtyMaster(PtyDriver):
    """The end of the program that plays the terminal. `forget` frees a slave's name."""

    name = b"ptm"
    is_master = True
    device = MKDEV(MASTER_MAJOR, 0)

    def __init__(self, forget: Callable[[Tty, bool], None]) -> None:
        self._forget = forget

    def close(self, tty: Tty) -> None:
        """The slave is hung up and its name goes."""
        close_end(tty)
        tty.other_closed = True
        slave = far_end(tty)
        self._forget(slave, False)
        vhangup(slave)

    def resize(self, tty: Tty, size: Winsize) -> None:
        """Both ends' foreground groups are told: see pty_resize."""
        slave = far_end(tty)
        if size == tty.winsize:
            return
        groups = {slave.ctrl.pgrp: None, tty.ctrl.pgrp: None}
        for pgrp in filter(None, groups):
            kill_pgrp(tty.kernel, pgrp, SIGWINCH)
        slave.winsize = tty.winsize = size

    def ioctl(self, file: File, tty: Tty, task: Task, cmd: int, arg: int) -> Result | None:
        """Its number, its lock, packet mode, and signals. See ioctl_tty(2)."""
        match cmd:
            case ioctls.TIOCGPTN:
                task.mm.write_u32(arg, tty.index)
            case ioctls.TIOCSPTLCK:
                tty.locked = bool(task.mm.read_u32(arg))
            case ioctls.TIOCGPTLCK:
                task.mm.write_u32(arg, tty.locked)
            case ioctls.TIOCPKT:
                self._set_packet_mode(tty, bool(task.mm.read_u32(arg)))
            case ioctls.TIOCGPKT:
                task.mm.write_u32(arg, tty.ctrl.packet)
            case ioctls.TIOCSIG:
                return self._signal(tty, task, arg)
            case _:
                return None
        return 0

    def shutdown(self, tty: Tty) -> None:
        """Neither end is open: the number is free."""
        self._forget(far_end(tty), True)

    def _set_packet_mode(self, tty: Tty, on: bool) -> None:
        if on and not tty.ctrl.packet:
            far_end(tty).ctrl.pktstatus = 0
        tty.ctrl.packet = on

    def _signal(self, tty: Tty, task: Task, number: int) -> int:
        from emu.kernel.signal.numbers import signal_numbers

        signal = signal_numbers(task.abi).decode(number & 0xFFFFFFFF)
        if signal not in (SIGINT, SIGQUIT, SIGTSTP):
            raise EINVAL("not a signal of a terminal")
        pgrp = far_end(tty).ctrl.pgrp
        if pgrp:
            kill_pgrp(tty.kernel, pgrp, signal)
        return 0


SLAVE = PtySlave()


def far_end(tty: Tty) -> Tty:
    """The other end."""
    assert tty.link is not None
    return tty.link


def make_pair(kernel: Kernel, index: int, forget: Callable[[Tty, bool], None]) -> Tty:
    """A new pair, whose slave is locked: the master."""
    master = Tty(kernel, PtyMaster(forget), index, pty_master_termios())
    slave = Tty(kernel, SLAVE, index, pty_slave_termios())
    master.link, slave.link = slave, master
    master.locked = True
    slave.count = 1
    return master


def close_end(tty: Tty) -> None:
    """Nothing comes from this end any more."""
    tty.io_error = True
    tty.ctrl.packet = False
    other = far_end(tty)
    other.other_closed = True
    tty.wake_up()
    other.wake_up()


def has_usual_flow(termios: Ktermios) -> bool:
    """Whether Ctrl-S and Ctrl-Q stop and start output, so that the master's user may do it."""
    return bool(termios.iflag & IXON) and termios.cc[VSTOP] == 0x13 and termios.cc[VSTART] == 0x11
