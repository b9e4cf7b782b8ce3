"""Terminal settings: flags, control characters and speeds. See termios(3)."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

# c_iflag
IGNBRK = 0o000001
BRKINT = 0o000002
IGNPAR = 0o000004
PARMRK = 0o000010
INPCK = 0o000020
ISTRIP = 0o000040
INLCR = 0o000100
IGNCR = 0o000200
ICRNL = 0o000400
IUCLC = 0o001000
IXON = 0o002000
IXANY = 0o004000
IXOFF = 0o010000
IMAXBEL = 0o020000
IUTF8 = 0o040000

# c_oflag
OPOST = 0o000001
OLCUC = 0o000002
ONLCR = 0o000004
OCRNL = 0o000010
ONOCR = 0o000020
ONLRET = 0o000040
TABDLY = 0o014000
XTABS = 0o014000

# c_cflag
CBAUD = 0o010017
CBAUDEX = 0o010000
BOTHER = 0o010000
B38400 = 0o000017
CSIZE = 0o000060
CS8 = 0o000060
CREAD = 0o000200
PARENB = 0o000400
HUPCL = 0o002000
CLOCAL = 0o004000
IBSHIFT = 16

# c_lflag
ISIG = 0o000001
ICANON = 0o000002
XCASE = 0o000004
ECHO = 0o000010
ECHOE = 0o000020
ECHOK = 0o000040
ECHONL = 0o000100
NOFLSH = 0o000200
TOSTOP = 0o000400
ECHOCTL = 0o001000
ECHOPRT = 0o002000
ECHOKE = 0o004000
FLUSHO = 0o010000
PENDIN = 0o040000
IEXTEN = 0o100000
EXTPROC = 0o200000

LOCAL_FLAGS = FlagFamily(
    "c_lflag",
    (
        ("ISIG", ISIG),
        ("ICANON", ICANON),
        ("XCASE", XCASE),
        ("ECHO", ECHO),
        ("ECHOE", ECHOE),
        ("ECHOK", ECHOK),
        ("ECHONL", ECHONL),
        ("NOFLSH", NOFLSH),
        ("TOSTOP", TOSTOP),
        ("ECHOCTL", ECHOCTL),
        ("ECHOPRT", ECHOPRT),
        ("ECHOKE", ECHOKE),
        ("FLUSHO", FLUSHO),
        ("PENDIN", PENDIN),
        ("IEXTEN", IEXTEN),
        ("EXTPROC", EXTPROC),
    ),
)
"""The only flags that an ABI (MIPS) numbers its own way."""

INPUT_FLAGS = FlagFamily(
    "c_iflag",
    (
        ("IGNBRK", IGNBRK),
        ("BRKINT", BRKINT),
        ("IGNPAR", IGNPAR),
        ("PARMRK", PARMRK),
        ("INPCK", INPCK),
        ("ISTRIP", ISTRIP),
        ("INLCR", INLCR),
        ("IGNCR", IGNCR),
        ("ICRNL", ICRNL),
        ("IUCLC", IUCLC),
        ("IXON", IXON),
        ("IXANY", IXANY),
        ("IXOFF", IXOFF),
        ("IMAXBEL", IMAXBEL),
        ("IUTF8", IUTF8),
    ),
)
OUTPUT_FLAGS = FlagFamily(
    "c_oflag",
    (
        ("OPOST", OPOST),
        ("OLCUC", OLCUC),
        ("ONLCR", ONLCR),
        ("OCRNL", OCRNL),
        ("ONOCR", ONOCR),
        ("ONLRET", ONLRET),
        ("XTABS", XTABS),
    ),
)
CONTROL_FLAGS = FlagFamily(
    "c_cflag",
    (
        ("CS8", CS8),
        ("CREAD", CREAD),
        ("PARENB", PARENB),
        ("HUPCL", HUPCL),
        ("CLOCAL", CLOCAL),
        ("CBAUDEX", CBAUDEX),
        ("B38400", B38400),
    ),
)

# Places in c_cc, the generic ones.
VINTR = 0
VQUIT = 1
VERASE = 2
VKILL = 3
VEOF = 4
VTIME = 5
VMIN = 6
VSWTC = 7
VSTART = 8
VSTOP = 9
VSUSP = 10
VEOL = 11
VREPRINT = 12
VDISCARD = 13
VWERASE = 14
VLNEXT = 15
VEOL2 = 16
NCCS = 19
NCC = 8
"""How many of them struct termio has."""

CC_NAMES = (
    "VINTR", "VQUIT", "VERASE", "VKILL", "VEOF", "VTIME", "VMIN", "VSWTC", "VSTART", "VSTOP",
    "VSUSP", "VEOL", "VREPRINT", "VDISCARD", "VWERASE", "VLNEXT", "VEOL2",
)  # fmt: skip

DISABLED_CHAR = 0

# Arguments of TCXONC and TCFLSH.
TCOOFF, TCOON, TCIOFF, TCION = range(4)
TCIFLUSH, TCOFLUSH, TCIOFLUSH = range(3)

# What the first byte of a read says in packet mode.
TIOCPKT_DATA = 0
TIOCPKT_FLUSHREAD = 1
TIOCPKT_FLUSHWRITE = 2
TIOCPKT_STOP = 4
TIOCPKT_START = 8
TIOCPKT_NOSTOP = 16
TIOCPKT_DOSTOP = 32
TIOCPKT_IOCTL = 64

N_TTY = 0

BAUD_RATES = (
    0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600,
    115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000,
    3000000, 3500000, 4000000,
)  # fmt: skip
"""Bits per second of B0, B50 ... B38400, then those with CBAUDEX: see baud_table."""
