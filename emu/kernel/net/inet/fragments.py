"""Packets too large for a device, cut and put together again. See RFC 791, RFC 8200."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.net.inet.packet import IpPacket, Octets

if TYPE_CHECKING:
    from emu.kernel.net.stack import Stack
    from emu.kernel.timer_queue import Timer

TIMEOUT_NS = {4: 30 * NSEC_PER_SEC, 16: 60 * NSEC_PER_SEC}
QUEUES_MAX = 256
PACKET_MAX = 65535

Key = tuple[bytes, bytes, int, int]


def fragment(packet: IpPacket, mtu: int, ident: int) -> Iterator[IpPacket]:
    """The pieces of a packet, each no larger than the device takes."""
    payload = packet.payload_bytes()
    header = 20 + len(packet.options) if len(packet.source) == 4 else 48
    room = max(8, mtu - header & -8)
    for offset in range(0, len(payload), room):
        piece = packet.copy()
        piece.payload = Octets(payload[offset : offset + room])
        piece.offset = packet.offset + offset
        piece.more = packet.more or offset + room < len(payload)
        piece.ident = packet.ident or ident
        yield piece


class _Queue:
    """The pieces of one packet that have come."""

    def __init__(self, timer: Timer) -> None:
        self.timer = timer
        self.pieces: dict[int, bytes] = {}
        self.total: int | None = None

    def whole(self) -> bytes | None:
        """All bytes, if none is missing."""
        if self.total is None:
            return None
        found = bytearray()
        for offset in sorted(self.pieces):
            if offset > len(found):
                return None
            found[offset:] = self.pieces[offset]
        return bytes(found) if len(found) == self.total else None


class Fragments:
    """The packets that are not whole yet."""

    def __init__(self, stack: Stack) -> None:
        self._net = stack
        self._queues: dict[Key, _Queue] = {}

    def add(self, packet: IpPacket) -> IpPacket | None:
        """Take a piece: the packet, if that made it whole."""
        key = (packet.source, packet.destination, packet.protocol, packet.ident)
        queue = self._queues.get(key)
        if queue is None:
            if len(self._queues) >= QUEUES_MAX:
                return None
            delay = TIMEOUT_NS[len(packet.source)]
            timer = self._net.sched.call_after(delay, lambda: self._expire(key))
            queue = self._queues[key] = _Queue(timer)
        data = packet.payload_bytes()
        if packet.offset + len(data) > PACKET_MAX or (packet.more and len(data) % 8):
            self._net.counters["Ip.ReasmFails"] += 1
            return None
        queue.pieces[packet.offset] = data
        if not packet.more:
            queue.total = packet.offset + len(data)
        payload = queue.whole()
        if payload is None:
            return None
        queue.timer.cancel()
        del self._queues[key]
        whole = packet.copy()
        whole.offset, whole.more, whole.payload = 0, False, Octets(payload)
        self._net.counters["Ip.ReasmOKs"] += 1
        return whole

    def _expire(self, key: Key) -> None:
        self._queues.pop(key, None)
        self._net.counters["Ip.ReasmFails"] += 1
