"""What TCP sends. See tcp_output.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.net.inet.output import find_path, send_packet
from emu.kernel.net.inet.packet import IpPacket
from emu.kernel.net.tcp import direct
from emu.kernel.net.tcp.segment import (
    ACK,
    FIN,
    PSH,
    RST,
    SEQUENCES,
    STAMP_SPACE,
    SYN,
    URG,
    Segment,
    after,
    before,
    distance,
)
from emu.kernel.uapi.in_ import IPPROTO_TCP
from emu.kernel.uapi.tcp import (
    TCP_CLOSE,
    TCP_CLOSE_WAIT,
    TCP_CLOSING,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT1,
    TCP_LAST_ACK,
    TCP_SYN_RECV,
)

if TYPE_CHECKING:
    from emu.kernel.net.stack import Stack
    from emu.kernel.net.tcp.sock import TcpSocket

MAX_WINDOW = 65535
NSEC_PER_MSEC = 1_000_000

SENDING = (TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_FIN_WAIT1, TCP_CLOSING, TCP_LAST_ACK)
"""States in which what is queued still goes out."""


def window_of(sock: TcpSocket) -> int:
    """The window to offer: what fits into the receive buffer, never less than was offered."""
    free = max(0, receive_limit(sock) - len(sock.incoming))
    if free < min(sock.advmss, receive_limit(sock) // 2):
        free = 0  # no silly windows
    offered = distance(sock.rcv_nxt, sock.rcv_adv) if after(sock.rcv_adv, sock.rcv_nxt) else 0
    return min(max(free, offered), MAX_WINDOW << sock.rcv_wscale)


def receive_limit(sock: TcpSocket) -> int:
    """How many bytes may wait to be read."""
    return min(sock.window_limit, max(sock.rcvbuf >> 1, 1152))


def make(sock: TcpSocket, seq: int, flags: int, data: bytes = b"") -> Segment:
    """A segment of a connection, with what it acknowledges and offers now."""
    window = window_of(sock)
    if flags & SYN:
        whole = sock.advmss - (STAMP_SPACE if flags & ACK and sock.options.stamps else 0)
        shown = window = min(window // whole * whole or window, MAX_WINDOW)
    else:
        shown = window >> sock.rcv_wscale
    ack = sock.rcv_nxt if flags & ACK else 0
    sock.rcv_adv = (sock.rcv_nxt + window) % SEQUENCES
    segment = Segment(sock.local_port, sock.remote_port, seq, ack, flags, shown, data)
    if sock.options.stamps:
        now_ms = sock.stack.clock.monotonic_ns() // NSEC_PER_MSEC & 0xFFFFFFFF
        segment.stamp = (now_ms, sock.stamp_recent if flags & ACK else 0)
    return segment


def transmit(sock: TcpSocket, segment: Segment) -> None:
    """Send a segment along the connection's path; one that cannot be sent is lost."""
    sock.segs_out += 1
    if segment.data:
        sock.data_segs_out += 1
        sock.last_sent_ns = sock.stack.clock.monotonic_ns()
    try:
        path = sock.path()
        packet = IpPacket(
            sock.local, sock.remote, IPPROTO_TCP, segment, sock.ip.hops(sock.remote),
            sock.ip.traffic_class(sock.remote),
        )  # fmt: skip
        packet.dont_fragment = True
        sock.stack.counters["Tcp.OutSegs"] += 1
        send_packet(sock.stack, packet, path)
    except KernelError as error:
        sock.soft_error = type(error)


def send_syn(sock: TcpSocket) -> None:
    """Ask for a connection, or answer who asks."""
    flags = SYN | ACK if sock.state == TCP_SYN_RECV else SYN
    segment = make(sock, sock.iss, flags)
    segment.mss = sock.advmss
    if flags == SYN or sock.options.peer_scales:
        segment.wscale = sock.rcv_wscale
    transmit(sock, segment)


def send_ack(sock: TcpSocket) -> None:
    """Acknowledge what has come, and tell the window."""
    transmit(sock, make(sock, sock.snd_nxt, ACK))


def send_reset(sock: TcpSocket) -> None:
    """Tell the other end that the connection is no more."""
    sock.stack.counters["Tcp.OutRsts"] += 1
    transmit(sock, make(sock, sock.snd_nxt, RST | ACK))


