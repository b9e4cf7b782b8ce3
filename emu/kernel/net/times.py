"""Timeouts and time stamps of sockets, in the structs of the old and the new options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC, NSEC_PER_USEC
from emu.kernel.errno import EDOM, EINVAL
from emu.kernel.uapi.socket import (
    SO_RCVTIMEO_OLD,
    SO_SNDTIMEO_OLD,
    SO_TIMESTAMP_NEW,
    SO_TIMESTAMP_OLD,
    SO_TIMESTAMPNS_NEW,
    SO_TIMESTAMPNS_OLD,
    SOL_SOCKET,
)

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.arch.layout import Layout
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.socket import Socket

STAMPS = (SO_TIMESTAMP_OLD, SO_TIMESTAMP_NEW, SO_TIMESTAMPNS_OLD, SO_TIMESTAMPNS_NEW)
"""The options of which one at a time may ask for time stamps."""

USEC_PER_SEC = 1_000_000
STAMP_NAMES = {
    SO_TIMESTAMP_OLD: "SO_TIMESTAMP_OLD",
    SO_TIMESTAMP_NEW: "SO_TIMESTAMP_NEW",
    SO_TIMESTAMPNS_OLD: "SO_TIMESTAMPNS_OLD",
    SO_TIMESTAMPNS_NEW: "SO_TIMESTAMPNS_NEW",
}
JIFFY_NS = 4_000_000
"""The tick of a kernel with CONFIG_HZ=250: timeouts are multiples of it."""


def parse_timeout(abi: Abi, optname: int, raw: bytes) -> int | None:
    """SO_RCVTIMEO or SO_SNDTIMEO in nanoseconds, None for ever: see sock_set_timeout. EDOM."""
    layout = _timeval(abi, optname)
    if len(raw) < layout.size:
        raise EINVAL("shorter than a timeval")
    value = layout.unpack(raw)
    seconds, microseconds = value["tv_sec"], value["tv_usec"]
    if not 0 <= microseconds < USEC_PER_SEC:
        raise EDOM("microseconds")
    if seconds < 0:
        return 0
    timeout = seconds * NSEC_PER_SEC + microseconds * NSEC_PER_USEC
    return -(-timeout // JIFFY_NS) * JIFFY_NS or None


def pack_timeout(abi: Abi, optname: int, timeout_ns: int | None) -> bytes:
    """The same backwards; for ever is 0."""
    layout = _timeval(abi, optname)
    seconds, rest = divmod(timeout_ns or 0, NSEC_PER_SEC)
    limit = (1 << 8 * layout.fields["tv_sec"].size - 1) - 1
    return layout.pack(tv_sec=min(seconds, limit), tv_usec=rest // NSEC_PER_USEC)


def pack_timestamp(abi: Abi, optname: int, stamp_ns: int) -> bytes:
    """The struct of SO_TIMESTAMP or its like for a time, in the caller's layout."""
    seconds, rest = divmod(stamp_ns, NSEC_PER_SEC)
    if optname == SO_TIMESTAMP_OLD:
        layout = abi.layout("__kernel_old_timeval")
        return layout.pack(tv_sec=_cut(layout, seconds), tv_usec=rest // NSEC_PER_USEC)
    if optname == SO_TIMESTAMP_NEW:
        layout = abi.layout("__kernel_sock_timeval")
        return layout.pack(tv_sec=seconds, tv_usec=rest // NSEC_PER_USEC)
    old = optname == SO_TIMESTAMPNS_OLD
    layout = abi.layout("__kernel_old_timespec" if old else "__kernel_timespec")
    return layout.pack(tv_sec=_cut(layout, seconds), tv_nsec=rest)


def put_timestamps(socket: Socket, msg: MsgHdr, stamp_ns: int) -> None:
    """Tell a receiver when a message arrived, if an option asks for it."""
    for option in STAMPS:
        if socket.flag(option):
            number = msg.abi.constants[STAMP_NAMES[option]]
            msg.put_cmsg(SOL_SOCKET, number, pack_timestamp(msg.abi, option, stamp_ns))


def _timeval(abi: Abi, optname: int) -> Layout:
    old = optname in (SO_RCVTIMEO_OLD, SO_SNDTIMEO_OLD)
    return abi.layout("__kernel_old_timeval" if old else "__kernel_sock_timeval")


def _cut(layout: Layout, seconds: int) -> int:
    """Seconds as a struct of 32-bit times can hold them."""
    bits = 8 * layout.fields["tv_sec"].size
    return (seconds & (1 << bits) - 1 ^ 1 << bits - 1) - (1 << bits - 1)
