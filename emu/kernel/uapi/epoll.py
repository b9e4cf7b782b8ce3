"""What epoll_ctl(2) is told. See epoll_ctl(2) and include/uapi/linux/eventpoll.h."""

from __future__ import annotations

from emu.kernel.args import FlagFamily

EPOLL_CTL_ADD = 1
EPOLL_CTL_DEL = 2
EPOLL_CTL_MOD = 3

EPOLL_OPERATION = FlagFamily(
    "epoll operation",
    (
        ("EPOLL_CTL_ADD", EPOLL_CTL_ADD),
        ("EPOLL_CTL_DEL", EPOLL_CTL_DEL),
        ("EPOLL_CTL_MOD", EPOLL_CTL_MOD),
    ),
    is_number=True,
)

EPOLL_CLOEXEC = 0o2000000

EPOLL_CREATE_FLAGS = FlagFamily("epoll flags", (("EPOLL_CLOEXEC", EPOLL_CLOEXEC),))

EPOLLIN = 0x00000001
EPOLLOUT = 0x00000004
EPOLLERR = 0x00000008
EPOLLHUP = 0x00000010
EPOLLEXCLUSIVE = 1 << 28
EPOLLWAKEUP = 1 << 29
EPOLLONESHOT = 1 << 30
EPOLLET = 1 << 31
"""Epoll's events have the same values on every ABI, unlike poll's."""

EPOLLINOUT_BITS = EPOLLIN | EPOLLOUT
EP_PRIVATE_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE
EPOLLEXCLUSIVE_OK_BITS = (
    EPOLLINOUT_BITS | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE
)

EPOLL_EVENTS = FlagFamily(
    "epoll events",
    (
        ("EPOLLIN", EPOLLIN),
        ("EPOLLPRI", 0x00000002),
        ("EPOLLOUT", EPOLLOUT),
        ("EPOLLRDNORM", 0x00000040),
        ("EPOLLRDBAND", 0x00000080),
        ("EPOLLWRNORM", 0x00000100),
        ("EPOLLWRBAND", 0x00000200),
        ("EPOLLMSG", 0x00000400),
        ("EPOLLERR", EPOLLERR),
        ("EPOLLHUP", EPOLLHUP),
        ("EPOLLRDHUP", 0x00002000),
        ("EPOLLEXCLUSIVE", EPOLLEXCLUSIVE),
        ("EPOLLWAKEUP", EPOLLWAKEUP),
        ("EPOLLONESHOT", EPOLLONESHOT),
        ("EPOLLET", EPOLLET),
    ),
)