def send_raw(stack: Stack, source: bytes, destination: bytes, segment: Segment) -> None:
    """Send a segment that belongs to no socket."""
    try:
        path = find_path(stack, destination, source)
    except KernelError:
        return
    packet = IpPacket(source, destination, IPPROTO_TCP, segment, stack.sysctls.ip_default_ttl)
    stack.counters["Tcp.OutSegs"] += 1
    try:
        send_packet(stack, packet, path)
    except KernelError:
        return


def push(sock: TcpSocket, *, forced: bool = False) -> None:
    """Send what may be sent now: as the window, congestion, Nagle and corks allow.

    `forced` sends the last short segment whatever Nagle says. See tcp_write_xmit.
    """
    if sock.state not in SENDING:
        return
    if sock.partner is not None and direct.hand_over(sock, forced):
        return
    while send_next(sock, forced):
        pass
    arm(sock)


def arm(sock: TcpSocket) -> None:
    """Have a timer that sends again what is lost, or asks for a window."""
    if sock.snd_una != sock.snd_nxt:
        sock.timers.arm_retransmit()
    elif sock.unsent and not sock.snd_wnd:
        sock.timers.arm_probe()


def send_next(sock: TcpSocket, forced: bool) -> bool:
    """Send one more new segment, if one may be sent."""
    unsent = sock.unsent
    in_flight = distance(sock.snd_una, sock.snd_nxt)
    fin = sock.fin_queued and not fin_sent(sock)
    if not unsent:
        if fin:
            _send_data(sock, b"", FIN)
        return False
    usable = min(sock.snd_wnd, sock.cwnd * sock.mss) - in_flight
    count = min(unsent, usable, sock.mss)
    if count <= 0:
        return False
    last = count == unsent
    if count < sock.mss and not (fin and last) and not forced and _must_wait(sock, in_flight, last):
        return False
    data = sock.outgoing.peek(len(sock.outgoing) - unsent, count)
    _send_data(sock, data, (PSH if last else 0) | (FIN if fin and last else 0))
    return True


def fin_sent(sock: TcpSocket) -> bool:
    """Whether the end of the stream was sent, once at least."""
    return sock.fin_queued and sock.snd_nxt == (sock.write_seq + 1) % SEQUENCES


def _must_wait(sock: TcpSocket, in_flight: int, last: bool) -> bool:
    """Whether a short segment waits for more: a cork, or Nagle's rule. See tcp_nagle_check."""
    if not last:  # the window cut it: it waits while something is in flight
        return in_flight > 0
    if sock.options.holds_back:
        sock.timers.arm_cork()
        return True
    return in_flight > 0 and not sock.options.nodelay


def _send_data(sock: TcpSocket, data: bytes, flags: int) -> None:
    segment = make(sock, sock.snd_nxt, ACK | flags, data)
    up = sock.snd_up
    if up is not None and not before(up, segment.seq) and distance(segment.seq, up) < 0xFFFF:
        segment.flags |= URG
        segment.urgent = distance(segment.seq, up) + 1
    sock.timers.measure(segment.end)
    sock.snd_nxt = segment.end
    transmit(sock, segment)


def retransmit(sock: TcpSocket) -> None:
    """Send the first unacknowledged segment again."""
    sock.retransmits_total += 1
    sock.stack.counters["Tcp.RetransSegs"] += 1
    sock.timers.measured = None  # Karn's rule
    count = min(len(sock.outgoing) - sock.unsent, sock.mss)
    data = sock.outgoing.peek(0, count) if count > 0 else b""
    flags = ACK | PSH
    if fin_sent(sock) and (sock.snd_una + len(data)) % SEQUENCES == sock.write_seq:
        flags |= FIN
    segment = make(sock, sock.snd_una, flags, data)
    up = sock.snd_up
    if up is not None and not before(up, segment.seq):
        segment.flags |= URG
        segment.urgent = min(distance(segment.seq, up) + 1, 0xFFFF)
    transmit(sock, segment)


def send_probe(sock: TcpSocket) -> None:
    """A segment that the other end must answer: for its window, or whether it is there."""
    if sock.state == TCP_CLOSE:
        return
    transmit(sock, make(sock, (sock.snd_una - 1) % SEQUENCES, ACK))
