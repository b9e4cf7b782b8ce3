"""What comes: the state machine. See RFC 9293, 3.10.7, and tcp_input.c."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from emu.kernel.errno import ECONNREFUSED, ECONNRESET, EPIPE
from emu.kernel.net.filter import FilteredPacket
from emu.kernel.net.socket import RCV_SHUTDOWN
from emu.kernel.net.tcp import close, direct, listen, output, urgent
from emu.kernel.net.tcp.segment import (
    ACK,
    DEFAULT_MSS,
    FIN,
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
from emu.kernel.uapi.tcp import (
    TCP_CLOSE,
    TCP_CLOSE_WAIT,
    TCP_CLOSING,
    TCP_ESTABLISHED,
    TCP_FIN_WAIT1,
    TCP_FIN_WAIT2,
    TCP_LAST_ACK,
    TCP_LISTEN,
    TCP_SYN_RECV,
    TCP_SYN_SENT,
    TCP_TIME_WAIT,
)

if TYPE_CHECKING:
    from emu.kernel.net.filter import SocketFilter
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.inet.packet import IpPacket
    from emu.kernel.net.tcp.sock import TcpSocket

RECEIVING = (TCP_ESTABLISHED, TCP_FIN_WAIT1, TCP_FIN_WAIT2)
DUP_ACKS = 3
ANSWER_INTERVAL_NS = 500_000_000


def segment_arrives(sock: TcpSocket, frame: Frame, packet: IpPacket, segment: Segment) -> None:
    """A segment for a socket, in any state."""
    if packet.hop_limit < sock.ip.min_ttl:
        return
    if sock.filter is not None and sock.state != TCP_TIME_WAIT:
        filtered = _filtered(sock.filter, frame, packet, segment)
        if filtered is None:
            sock.drops += 1
            return
        segment = filtered
    sock.segs_in += 1
    match sock.state:
        case int() if sock.state == TCP_LISTEN:
            listen.connection_asked(sock, frame, packet, segment)
        case int() if sock.state == TCP_SYN_SENT:
            _in_syn_sent(sock, packet, segment)
        case int() if sock.state == TCP_TIME_WAIT:
            _in_time_wait(sock, frame, packet, segment)
        case int() if sock.state == TCP_CLOSE:
            sock.stack.tcp.reset(packet, segment)
        case _:
            _otherwise(sock, packet, segment)


def _filtered(
    filter: SocketFilter, frame: Frame, packet: IpPacket, segment: Segment
) -> Segment | None:
    """What a socket's filter lets through of a segment, but all of its header: see tcp_filter."""
    header = len(packet.payload) - len(segment.data)
    data = filter.cut(segment.data, FilteredPacket.of_transport(frame, packet), header)
    if data is None or len(data) == len(segment.data):
        return None if data is None else segment
    shorter = copy(segment)  # the sender's own is sent again
    shorter.data = data
    return shorter


def take_syn_options(sock: TcpSocket, segment: Segment) -> None:
    """What the other end says of itself with its SYN."""
    sock.options.peer_scales = segment.wscale is not None
    sock.options.stamps = sock.options.stamps and segment.stamp is not None
    sock.peer_mss = min(segment.mss or DEFAULT_MSS, sock.advmss)
    sock.stamp_recent = segment.stamp[0] if segment.stamp is not None else 0
    if sock.options.stamps:
        sock.peer_mss -= STAMP_SPACE
    sock.mss = sock.peer_mss
    if segment.wscale is None:
        sock.rcv_wscale = sock.snd_wscale = 0
    else:
        sock.snd_wscale = segment.wscale
    sock.irs = segment.seq
    sock.rcv_nxt = sock.copied_seq = (segment.seq + 1) % SEQUENCES
    sock.rcv_adv = sock.rcv_nxt


