"""/proc/net/tcp, udp, raw, icmp, packet and those of IPv6. See proc(5), tcp_ipv4.c."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from emu.kernel.net.inet.address import ANY6, mapped
from emu.kernel.net.sockfs import inode_number
from emu.kernel.net.tcp.info import INFINITE_SSTHRESH
from emu.kernel.uapi.socket import AF_INET, AF_INET6
from emu.kernel.uapi.tcp import TCP_CLOSE, TCP_ESTABLISHED, TCP_LISTEN, TCP_TIME_WAIT

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel
    from emu.kernel.net.inet.sock import InetSocket
    from emu.kernel.net.tcp.sock import TcpSocket
    from emu.kernel.net.udp.datagram import DatagramSocket

COLUMNS = (
    "local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
)
COLUMNS6 = (
    "local_address                         remote_address"
    "                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
)
TCP_WIDTH = 149
UDP_WIDTH = 127
NSEC_PER_TICK = 10_000_000
TIMER_RETRANSMIT = 1
TIMER_TIME_WAIT = 3


def show_tcp(kernel: Kernel) -> bytes:
    """The TCP sockets of AF_INET."""
    return _tcp(kernel, AF_INET)


def show_tcp6(kernel: Kernel) -> bytes:
    """The TCP sockets of AF_INET6."""
    return _tcp(kernel, AF_INET6)


def show_udp(kernel: Kernel) -> bytes:
    """The UDP sockets of AF_INET."""
    return _datagrams(kernel, AF_INET, kernel.net.stack.udp_ports)


def show_udp6(kernel: Kernel) -> bytes:
    """The UDP sockets of AF_INET6."""
    return _datagrams(kernel, AF_INET6, kernel.net.stack.udp_ports)


def show_icmp(kernel: Kernel) -> bytes:
    """The ping sockets of AF_INET."""
    return _datagrams(kernel, AF_INET, kernel.net.stack.ping_ports)


def show_icmp6(kernel: Kernel) -> bytes:
    """The ping sockets of AF_INET6."""
    return _datagrams(kernel, AF_INET6, kernel.net.stack.ping_ports)


def show_raw(kernel: Kernel) -> bytes:
    """The raw sockets of AF_INET."""
    return _datagrams(kernel, AF_INET, kernel.net.stack.raw_socks)


def show_raw6(kernel: Kernel) -> bytes:
    """The raw sockets of AF_INET6."""
    return _datagrams(kernel, AF_INET6, kernel.net.stack.raw_socks)


def show_packet(kernel: Kernel) -> bytes:
    """The packet sockets."""
    lines = ["sk               RefCnt Type Proto  Iface R Rmem   User   Inode"]
    for sock in kernel.net.stack.packet_socks:
        lines.append(
            f"{0:016x} {3:<6} {sock.type:<4} {sock.wanted:04x}   {sock.ifindex:<5} 1 "
            f"{sock.rmem_alloc:<6} {sock.cred.fsuid:<6} {inode_number(sock):<6}"
        )
    return _text(lines)


def _text(lines: Iterable[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def _tcp(kernel: Kernel, family: int) -> bytes:
    head = "  sl  " + (COLUMNS if family == AF_INET else COLUMNS6)
    lines = [head.ljust(TCP_WIDTH) if family == AF_INET else head]
    for sock in kernel.net.stack.tcp:
        if sock.family == family:
            line = f"{len(lines) - 1:4d}: {_tcp_line(kernel, sock)}"
            lines.append(line.ljust(TCP_WIDTH) if family == AF_INET else line)
    return _text(lines)


def _tcp_line(kernel: Kernel, sock: TcpSocket) -> str:
    state = sock.state
    sent = len(sock.outgoing)
    received = len(sock.accept_queue) if state == TCP_LISTEN else len(sock.incoming)
    timer = TIMER_RETRANSMIT if sock.timers.is_waiting else 0
    if state == TCP_TIME_WAIT:
        timer, sent, received = TIMER_TIME_WAIT, 0, 0
    uid = 0 if state == TCP_TIME_WAIT else sock.cred.fsuid
    inode = 0 if state == TCP_TIME_WAIT else inode_number(sock)
    threshold = sock.ssthresh if sock.ssthresh < INFINITE_SSTHRESH else -1
    if state == TCP_LISTEN:
        threshold = 0
    tail = f"{sock.timers.rto_ns // NSEC_PER_TICK} 0 0 {sock.cwnd} {threshold}"
    return (
        f"{_ends(kernel, sock)} {state:02X} {sent:08X}:{received:08X} {timer:02X}:{0:08X} "
        f"{sock.timers.backoff:08X} {uid:5d} {0:8d} {inode} 1 {0:016x} {tail}"
    )


def _datagrams(kernel: Kernel, family: int, socks: Iterable[DatagramSocket]) -> bytes:
    columns = COLUMNS if family == AF_INET else COLUMNS6
    # Each of the tables has its own spaces; those of raw sockets and of IPv6 are not padded.
    udp = kernel.net.stack.udp_ports
    width = UDP_WIDTH if family == AF_INET and socks is not kernel.net.stack.raw_socks else 0
    indent = " " if family == AF_INET and socks is udp else ""
    digits = 4 if socks is kernel.net.stack.raw_socks else 5
    lines = [f"{indent}  sl  {columns} ref pointer drops".ljust(width)]
    for sock in socks:
        if sock.family != family:
            continue
        state = TCP_ESTABLISHED if sock.remote else TCP_CLOSE
        line = (
            f"{sock.local_port:{digits}d}: {_ends(kernel, sock)} {state:02X} "
            f"{sock.wmem_alloc:08X}:{sock.rmem_alloc:08X} 00:00000000 00000000 "
            f"{sock.cred.fsuid:5d} {0:8d} {inode_number(sock)} 2 {0:016x} {sock.drops}"
        )
        lines.append(line.ljust(width))
    return _text(lines)


def _ends(kernel: Kernel, sock: InetSocket) -> str:
    remote = sock.remote or sock.any_address
    return (
        f"{_hex(kernel, sock, sock.local)}:{sock.local_port:04X} "
        f"{_hex(kernel, sock, remote)}:{sock.remote_port:04X}"
    )


def _hex(kernel: Kernel, sock: InetSocket, address: bytes) -> str:
    """An address as 32-bit words in the reader's byte order, as Linux prints them."""
    task = kernel.sched.current
    order = "big" if task is not None and task.abi.big_endian else "little"
    if sock.family == AF_INET6:
        address = mapped(address) if any(address) else ANY6
    words = (address[i : i + 4] for i in range(0, len(address), 4))
    return "".join(f"{int.from_bytes(word, order):08X}" for word in words)  # type: ignore[arg-type]
