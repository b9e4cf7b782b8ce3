"""What ss(8) is told of TCP, UDP and raw sockets. See net/ipv4/inet_diag.c."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, ENOENT
from emu.kernel.net.netlink.message import Attribute, NlMsg, Packed, u8
from emu.kernel.net.netlink.sock_diag import SOCK_DIAG_BY_FAMILY
from emu.kernel.net.sockfs import inode_number
from emu.kernel.net.tcp.info import tcp_info
from emu.kernel.net.tcp.receive import available
from emu.kernel.net.tcp.sock import TcpSocket
from emu.kernel.uapi.socket import AF_INET6
from emu.kernel.uapi.tcp import TCP_CLOSE, TCP_ESTABLISHED, TCP_LISTEN

if TYPE_CHECKING:
    from emu.kernel.net.inet.sock import InetSocket
    from emu.kernel.net.netlink.request import Request
    from emu.kernel.net.stack import Stack

REQUEST = "BBBBI"
REQUEST_SIZE = 56
IPPROTO_TCP, IPPROTO_UDP, IPPROTO_RAW = 6, 17, 255
INET_DIAG_INFO = 2
INET_DIAG_CONG = 4
INET_DIAG_TOS = 5
INET_DIAG_SHUTDOWN = 8
INET_DIAG_SKMEMINFO = 7
INET_DIAG_SKV6ONLY = 11


def dump(request: Request) -> Iterator[NlMsg]:
    """All sockets of a family and a protocol in one of the states that are asked for."""
    family, protocol, extensions, _, states = request.fixed(REQUEST)
    if len(request.payload) < REQUEST_SIZE:
        raise EINVAL("the request is too short")
    sockets = [s for s in _sockets(request.socket.net.stack, protocol) if s.family == family]
    return (
        _describe(request, socket, extensions) for socket in sockets if states >> _state(socket) & 1
    )


def one(request: Request) -> NlMsg:
    """The socket of a connection. ENOENT."""
    family, protocol, extensions, _, _ = request.fixed(REQUEST)
    if len(request.payload) < REQUEST_SIZE:
        raise EINVAL("the request is too short")
    wanted = request.payload[8:44]
    for socket in _sockets(request.socket.net.stack, protocol):
        if socket.family == family and _identity(socket)[:36] == wanted:
            return _describe(request, socket, extensions)
    raise ENOENT("no such socket")


def _sockets(stack: Stack, protocol: int) -> list[InetSocket]:
    """All sockets of a protocol. ENOENT for one that tells of none."""
    if protocol == IPPROTO_TCP:
        return list(stack.tcp)
    if protocol == IPPROTO_UDP:
        return list(stack.udp_ports)
    if protocol == IPPROTO_RAW:
        return list(stack.raw_socks)
    raise ENOENT("nobody tells of this protocol")


def _state(socket: InetSocket) -> int:
    if isinstance(socket, TcpSocket):
        return socket.state
    return TCP_ESTABLISHED if socket.remote_port else TCP_CLOSE


def _identity(socket: InetSocket) -> bytes:
    """Ports and addresses, in network byte order: the first part of struct inet_diag_sockid."""
    return b"".join(
        (
            socket.local_port.to_bytes(2, "big"), socket.remote_port.to_bytes(2, "big"),
            socket.local.ljust(16, b"\0"), (socket.remote or b"").ljust(16, b"\0"),
        )
    )  # fmt: skip


def _queues(socket: InetSocket) -> tuple[int, int]:
    """How much waits to be received and sent; a listener's connections, and how many may wait."""
    if not isinstance(socket, TcpSocket):
        return socket.rmem_alloc, socket.wmem_alloc
    if socket.state == TCP_LISTEN:
        return len(socket.accept_queue), socket.backlog
    return available(socket), len(socket.outgoing)


def _describe(request: Request, socket: InetSocket, extensions: int) -> NlMsg:
    received, sent = _queues(socket)
    cookie = (socket.cookie & 0xFFFFFFFF, socket.cookie >> 32)
    header = Packed(
        "BBBB36sIIIIIIII",
        (
            socket.family, _state(socket), 0, 0, _identity(socket), socket.bound_dev_if, *cookie,
            0, received, sent, socket.owner_uid, inode_number(socket),
        ),
    )  # fmt: skip
    about = [u8(INET_DIAG_SHUTDOWN, socket.shutdown_mask)]
    if _wants(extensions, INET_DIAG_TOS):
        about.append(u8(INET_DIAG_TOS, 0))
    if socket.family == AF_INET6 and _state(socket) in (TCP_CLOSE, TCP_LISTEN):
        about.append(u8(INET_DIAG_SKV6ONLY, socket.v6only))
    if _wants(extensions, INET_DIAG_SKMEMINFO):
        numbers = (
            socket.rmem_alloc, socket.rcvbuf, socket.wmem_alloc, socket.sndbuf, 0, 0, 0, 0,
            socket.drops,
        )  # fmt: skip
        about.append(Attribute(INET_DIAG_SKMEMINFO, Packed("9I", numbers)))
    if isinstance(socket, TcpSocket) and _wants(extensions, INET_DIAG_INFO):
        about.append(Attribute(INET_DIAG_INFO, tcp_info(socket, request.task)))
    if isinstance(socket, TcpSocket) and _wants(extensions, INET_DIAG_CONG):
        about.append(Attribute(INET_DIAG_CONG, socket.options.congestion + b"\0"))
    return NlMsg(SOCK_DIAG_BY_FAMILY, header=header, attributes=about)


def _wants(extensions: int, extension: int) -> bool:
    return bool(extensions >> extension - 1 & 1)
