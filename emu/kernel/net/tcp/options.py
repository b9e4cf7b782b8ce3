"""The options of the level IPPROTO_TCP. See tcp(7), do_tcp_setsockopt."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENOENT, ENOPROTOOPT, EPERM
from emu.kernel.uapi import tcp
from emu.kernel.uapi.capability import CAP_NET_ADMIN

if TYPE_CHECKING:
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.net.tcp.sock import TcpSocket
    from emu.kernel.task import Task

MAX_KEEPIDLE = MAX_KEEPINTVL = 32767
MAX_KEEPCNT = MAX_SYNCNT = 127
MIN_MSS, MAX_MSS = 88, 32767
MAX_LINGER2 = 120
CONGESTION = b"reno"
CA_NAME_MAX = 16
SAVED = {
    tcp.TCP_THIN_LINEAR_TIMEOUTS, tcp.TCP_THIN_DUPACK, tcp.TCP_FASTOPEN_CONNECT,
    tcp.TCP_FASTOPEN_NO_COOKIE, tcp.TCP_SAVE_SYN, tcp.TCP_TIMESTAMP, tcp.TCP_TX_DELAY,
}  # fmt: skip
"""Options that are understood and change nothing here; getsockopt(2) tells them."""


class TcpOptions:
    """A socket's options of TCP; 0 of a time or a count is the machine's default.

    `connecting`: a connect has begun whose end nobody was told yet.
    """

    def __init__(self) -> None:
        self.nodelay = False
        self.cork = False
        self.more = False
        self.maxseg = 0
        self.keep_idle = self.keep_interval = self.keep_count = 0
        self.syn_retries = 0
        self.linger2 = 0
        self.defer_accept = 0
        self.window_clamp = 0
        self.quickack = True
        self.user_timeout = 0
        self.notsent_lowat = 0
        self.fastopen = 0
        self.inq = False
        self.congestion = CONGESTION
        self.saved: dict[int, int] = {}
        self.sndbuf_locked = self.rcvbuf_locked = False
        self.peer_scales = False
        self.stamps = False
        self.connecting = False
        self.bound_before: tuple[bytes, int] | None = None

    @property
    def holds_back(self) -> bool:
        """Whether a short segment waits for more to come."""
        return self.cork or self.more

    def inherited(self) -> TcpOptions:
        """What a listener's connection begins with."""
        child = copy(self)
        child.saved = dict(self.saved)
        child.connecting = child.more = False
        child.bound_before = None
        return child


def set_tcp_option(sock: TcpSocket, task: Task, optname: int, value: OptionValue) -> None:
    """Set an option. ENOPROTOOPT, EINVAL."""
    options = sock.options
    if optname == tcp.TCP_CONGESTION:
        if value.length < 1:
            raise EINVAL("no name")
        name = value.raw(CA_NAME_MAX - 1).partition(b"\0")[0]
        if name != CONGESTION:
            raise ENOENT("no such congestion control")
        return
    number = value.integer()
    match optname:
        case tcp.TCP_NODELAY:
            options.nodelay = bool(number)
            if number:
                _push(sock, forced=False)
        case tcp.TCP_CORK:
            options.cork = bool(number)
            if not number:
                _push(sock, forced=options.nodelay)
        case tcp.TCP_MAXSEG:
            if number and not MIN_MSS <= number <= MAX_MSS:
                raise EINVAL("out of range")
            options.maxseg = number
        case tcp.TCP_KEEPIDLE:
            options.keep_idle = _within(number, 1, MAX_KEEPIDLE)
            sock.timers.set_keepalive(sock.timers.keepalive)
        case tcp.TCP_KEEPINTVL:
            options.keep_interval = _within(number, 1, MAX_KEEPINTVL)
        case tcp.TCP_KEEPCNT:
            options.keep_count = _within(number, 1, MAX_KEEPCNT)
        case tcp.TCP_SYNCNT:
            options.syn_retries = _within(number, 1, MAX_SYNCNT)
        case tcp.TCP_LINGER2:
            options.linger2 = -1 if number < 0 else min(number, MAX_LINGER2)
        case tcp.TCP_DEFER_ACCEPT:
            options.defer_accept = max(number, 0)
        case tcp.TCP_WINDOW_CLAMP:
            options.window_clamp = max(number, 0)
            if number:
                sock.window_limit = max(number, 1152)
        case tcp.TCP_QUICKACK:
            options.quickack = bool(number & 1)
        case tcp.TCP_USER_TIMEOUT:
            options.user_timeout = _within(number, 0, (1 << 31) - 1)
        case tcp.TCP_NOTSENT_LOWAT:
            options.notsent_lowat = number & 0xFFFFFFFF
            sock.write_space()
        case tcp.TCP_FASTOPEN:
            options.fastopen = _within(number, 0, (1 << 31) - 1)
        case tcp.TCP_INQ:
            options.inq = bool(_within(number, 0, 1))
        case tcp.TCP_REPAIR:
            if not task.cred.capable(CAP_NET_ADMIN):
                raise EPERM("TCP_REPAIR needs CAP_NET_ADMIN")
            raise ENOPROTOOPT("no repair")
        case _ if optname in SAVED:
            options.saved[optname] = number
        case _:
            raise ENOPROTOOPT(f"no TCP option {optname} can be set")


def _within(number: int, least: int, largest: int) -> int:
    if not least <= number <= largest:
        raise EINVAL("out of range")
    return number


def _push(sock: TcpSocket, *, forced: bool) -> None:
    from emu.kernel.net.tcp.output import push

    push(sock, forced=forced or sock.options.nodelay)
