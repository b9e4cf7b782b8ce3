"""Asking for a connection. See __inet_stream_connect, tcp_v4_connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EAGAIN,
    EALREADY,
    ECONNABORTED,
    EINPROGRESS,
    EINVAL,
    EISCONN,
    ENETUNREACH,
    KernelError,
)
from emu.kernel.net.inet.address import is_any, is_multicast
from emu.kernel.net.inet.sockaddr import is_unspec
from emu.kernel.net.tcp import close, output
from emu.kernel.net.tcp.segment import SEQUENCES
from emu.kernel.uapi.rtnetlink import RTN_BROADCAST, RTN_MULTICAST
from emu.kernel.uapi.socket import MSG_DONTWAIT
from emu.kernel.uapi.tcp import TCP_CLOSE, TCP_SYN_RECV, TCP_SYN_SENT

if TYPE_CHECKING:
    from emu.kernel.net.address import SockAddr
    from emu.kernel.net.inet.sockaddr import InetAddress
    from emu.kernel.net.tcp.sock import TcpSocket
    from emu.kernel.vfs.file_operations import Result

HEADERS = {4: 40, 16: 60}
"""IP's header and TCP's."""
MSS_MAX = 65535 - 40
WINDOW_SCALE = 7


def connect(sock: TcpSocket, name: SockAddr, flags: int) -> Result:
    """connect(2): at once on this machine, else when the other end has answered."""
    if len(name) < 2:
        raise EINVAL("an address without a family")
    if is_unspec(name):
        close.disconnect(sock)
        return 0
    if sock.state == TCP_SYN_SENT or (sock.state == TCP_SYN_RECV and sock.listener is None):
        if not sock.options.connecting:
            raise EISCONN
        return _connect_later(sock, flags, EALREADY)
    if sock.options.connecting:  # a connect that did not wait has ended meanwhile
        return _connected(sock)
    if sock.state != TCP_CLOSE:
        raise EISCONN
    ask(sock, sock.parse_remote(name))
    if flags & MSG_DONTWAIT:
        raise EINPROGRESS  # also where the other end has answered already
    if sock.state == TCP_SYN_SENT:
        return _connect_later(sock, flags, EINPROGRESS)
    return _connected(sock)


async def _connect_later(sock: TcpSocket, flags: int, busy: type[KernelError]) -> int:
    try:
        patience = sock.send_patience(flags)
    except EAGAIN:
        raise busy from None
    while sock.state in (TCP_SYN_SENT, TCP_SYN_RECV):
        try:
            await patience.wait(sock.read_wait, sock.write_wait)
        except EAGAIN:
            raise busy from None
    return _connected(sock)


def _connected(sock: TcpSocket) -> int:
    """What a connection that was asked for has come to."""
    sock.options.connecting = False
    if sock.state == TCP_CLOSE:
        sock.shutdown_mask = 0
        error = sock.take_error_or(ECONNABORTED)
        if sock.options.bound_before is not None:  # it keeps the port that it was bound to
            sock.local, sock.local_port = sock.options.bound_before
            sock.is_bound = True
            sock.stack.tcp.ports.add(sock)
        else:
            sock.local, sock.local_port = sock.any_address, 0
        sock.remote, sock.remote_port = b"", 0
        raise error
    return 0


def ask(sock: TcpSocket, address: InetAddress) -> None:
    """Choose the addresses and ports, and send a SYN. ENETUNREACH, EADDRNOTAVAIL and so on."""
    remote = address.address
    if sock.family != 2 and len(remote) == 4 and sock.v6only:
        raise ENETUNREACH("an IPv4 address, and the socket is for IPv6 only")
    bound = sock.local
    if len(bound) != len(remote) and not is_any(bound):
        raise EINVAL("bound to an address of the other family") if len(remote) == 4 else ENETUNREACH
    path = sock.find_path(remote, None, 0)
    if is_multicast(remote) or path.type in (RTN_BROADCAST, RTN_MULTICAST):
        raise ENETUNREACH("TCP has no multicast")
    old_port = sock.local_port if sock.has_port else 0
    sock.remote, sock.remote_port = remote, address.port
    if is_any(bound) or len(bound) != len(remote):
        sock.local = path.source
    table = sock.stack.tcp
    try:
        if not old_port:
            table.bind_for_connect(sock)
        table.connect(sock)
    except KernelError:
        sock.local, sock.remote, sock.remote_port = bound, b"", 0
        if not old_port:
            table.ports.remove(sock)
            sock.local_port = 0
        raise
    sock.options.bound_before = (bound, old_port) if sock.is_bound else None
    sock._path = path
    sock.stack.counters["Tcp.ActiveOpens"] += 1
    begin(sock)
    sock.state = TCP_SYN_SENT
    sock.options.connecting = True
    sock.snd_nxt = sock.write_seq = (sock.iss + 1) % SEQUENCES
    sock.timers.measure(sock.snd_nxt)
    sock.timers.arm_retransmit()
    output.send_syn(sock)


def begin(sock: TcpSocket) -> None:
    """The first sequence number, and what may be offered to the other end."""
    sock.iss = sock.snd_una = sock.snd_nxt = sock.stack.tcp.initial_sequence(sock.four)
    sock.shutdown_mask = 0
    sock.fin_queued = False
    sock.rcv_wscale = WINDOW_SCALE if sock.stack.sysctls.tcp_window_scaling else 0
    sock.options.stamps = bool(sock.stack.sysctls.tcp_timestamps)
    try:
        mtu = sock.path().mtu
    except KernelError:
        mtu = 1500
    sock.advmss = max(min(mtu - HEADERS[len(sock.remote)], MSS_MAX), 88)
    if sock.options.maxseg:
        sock.advmss = min(sock.advmss, sock.options.maxseg)
