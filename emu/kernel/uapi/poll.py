"""Poll events. See poll(2)."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

POLLIN = 0x0001
POLLPRI = 0x0002
POLLOUT = 0x0004
POLLERR = 0x0008
POLLHUP = 0x0010
POLLNVAL = 0x0020
POLLRDNORM = 0x0040
POLLRDBAND = 0x0080
POLLWRNORM = 0x0100
POLLWRBAND = 0x0200
POLLMSG = 0x0400
POLLREMOVE = 0x1000
POLLRDHUP = 0x2000

POLL_EVENTS = FlagFamily(
    "poll events",
    (
        ("POLLIN", POLLIN),
        ("POLLPRI", POLLPRI),
        ("POLLOUT", POLLOUT),
        ("POLLERR", POLLERR),
        ("POLLHUP", POLLHUP),
        ("POLLNVAL", POLLNVAL),
        ("POLLRDNORM", POLLRDNORM),
        ("POLLRDBAND", POLLRDBAND),
        ("POLLWRNORM", POLLWRNORM),
        ("POLLWRBAND", POLLWRBAND),
        ("POLLMSG", POLLMSG),
        ("POLLREMOVE", POLLREMOVE),
        ("POLLRDHUP", POLLRDHUP),
    ),
)

ALWAYS_READY = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM
"""What files that never block answer: see DEFAULT_POLLMASK."""