def _in_syn_sent(sock: TcpSocket, packet: IpPacket, segment: Segment) -> None:
    flags = segment.flags
    if flags & ACK and segment.ack != sock.snd_nxt:
        if not flags & RST:
            sock.stack.tcp.reset(packet, segment)
        return
    if flags & RST:
        if flags & ACK:
            sock.stack.counters["Tcp.AttemptFails"] += 1
            close.abort(sock, ECONNREFUSED)
        return
    if not flags & SYN:
        return
    take_syn_options(sock, segment)
    if not flags & ACK:  # both ask at once
        sock.state = TCP_SYN_RECV
        sock.snd_wnd = segment.window
        output.send_syn(sock)
        return
    sock.snd_una = segment.ack
    sock.timers.acknowledged(segment.ack)
    sock.timers.stop_retransmit()
    _established(sock, segment, segment.window)
    output.send_ack(sock)
    sock.state_change()
    output.push(sock)


def _established(sock: TcpSocket, segment: Segment, window: int) -> None:
    sock.state = TCP_ESTABLISHED
    sock.snd_wnd = sock.max_window = window
    if window > DEFAULT_MSS:
        sock.mss = min(sock.peer_mss, window >> 1)  # see tcp_bound_to_half_wnd
    if sock.options.stamps:
        sock.advmss -= STAMP_SPACE
    sock.snd_wl1, sock.snd_wl2 = segment.seq, segment.ack
    sock.backlog = 0
    if not sock.options.sndbuf_locked:
        sock.sndbuf = max(sock.sndbuf, connected_sndbuf(sock))
    sock.timers.set_keepalive(sock.timers.keepalive)
    direct.find_partner(sock)


def connected_sndbuf(sock: TcpSocket) -> int:
    """What tcp_init_buffer_space gives a sender: room for two initial windows of full segments."""
    return min(2 * 20 * (sock.mss + 182), sock.stack.sysctls.tcp_wmem[2])


def _in_time_wait(sock: TcpSocket, frame: Frame, packet: IpPacket, segment: Segment) -> None:
    """A new connection may begin where an old one ended: see tcp_timewait_state_process."""
    flags = segment.flags
    if flags & SYN and not flags & (RST | ACK) and after(segment.seq, sock.rcv_nxt):
        sock.destroy()
        listener = sock.stack.tcp.find_listener(frame, packet, segment)
        if listener is None:
            sock.stack.tcp.reset(packet, segment)
        else:
            listener.receive(frame, packet, segment)
        return
    if flags & RST:
        sock.destroy()
    elif segment.space:
        output.send_ack(sock)
        close.time_wait(sock)


def _otherwise(sock: TcpSocket, packet: IpPacket, segment: Segment) -> None:
    if not _is_acceptable(sock, segment):
        if not segment.flags & RST and (segment.space or _may_answer(sock)):
            output.send_ack(sock)
        return
    flags = segment.flags
    if flags & RST:
        if segment.seq == sock.rcv_nxt:
            _reset(sock)
        else:
            output.send_ack(sock)  # a challenge: RFC 5961
        return
    if flags & SYN and not _both_asked(sock, segment):
        if sock.state == TCP_SYN_RECV and segment.seq == sock.irs:
            output.send_syn(sock)
        else:
            output.send_ack(sock)
        return
    if not flags & ACK:
        return
    if segment.stamp is not None and not after(segment.seq, sock.rcv_nxt):
        sock.stamp_recent = segment.stamp[0]
    if sock.state == TCP_SYN_RECV and not _ack_of_syn(sock, packet, segment):
        return
    if not _acknowledge(sock, segment):
        return
    if flags & URG:
        urgent.mark_arrives(sock, segment)
    _take_text(sock, packet, segment)


def _both_asked(sock: TcpSocket, segment: Segment) -> bool:
    """Whether it is the answer to our SYN from one who asked at the same time as we did."""
    return (
        sock.state == TCP_SYN_RECV
        and sock.listener is None
        and segment.flags & ACK != 0
        and segment.end == sock.rcv_nxt
        and segment.ack == sock.snd_nxt
    )


def _may_answer(sock: TcpSocket) -> bool:
    """Whether a segment that makes no sense is answered, once in a while: two ends never quarrel.

    See tcp_oow_rate_limited.
    """
    now = sock.stack.clock.monotonic_ns()
    if sock.answered_ns and now - sock.answered_ns < ANSWER_INTERVAL_NS:
        return False
    sock.answered_ns = now
    return True


