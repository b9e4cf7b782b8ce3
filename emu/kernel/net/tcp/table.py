"""All TCP sockets of a stack: who listens, who is connected, who has which port.

See inet_hashtables.c.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from zlib import crc32

from emu.kernel.errno import EADDRINUSE, EADDRNOTAVAIL
from emu.kernel.net.inet.address import is_loopback
from emu.kernel.net.inet.ports import PortTable, addresses_overlap, same_device, score
from emu.kernel.net.tcp.segment import ACK, RST, SEQUENCES, Segment, parse_segment
from emu.kernel.uapi.socket import SO_REUSEADDR, SO_REUSEPORT
from emu.kernel.uapi.tcp import TCP_LISTEN, TCP_TIME_WAIT

if TYPE_CHECKING:
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.inet.icmp import IcmpError
    from emu.kernel.net.inet.packet import IpPacket
    from emu.kernel.net.stack import Stack
    from emu.kernel.net.tcp.sock import TcpSocket

Four = tuple[bytes, int, bytes, int]
"""A connection: the local address and port, the remote ones."""

SEQUENCE_TICK = 6
"""64 ns: how fast the first sequence numbers grow."""

TIME_WAIT_REUSE_NS = 1_000_000_000


class TcpTable:
    """The sockets. `bound` are the ports that somebody chose, by how many sockets did."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.connected: dict[Four, TcpSocket] = {}
        self.listening: dict[int, list[TcpSocket]] = {}
        self.ports: PortTable[TcpSocket] = PortTable(stack)
        self._secret = stack.random.getrandbits(32)

    def __iter__(self) -> Iterator[TcpSocket]:
        """All sockets that listen, then all that have another end."""
        for sockets in self.listening.values():
            yield from sockets
        yield from self.connected.values()

    def initial_sequence(self, four: Four) -> int:
        """Where a connection begins: later for the same numbers as time goes by. See RFC 6528."""
        local, port, remote, remote_port = four
        mixed = crc32(b"%b%d,%b%d" % (local, port, remote, remote_port), self._secret)
        return (mixed + (self.stack.clock.monotonic_ns() >> SEQUENCE_TICK)) % SEQUENCES

    def bind(self, sock: TcpSocket, port: int) -> None:
        """Bind to a port of the caller's, or 0 for any. EADDRINUSE."""
        self.ports.bind(sock, port, tcp_conflict)

    def bind_for_connect(self, sock: TcpSocket) -> None:
        """Choose a port for a connection, which may be one that other connections have.

        EADDRNOTAVAIL.
        """
        now = self.stack.clock.monotonic_ns()
        reuse = self.stack.sysctls.tcp_tw_reuse
        may_reuse = reuse == 1 or (reuse == 2 and is_loopback(sock.remote))

        def is_free(port: int) -> bool:
            users = self.ports.at(port)
            if any(user.is_bound for user in users):
                return False
            other = self.connected.get((sock.local, port, sock.remote, sock.remote_port))
            if other is None:
                return True
            waits = other.state == TCP_TIME_WAIT
            if waits and may_reuse and now - other.time_wait_ns > TIME_WAIT_REUSE_NS:
                other.destroy()
                return True
            return False

        try:
            sock.local_port = self.ports.ephemeral(is_free)
        except EADDRINUSE:
            raise EADDRNOTAVAIL("no local port is free") from None
        self.ports.add(sock)

    def connect(self, sock: TcpSocket) -> None:
        """Note a connection. EADDRNOTAVAIL if there is such a one."""
        key = sock.four
        other = self.connected.get(key)
        if other is not None:
            if other.state != TCP_TIME_WAIT:
                raise EADDRNOTAVAIL("there is such a connection")
            other.destroy()
        self.connected[key] = sock

    def listen(self, sock: TcpSocket) -> None:
        """Note a listener."""
        self.listening.setdefault(sock.local_port, []).append(sock)

    def forget(self, sock: TcpSocket) -> None:
        """A socket is neither connected nor listens any more."""
        if self.connected.get(sock.four) is sock:
            del self.connected[sock.four]
        listeners = self.listening.get(sock.local_port)
        if listeners and sock in listeners:
            listeners.remove(sock)
            if not listeners:
                del self.listening[sock.local_port]

    def find(self, frame: Frame, packet: IpPacket, segment: Segment) -> TcpSocket | None:
        """The socket of a segment: a connection, or who listens."""
        key = (packet.destination, segment.destination, packet.source, segment.source)
        found = self.connected.get(key)
        return found if found is not None else self.find_listener(frame, packet, segment)

    def find_listener(self, frame: Frame, packet: IpPacket, segment: Segment) -> TcpSocket | None:
        """Who listens best; of several that share the port, one by the connection's numbers."""
        listeners = self.listening.get(segment.destination)
        if not listeners:
            return None
        remote = (packet.source, segment.source)
        scored = [(score(s, packet.destination, *remote, frame.dev.ifindex), s) for s in listeners]
        best = max(points for points, _ in scored)
        if best < 0:
            return None
        equals = [sock for points, sock in scored if points == best]
        if len(equals) == 1 or not equals[0].flag(SO_REUSEPORT):
            return equals[0]
        return equals[hash_of(packet.source, segment.source) % len(equals)]

    def receive(self, frame: Frame, packet: IpPacket) -> None:
        """A packet that carries TCP has come: see tcp_v4_rcv."""
        counters = self.stack.counters
        counters["Tcp.InSegs"] += 1
        segment = packet.payload
        if not isinstance(segment, Segment):
            parsed = parse_segment(packet.source, packet.destination, packet.payload_bytes())
            if parsed is None:
                counters["Tcp.InErrs"] += 1
                return
            segment = parsed
        sock = self.find(frame, packet, segment)
        if sock is None:
            self.reset(packet, segment)
        else:
            sock.receive(frame, packet, segment)

    def reset(self, packet: IpPacket, segment: Segment) -> None:
        """Tell who sent a segment that nobody wants it: see tcp_v4_send_reset."""
        if segment.flags & RST:
            return
        from emu.kernel.net.tcp.output import send_raw

        if segment.flags & ACK:
            answer = Segment(segment.destination, segment.source, segment.ack, 0, RST, 0)
        else:
            flags = RST | ACK
            answer = Segment(segment.destination, segment.source, 0, segment.end, flags, 0)
        self.stack.counters["Tcp.OutRsts"] += 1
        send_raw(self.stack, packet.destination, packet.source, answer)

    def icmp_error(self, error: IcmpError) -> None:
        """An error came back for a segment of ours."""
        quoted = error.quoted
        data = quoted.payload_bytes()
        if len(data) < 8:
            return
        sport, dport = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
        sock = self.connected.get((quoted.source, sport, quoted.destination, dport))
        if sock is not None:
            sock.icmp_error(error)


def tcp_conflict(sock: TcpSocket, other: TcpSocket) -> bool:
    """Whether two sockets cannot share a port: see inet_csk_bind_conflict."""
    if sock is other or not same_device(sock, other) or not addresses_overlap(sock, other):
        return False
    if sock.flag(SO_REUSEADDR) and other.flag(SO_REUSEADDR) and other.state != TCP_LISTEN:
        return False
    shared = sock.flag(SO_REUSEPORT) and other.flag(SO_REUSEPORT)
    return not (shared and (sock.owner_uid == other.owner_uid or other.state == TCP_TIME_WAIT))


def hash_of(address: bytes, port: int) -> int:
    """A number by which connections are spread, the same each time."""
    return (int.from_bytes(address, "big") * 31 + port) * 2654435761 >> 8
