"""Both ends on this machine: bytes go from queue to queue, and nobody makes segments of them.

The sequence numbers, states and counters are what they would be after the segments and their
acknowledgements. Connections begin and end by segments, and all of it does while a packet socket
looks or something is in flight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.net.tcp.segment import SEQUENCES
from emu.kernel.uapi.poll import POLLOUT, POLLWRBAND, POLLWRNORM
from emu.kernel.uapi.tcp import (
    TCP_CLOSE_WAIT,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT1,
    TCP_FIN_WAIT2,
    TCP_LAST_ACK,
)

if TYPE_CHECKING:
    from emu.kernel.net.tcp.sock import TcpSocket

RECEIVING = (TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2)
SENDING = (TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_FIN_WAIT1, TCP_LAST_ACK)
HEADERS = 66
"""What a segment on the loopback device is larger than its data: for the counters."""


def find_partner(sock: TcpSocket) -> None:
    """A connection is there: if the other end is on this machine, let them know each other."""
    local, port, remote, remote_port = sock.four
    other = sock.stack.tcp.connected.get((remote, remote_port, local, port))
    if other is not None and other is not sock:
        sock.partner, other.partner = other, sock


def hand_over(sock: TcpSocket, forced: bool) -> bool:
    """Give the partner what it has room for: False if this needs segments."""
    partner = sock.partner
    assert partner is not None
    if sock.snd_una != sock.snd_nxt or not sock.outgoing.length:
        return False
    room = room_of(partner)
    sock.snd_wnd = room
    partner.rcv_adv = (partner.rcv_nxt + room) % SEQUENCES
    if (
        not sock.stack.is_direct
        or sock.snd_up is not None
        or sock.filter is not None
        or partner.filter is not None
        or sock.state not in SENDING
        or partner.state not in RECEIVING
        or partner.orphan
        or partner.out_of_order
    ):
        return False
    queue = sock.outgoing
    count = min(queue.length, room)
    if not count:
        return not sock.fin_queued
    if sock.options.holds_back and count < sock.mss and not forced:
        sock.timers.arm_cork()
        return True
    queue.move_to(partner.incoming, count)
    sock.snd_una = sock.snd_nxt = (sock.snd_nxt + count) % SEQUENCES
    partner.rcv_nxt = sock.snd_nxt
    sock.snd_wnd = room - count
    _count(sock, partner, count)
    if len(partner.read_wait) or partner.read_wait.watchers:
        partner.data_ready()
    return not sock.fin_queued or queue.length > 0


def room_of(sock: TcpSocket) -> int:
    """How much more a receiver takes."""
    limit = min(sock.window_limit, max(sock.rcvbuf >> 1, 1152))
    return max(0, limit - sock.incoming.length)


def was_read(sock: TcpSocket) -> bool:
    """The reader made room: let the partner go on. False if this needs segments."""
    partner = sock.partner
    if partner is None or not sock.stack.is_direct or partner.snd_una != partner.snd_nxt:
        return False
    if partner.outgoing.length:
        from emu.kernel.net.tcp.output import push

        push(partner)
        if partner.is_writable and (len(partner.write_wait) or partner.write_wait.watchers):
            partner.write_wait.wake_up_all(POLLOUT | POLLWRNORM | POLLWRBAND)
    return True


def _count(sock: TcpSocket, partner: TcpSocket, count: int) -> None:
    sock.bytes_acked += count
    partner.bytes_received += count
    segments = -(-count // 65483)
    sock.segs_out += segments
    sock.data_segs_out += segments
    partner.segs_in += segments
    partner.data_segs_in += segments
    statistics = sock.stack.loopback.statistics
    # The segments one way and an acknowledgement the other.
    statistics.tx_packets += segments + 1
    statistics.rx_packets += segments + 1
    statistics.tx_bytes += count + HEADERS * (segments + 1)
    statistics.rx_bytes += count + HEADERS * (segments + 1)