def _is_acceptable(sock: TcpSocket, segment: Segment) -> bool:
    """Whether any of a segment lies in the window."""
    window = distance(sock.rcv_nxt, sock.rcv_adv) if after(sock.rcv_adv, sock.rcv_nxt) else 0
    limit = (sock.rcv_nxt + window) % SEQUENCES
    if before(segment.end, sock.rcv_nxt):
        return False
    return not after(segment.seq, limit)


def _reset(sock: TcpSocket) -> None:
    sock.stack.counters["Tcp.EstabResets"] += 1
    if sock.state == TCP_SYN_RECV and sock.listener is not None:
        sock.destroy()
    else:
        close.abort(sock, EPIPE if sock.state == TCP_CLOSE_WAIT else ECONNRESET)


def _ack_of_syn(sock: TcpSocket, packet: IpPacket, segment: Segment) -> bool:
    """The last part of the handshake: whether the connection is there now."""
    if before(segment.ack, (sock.iss + 1) % SEQUENCES) or after(segment.ack, sock.snd_nxt):
        sock.stack.tcp.reset(packet, segment)
        return False
    sock.snd_una = (sock.iss + 1) % SEQUENCES
    sock.timers.acknowledged(segment.ack)
    sock.timers.stop_retransmit()
    _established(sock, segment, segment.window << sock.snd_wscale)
    if sock.listener is not None:
        return listen.connection_made(sock)
    sock.state_change()
    return True


def _acknowledge(sock: TcpSocket, segment: Segment) -> bool:
    """Take the acknowledgement and the window: False if the segment is not to be looked at."""
    ack = segment.ack
    if after(ack, sock.snd_nxt):
        output.send_ack(sock)
        return False
    progress = after(ack, sock.snd_una)
    if progress:
        _forget_acknowledged(sock, ack)
    elif (
        ack == sock.snd_una
        and not segment.space
        and sock.snd_una != sock.snd_nxt
        and segment.window << sock.snd_wscale == sock.snd_wnd
    ):
        _duplicate(sock)
    newer = after(segment.seq, sock.snd_wl1)
    if newer or (segment.seq == sock.snd_wl1 and not before(ack, sock.snd_wl2)):
        sock.snd_wnd = segment.window << sock.snd_wscale
        sock.max_window = max(sock.max_window, sock.snd_wnd)
        sock.snd_wl1, sock.snd_wl2 = segment.seq, ack
    sock.timers.heard()
    if progress and not _fin_acknowledged(sock):
        return False
    if sock.state != TCP_CLOSE:
        output.push(sock)
    return True


def _forget_acknowledged(sock: TcpSocket, ack: int) -> None:
    count = min(distance(sock.snd_una, ack), len(sock.outgoing))
    sock.outgoing.drop(count)
    sock.bytes_acked += count
    sock.snd_una = ack
    sock.dup_acks = 0
    if sock.snd_up is not None and before(sock.snd_up, ack):
        sock.snd_up = None
    sock.timers.acknowledged(ack)
    if sock.recover is not None and not before(ack, sock.recover):
        sock.recover = None
        sock.cwnd = max(sock.ssthresh, 2)
    elif sock.recover is not None:
        output.retransmit(sock)  # a partial acknowledgement: RFC 6582
    elif sock.cwnd < sock.ssthresh:
        sock.cwnd += 1
    else:
        sock.acked_in_cwnd += 1
        if sock.acked_in_cwnd >= sock.cwnd:
            sock.cwnd, sock.acked_in_cwnd = sock.cwnd + 1, 0
    if sock.snd_una == sock.snd_nxt:
        sock.timers.stop_retransmit()
    else:
        sock.timers.arm_retransmit(again=True)
    if count and sock.is_writable:
        sock.write_space()


