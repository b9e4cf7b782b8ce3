"""A terminal's settings in the kernel's own numbers. See struct ktermios."""

from __future__ import annotations

from emu.kernel.uapi.termios import (
    B38400,
    BAUD_RATES,
    BOTHER,
    CBAUD,
    CBAUDEX,
    CREAD,
    CS8,
    ECHO,
    ECHOCTL,
    ECHOE,
    ECHOK,
    ECHOKE,
    HUPCL,
    IBSHIFT,
    ICANON,
    ICRNL,
    IEXTEN,
    ISIG,
    IXON,
    NCCS,
    ONLCR,
    OPOST,
)
from emu.record import record, replace

INIT_C_CC = b"\x03\x1c\x7f\x15\x04\x00\x01\x00\x11\x13\x1a\x00\x12\x0f\x17\x16\x00".ljust(
    NCCS, b"\0"
)
"""Ctrl-C, Ctrl-\\, Del, Ctrl-U, Ctrl-D, VTIME 0, VMIN 1 ... See asm-generic/termios.h."""


@record(frozen=False)
class Ktermios:
    """The settings; those a new terminal has, unless said otherwise."""

    iflag: int = ICRNL | IXON
    oflag: int = OPOST | ONLCR
    cflag: int = B38400 | CS8 | CREAD | HUPCL
    lflag: int = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN
    line: int = 0
    cc: bytes = INIT_C_CC
    ispeed: int = 38400
    ospeed: int = 38400

    def copy(self) -> Ktermios:
        """The same settings, to be changed."""
        return replace(self)

    def follow_speed_bits(self) -> None:
        """Take the speeds that c_cflag names, where it names one: tty_termios_baud_rate."""
        self.ospeed = _rate(self.cflag, self.ospeed)
        inward = self.cflag >> IBSHIFT
        self.ispeed = _rate(inward, self.ispeed) if inward & CBAUD else self.ospeed


@record(frozen=False)
class Winsize:
    """A terminal's size in characters and in pixels."""

    row: int = 0
    col: int = 0
    xpixel: int = 0
    ypixel: int = 0


@record(frozen=False)
class FlowControl:
    """Whether output stands still, by VSTOP (`stopped`) and by TCOOFF (`tco_stopped`) too."""

    stopped: bool = False
    tco_stopped: bool = False


@record(frozen=False)
class Control:
    """Whose terminal it is; ids are 0 where there is nobody. Packet mode is a pty master's."""

    pgrp: int = 0
    session: int = 0
    packet: bool = False
    pktstatus: int = 0


def pty_master_termios() -> Ktermios:
    """What the master of a pseudo-terminal has: nothing is done to the bytes."""
    return Ktermios(iflag=0, oflag=0, cflag=B38400 | CS8 | CREAD, lflag=0)


def pty_slave_termios() -> Ktermios:
    """What the slave of a new pseudo-terminal has."""
    return Ktermios(cflag=B38400 | CS8 | CREAD)


def _rate(bits: int, other: int) -> int:
    bits &= CBAUD
    if bits == BOTHER:
        return other
    index = (bits & ~CBAUDEX) + (15 if bits & CBAUDEX else 0)
    return BAUD_RATES[index] if index < len(BAUD_RATES) else 0
