"""Waiting for connections, and taking them. See inet_listen, tcp_conn_request, accept(2)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import EADDRINUSE, EINVAL
from emu.kernel.net.inet.address import is_link_local, is_multicast
from emu.kernel.net.tcp import output
from emu.kernel.net.tcp.connect import begin
from emu.kernel.net.tcp.segment import ACK, RST, SEQUENCES, SYN, Segment, parse_segment
from emu.kernel.net.tcp.table import tcp_conflict
from emu.kernel.uapi.socket import SO_KEEPALIVE
from emu.kernel.uapi.tcp import TCP_CLOSE, TCP_LISTEN, TCP_SYN_RECV

if TYPE_CHECKING:
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.inet.packet import IpPacket
    from emu.kernel.net.socket import Socket
    from emu.kernel.net.tcp.sock import TcpSocket


def listen(sock: TcpSocket, backlog: int) -> None:
    """listen(2); also to change the backlog. EINVAL, EADDRINUSE."""
    sysctls = sock.stack.sysctls
    backlog = min(backlog & 0xFFFFFFFF, sysctls.somaxconn)
    if sock.state not in (TCP_CLOSE, TCP_LISTEN):
        raise EINVAL("it is connected")
    sock.backlog = backlog
    if sock.state == TCP_LISTEN:
        return
    table = sock.stack.tcp
    if not sock.has_port:
        table.bind(sock, 0)
        sock.is_bound = True
    else:
        sock.state = TCP_LISTEN
        if any(tcp_conflict(sock, other) for other in table.ports.at(sock.local_port)):
            sock.state = TCP_CLOSE
            raise EADDRINUSE("somebody else listens")
    sock.state = TCP_LISTEN
    sock.shutdown_mask = 0
    table.listen(sock)


def accept(sock: TcpSocket, flags: int) -> Socket | Awaitable[Socket]:
    """The next connection. EINVAL if it does not listen; EAGAIN."""
    if sock.state != TCP_LISTEN:
        raise EINVAL("it does not listen")
    if sock.accept_queue:
        return _take(sock)
    return _accept_later(sock, flags)


async def _accept_later(sock: TcpSocket, flags: int) -> Socket:
    patience = sock.receive_patience(flags)
    while True:
        if sock.state != TCP_LISTEN:
            raise EINVAL("it does not listen any more")
        if sock.accept_queue:
            return _take(sock)
        await patience.wait(sock.read_wait)


def _take(sock: TcpSocket) -> TcpSocket:
    child = sock.accept_queue.popleft()
    child.listener = None
    return child


def connection_asked(sock: TcpSocket, frame: Frame, packet: IpPacket, segment: Segment) -> None:
    """A listener got a segment that is of no connection it knows."""
    flags = segment.flags
    if flags & RST:
        return
    if flags & ACK or not flags & SYN:
        sock.stack.tcp.reset(packet, segment)
        return
    if is_multicast(packet.destination):
        return
    counters = sock.stack.counters
    if len(sock.accept_queue) > sock.backlog:
        counters["TcpExt.ListenOverflows"] += 1
        counters["TcpExt.ListenDrops"] += 1
        return
    asking, most = len(sock.syn_queue), sock.stack.sysctls.tcp_max_syn_backlog
    if asking >= max(sock.backlog, 8) or most - asking < most >> 2:
        counters["TcpExt.ListenDrops"] += 1
        return
    child = _child_of(sock, frame, packet)
    counters["Tcp.PassiveOpens"] += 1
    begin(child)
    child.state = TCP_SYN_RECV
    from emu.kernel.net.tcp.input import take_syn_options

    take_syn_options(child, segment)
    child.snd_wnd = segment.window
    child.snd_nxt = child.write_seq = (child.iss + 1) % SEQUENCES
    child.timers.measure(child.snd_nxt)
    child.timers.arm_retransmit()
    output.send_syn(child)


def _child_of(sock: TcpSocket, frame: Frame, packet: IpPacket) -> TcpSocket:
    """A new socket for a connection, with all that the listener's options say."""
    child = type(sock)(sock.stack, sock.family, sock.type, sock.protocol, sock.cred)
    segment = packet.payload
    if not isinstance(segment, Segment):
        parsed = parse_segment(packet.source, packet.destination, packet.payload_bytes())
        assert parsed is not None
        segment = parsed
    child.local, child.local_port = packet.destination, segment.destination
    child.remote, child.remote_port = packet.source, segment.source
    child.flags = sock.flags
    child.sndbuf, child.rcvbuf = sock.sndbuf, sock.rcvbuf
    child.linger, child.priority, child.mark = sock.linger, sock.priority, sock.mark
    child.rcvlowat, child.filter = sock.rcvlowat, sock.filter
    child.rcvtimeo_ns, child.sndtimeo_ns = sock.rcvtimeo_ns, sock.sndtimeo_ns
    child.bound_dev_if = sock.bound_dev_if
    if is_link_local(packet.source):
        child.bound_dev_if = frame.dev.ifindex
    child.v6only = sock.v6only
    child.ip = sock.ip.inherited()
    child.options = sock.options.inherited()
    child.timers.keepalive = child.flag(SO_KEEPALIVE)
    child.listener = sock
    sock.stack.tcp.connected[child.four] = child
    sock.stack.tcp.ports.add(child)
    sock.syn_queue[child] = None
    return child


def connection_made(child: TcpSocket) -> bool:
    """The handshake is done: the listener's next accept gets it."""
    listener = child.listener
    assert listener is not None
    listener.syn_queue.pop(child, None)
    if listener.accepted is not None:
        child.listener = None
        listener.accepted(child)
        return True
    listener.accept_queue.append(child)
    listener.data_ready()
    return True
