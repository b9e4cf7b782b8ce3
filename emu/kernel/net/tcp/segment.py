"""TCP's segments. See RFC 9293, RFC 7323."""

from __future__ import annotations

import struct

from emu.kernel.net.checksum import transport_checksum
from emu.kernel.uapi.in_ import IPPROTO_TCP

HEADER = struct.Struct(">HHIIHHHH")
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
SEQUENCES = 1 << 32
_HALF = 1 << 31
OPTION_END, OPTION_NOP, OPTION_MSS, OPTION_WSCALE, OPTION_STAMP = 0, 1, 2, 3, 8
STAMP = struct.Struct(">BBBBII")
STAMP_SIZE = 10
STAMP_SPACE = 12
"""What the time stamps take of every segment: RFC 7323."""
DEFAULT_MSS = 536


def before(first: int, second: int) -> bool:
    """Whether a sequence number is before another."""
    return (first - second) % SEQUENCES > _HALF


def after(first: int, second: int) -> bool:
    """Whether a sequence number is behind another."""
    return before(second, first)


def distance(first: int, second: int) -> int:
    """How far it is from the first to the second sequence number, which is not before it."""
    return (second - first) % SEQUENCES


class Segment:
    """One segment. `window` is as it stands in the header, not scaled yet.

    `stamp` are the time stamps: the sender's, and the one it echoes.
    """

    __slots__ = (
        "ack", "data", "destination", "flags", "mss", "seq", "source", "stamp", "urgent", "window",
        "wscale",
    )  # fmt: skip

    def __init__(
        self,
        source: int,
        destination: int,
        seq: int,
        ack: int,
        flags: int,
        window: int,
        data: bytes = b"",
    ) -> None:
        self.source = source
        self.destination = destination
        self.seq = seq
        self.ack = ack
        self.flags = flags
        self.window = window
        self.data = data
        self.urgent = 0
        self.mss: int | None = None
        self.wscale: int | None = None
        self.stamp: tuple[int, int] | None = None

    @property
    def space(self) -> int:
        """How much of the sequence it takes: SYN and FIN count as a byte each."""
        return len(self.data) + (self.flags & SYN != 0) + (self.flags & FIN != 0)

    @property
    def end(self) -> int:
        """The sequence number behind it."""
        return (self.seq + self.space) % SEQUENCES

    def options(self) -> bytes:
        """The options' bytes, a multiple of 4."""
        options = b""
        if self.mss is not None:
            options += struct.pack(">BBH", OPTION_MSS, 4, self.mss)
        if self.stamp is not None:
            options += STAMP.pack(OPTION_NOP, OPTION_NOP, OPTION_STAMP, STAMP_SIZE, *self.stamp)
        if self.wscale is not None:
            options += struct.pack(">BBBB", OPTION_NOP, OPTION_WSCALE, 3, self.wscale)
        return options

    def __len__(self) -> int:
        words = (self.mss is not None) + (self.wscale is not None) + 3 * (self.stamp is not None)
        return HEADER.size + 4 * words + len(self.data)

    def pack(self, source: bytes, destination: bytes) -> bytes:
        """The segment as on the wire."""
        options = self.options()
        words = 5 + len(options) // 4
        head = HEADER.pack(
            self.source, self.destination, self.seq, self.ack, words << 12 | self.flags,
            self.window, 0, self.urgent,
        )  # fmt: skip
        raw = head + options + self.data
        sum_ = transport_checksum(source, destination, IPPROTO_TCP, raw)
        return raw[:16] + struct.pack(">H", sum_) + raw[18:]


def parse_segment(source: bytes, destination: bytes, raw: bytes) -> Segment | None:
    """The segment of some bytes; None if they are no good one."""
    if len(raw) < HEADER.size or transport_checksum(source, destination, IPPROTO_TCP, raw):
        return None
    sport, dport, seq, ack, flags, window, _, urgent = HEADER.unpack_from(raw)
    length = (flags >> 12) * 4
    if not HEADER.size <= length <= len(raw):
        return None
    segment = Segment(sport, dport, seq, ack, flags & 0x3F, window, raw[length:])
    segment.urgent = urgent
    _parse_options(segment, raw[HEADER.size : length])
    return segment


def _parse_options(segment: Segment, options: bytes) -> None:
    place = 0
    while place < len(options):
        kind = options[place]
        if kind == OPTION_END:
            return
        if kind == OPTION_NOP:
            place += 1
            continue
        if place + 1 >= len(options) or options[place + 1] < 2:
            return
        size = options[place + 1]
        value = options[place + 2 : place + size]
        if kind == OPTION_MSS and len(value) == 2:
            segment.mss = int.from_bytes(value, "big")
        elif kind == OPTION_WSCALE and len(value) == 1:
            segment.wscale = min(value[0], 14)
        elif kind == OPTION_STAMP and len(value) == 8:
            segment.stamp = (int.from_bytes(value[:4], "big"), int.from_bytes(value[4:], "big"))
        place += size