def _duplicate(sock: TcpSocket) -> None:
    """The same acknowledgement again: after three, what is behind it is lost. RFC 5681."""
    sock.dup_acks += 1
    if sock.dup_acks == DUP_ACKS and sock.recover is None:
        in_flight = distance(sock.snd_una, sock.snd_nxt) // max(sock.mss, 1)
        sock.ssthresh = max(in_flight // 2, 2)
        sock.cwnd = sock.ssthresh + DUP_ACKS
        sock.recover = sock.snd_nxt
        output.retransmit(sock)
    elif sock.dup_acks > DUP_ACKS:
        sock.cwnd += 1


def _fin_acknowledged(sock: TcpSocket) -> bool:
    """If the end of our stream was acknowledged, go on: False if the socket is closed by that."""
    if not (sock.fin_queued and sock.snd_una == (sock.write_seq + 1) % SEQUENCES):
        return True
    if sock.state == TCP_FIN_WAIT1:
        sock.state = TCP_FIN_WAIT2
        sock.state_change()
        if sock.orphan:
            sock.timers.arm_fin_wait()
    elif sock.state == TCP_CLOSING:
        close.time_wait(sock)
        return False
    elif sock.state == TCP_LAST_ACK:
        sock.destroy()
        return False
    return True


def _take_text(sock: TcpSocket, packet: IpPacket, segment: Segment) -> None:
    """The segment's data and its FIN."""
    if not segment.space:
        return
    if sock.state not in RECEIVING:
        output.send_ack(sock)
        return
    data, seq = segment.data, segment.seq
    fin = bool(segment.flags & FIN)
    if before(seq, sock.rcv_nxt):
        known = distance(seq, sock.rcv_nxt)
        if known > len(data) or (known == len(data) and not fin):
            output.send_ack(sock)
            return
        data, seq = data[known:], sock.rcv_nxt
    if data and sock.orphan:
        # Data for nobody: see tcp_rcv_state_process.
        sock.stack.counters["TcpExt.TCPAbortOnData"] += 1
        sock.stack.tcp.reset(packet, segment)
        sock.destroy()
        return
    if seq != sock.rcv_nxt:
        if len(sock.out_of_order) < 4096:
            sock.out_of_order[seq] = (data, fin)
        output.send_ack(sock)
        return
    fresh = _append(sock, data, fin)
    while sock.out_of_order and not fresh:
        waiting = min(sock.out_of_order, key=lambda s: distance(sock.rcv_nxt, s))
        if after(waiting, sock.rcv_nxt):
            behind = distance(sock.rcv_nxt, waiting)
            if behind < SEQUENCES // 2:
                break
        data, fin = sock.out_of_order.pop(waiting)
        known = distance(waiting, sock.rcv_nxt)
        if known < len(data) or (fin and known == len(data)):
            fresh = _append(sock, data[known:], fin)
    if sock.state not in (TCP_CLOSE, TCP_TIME_WAIT):
        output.send_ack(sock)
    if sock.state == TCP_TIME_WAIT or sock.orphan:
        return
    if len(sock.incoming) or fresh:
        sock.data_ready()


def _append(sock: TcpSocket, data: bytes, fin: bool) -> bool:
    """Take data in order: whether the stream ended with it."""
    room = max(0, output.receive_limit(sock) + sock.mss - len(sock.incoming))
    if len(data) > room:
        data, fin = data[:room], False
    if data:
        sock.incoming.append(data)
        sock.rcv_nxt = (sock.rcv_nxt + len(data)) % SEQUENCES
        sock.bytes_received += len(data)
        sock.data_segs_in += 1
        sock.last_received_ns = sock.stack.clock.monotonic_ns()
    if fin:
        _stream_ends(sock)
    return fin


def _stream_ends(sock: TcpSocket) -> None:
    """The other end will send no more: see tcp_fin."""
    sock.rcv_nxt = (sock.rcv_nxt + 1) % SEQUENCES
    sock.shutdown_mask |= RCV_SHUTDOWN
    sock.out_of_order.clear()
    if sock.state == TCP_ESTABLISHED:
        sock.state = TCP_CLOSE_WAIT
    elif sock.state == TCP_FIN_WAIT1:
        sock.state = TCP_CLOSING
    elif sock.state == TCP_FIN_WAIT2:
        output.send_ack(sock)
        close.time_wait(sock)
        return
    if not sock.orphan:
        sock.state_change()
