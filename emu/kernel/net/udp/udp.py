"""UDP. See udp(7), RFC 768, udp.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EMSGSIZE, ENOPROTOOPT
from emu.kernel.net.checksum import transport_checksum
from emu.kernel.net.filter import FilteredPacket
from emu.kernel.net.inet.address import BROADCAST4, is_multicast
from emu.kernel.net.inet.cmsg import SendControl
from emu.kernel.net.inet.errqueue import queue_icmp_error, wants_errors
from emu.kernel.net.inet.icmp import port_unreachable
from emu.kernel.net.inet.membership import wants
from emu.kernel.net.inet.ports import datagrams_conflict, score
from emu.kernel.net.inet.sockaddr import InetAddress
from emu.kernel.net.tcp.table import hash_of
from emu.kernel.net.udp.datagram import PACKET_MAX, DatagramSocket, arrival_of, whole_message
from emu.kernel.uapi.in_ import IPPROTO_UDP
from emu.kernel.uapi.rtnetlink import RTN_BROADCAST
from emu.kernel.uapi.socket import MSG_MORE, SO_REUSEPORT, SOL_UDP

if TYPE_CHECKING:
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.inet.icmp import IcmpError
    from emu.kernel.net.inet.packet import IpPacket
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.net.stack import Stack
    from emu.kernel.task import Task
    from emu.kernel.vfs.file_operations import Result

HEADER = struct.Struct(">HHHH")
UDP_CORK = 1
DATA_MAX4 = PACKET_MAX - 20 - HEADER.size
DATA_MAX6 = PACKET_MAX - HEADER.size


class Datagram:
    """One UDP datagram."""

    __slots__ = ("data", "destination", "source")

    def __init__(self, source: int, destination: int, data: bytes) -> None:
        self.source = source
        self.destination = destination
        self.data = data

    def __len__(self) -> int:
        return HEADER.size + len(self.data)

    def pack(self, source: bytes, destination: bytes) -> bytes:
        """Its bytes, with a checksum; one that comes out as 0 is sent as all ones."""
        size = len(self)
        raw = HEADER.pack(self.source, self.destination, size & 0xFFFF, 0) + self.data
        sum_ = transport_checksum(source, destination, IPPROTO_UDP, raw) or 0xFFFF
        return HEADER.pack(self.source, self.destination, size & 0xFFFF, sum_) + self.data


def parse_datagram(packet: IpPacket) -> Datagram | None:
    """The datagram that a packet carries; None if it is no good."""
    if isinstance(packet.payload, Datagram):
        return packet.payload
    raw = packet.payload_bytes()
    if len(raw) < HEADER.size:
        return None
    source, destination, size, sum_ = HEADER.unpack_from(raw)
    if not HEADER.size <= size <= len(raw):
        return None
    if sum_ and transport_checksum(packet.source, packet.destination, IPPROTO_UDP, raw[:size]):
        return None
    return Datagram(source, destination, raw[HEADER.size : size])


class UdpSocket(DatagramSocket):
    """A UDP socket. `corked` is what waits for its end, and where it goes."""

    corked: tuple[InetAddress, SendControl, bytearray] | None = None
    cork = False

    def take_port(self, port: int) -> None:
        """See `DatagramSocket.take_port`."""
        self.stack.udp_ports.bind(self, port, datagrams_conflict)

    def leave_port(self) -> None:
        """See `DatagramSocket.leave_port`."""
        self.stack.udp_ports.remove(self)

    def sendmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Send one datagram, or a part of it with MSG_MORE or UDP_CORK."""
        count = msg.buffer.count
        if count > PACKET_MAX:
            raise EMSGSIZE
        to, control, path = self.way_of(msg, flags)
        self.ensure_port()
        if count > (DATA_MAX4 if len(to.address) == 4 else DATA_MAX6):
            raise EMSGSIZE
        data = whole_message(msg.buffer)
        if self.corked is not None or flags & MSG_MORE or self.cork:
            self._collect(to, control, data, bool(flags & MSG_MORE))
            return count
        datagram = Datagram(self.local_port, to.port, data)
        self.stack.counters["Udp.OutDatagrams"] += 1
        self.send_ip(to, datagram, IPPROTO_UDP, path, control)
        return count

    def _collect(self, to: InetAddress, control: SendControl, data: bytes, more: bool) -> None:
        if self.corked is None:
            self.corked = (to, control, bytearray())
        collected = self.corked[2]
        if len(collected) + len(data) > DATA_MAX4:
            self.corked = None
            raise EMSGSIZE
        collected += data
        if not more and not self.cork:
            self.flush()

    def flush(self) -> None:
        """Send what was collected."""
        if self.corked is None:
            return
        (to, control, data), self.corked = self.corked, None
        path = self.path_to(to, control)
        self.stack.counters["Udp.OutDatagrams"] += 1
        datagram = Datagram(self.local_port, to.port, bytes(data))
        self.send_ip(to, datagram, IPPROTO_UDP, path, control)

    def setsockopt(self, task: Task, level: int, optname: int, value: OptionValue) -> None:
        """UDP_CORK, and the options of IP."""
        if level != SOL_UDP:
            super().setsockopt(task, level, optname, value)
            return
        number = value.integer()
        if optname != UDP_CORK:
            raise ENOPROTOOPT(f"no UDP option {optname} can be set")
        self.cork = bool(number)
        if not number:
            self.flush()

    def getsockopt(self, task: Task, level: int, optname: int, length: int) -> bytes:
        """See `setsockopt`."""
        if level != SOL_UDP:
            return super().getsockopt(task, level, optname, length)
        if length < 0:
            raise EINVAL("negative length")
        if optname != UDP_CORK:
            raise ENOPROTOOPT(f"no UDP option {optname}")
        return struct.pack(f"{task.abi.isa.byte_order}i", self.cork)


def receive_udp(stack: Stack, frame: Frame, packet: IpPacket) -> None:
    """A packet that carries UDP has come: see __udp4_lib_rcv."""
    datagram = parse_datagram(packet)
    if datagram is None:
        stack.counters["Udp.InErrors"] += 1
        return
    if is_multicast(packet.destination) or _is_broadcast(stack, packet.destination):
        _to_group(stack, frame, packet, datagram)
        return
    sock = find_socket(stack, packet, datagram, frame.dev.ifindex)
    if sock is None:
        stack.counters["Udp.NoPorts"] += 1
        port_unreachable(stack, packet)
        return
    _enqueue(stack, sock, frame, packet, datagram)


def find_socket(
    stack: Stack, packet: IpPacket, datagram: Datagram, ifindex: int
) -> DatagramSocket | None:
    """The socket that fits a packet best; of equal ones that share the port, by its numbers."""
    found: list[DatagramSocket] = []
    best = -1
    local = packet.destination
    for sock in stack.udp_ports.at(datagram.destination):
        points = score(sock, local, packet.source, datagram.source, ifindex)
        if points > best:
            best, found = points, [sock]
        elif points == best and points >= 0:
            found.append(sock)
    if not found:
        return None
    if len(found) == 1 or not found[0].flag(SO_REUSEPORT):
        return found[-1]  # of equal ones the last bound
    return found[hash_of(packet.source, datagram.source) % len(found)]


def _is_broadcast(stack: Stack, address: bytes) -> bool:
    if address == BROADCAST4:
        return True
    if len(address) == 16 or address[3] != 255:
        return False
    route = stack.fib(4).lookup(address)
    return route is not None and route.type == RTN_BROADCAST


def _to_group(stack: Stack, frame: Frame, packet: IpPacket, datagram: Datagram) -> None:
    """All sockets that want it get it."""
    group = packet.destination
    for sock in list(stack.udp_ports.at(datagram.destination)):
        points = score(sock, group, packet.source, datagram.source, frame.dev.ifindex)
        if points < 0:
            continue
        if is_multicast(group) and not wants(sock, group, frame.dev, packet.source):
            continue
        _enqueue(stack, sock, frame, packet, datagram)


def _enqueue(
    stack: Stack, sock: DatagramSocket, frame: Frame, packet: IpPacket, datagram: Datagram
) -> None:
    if packet.hop_limit < sock.ip.min_ttl:
        return
    arrival = arrival_of(frame, packet, datagram.source, datagram.destination)
    data: bytes | None = datagram.data
    if sock.filter is not None:
        seen = FilteredPacket.of_transport(frame, packet)
        data = sock.filter.cut(datagram.data, seen, HEADER.size)
    if data is None:
        sock.drops += 1
        stack.counters["Udp.InErrors"] += 1
    elif sock.enqueue(data, arrival):
        stack.counters["Udp.InDatagrams"] += 1
    else:
        stack.counters["Udp.InErrors"] += 1
        stack.counters["Udp.RcvbufErrors"] += 1


def udp_error(stack: Stack, frame: Frame, error: IcmpError) -> None:
    """An ICMP error came back for a datagram of ours: see __udp4_lib_err."""
    quoted = error.quoted
    raw = quoted.payload_bytes()
    if len(raw) < HEADER.size:
        return
    sport, dport, _, _ = HEADER.unpack_from(raw)
    best: DatagramSocket | None = None
    most = -1
    for sock in stack.udp_ports.at(sport):
        points = score(sock, quoted.source, quoted.destination, dport, frame.dev.ifindex)
        if points > most:
            best, most = sock, points
    if best is not None:
        report(best, error, dport, raw[HEADER.size :])


def report(sock: DatagramSocket, error: IcmpError, port: int, data: bytes) -> None:
    """Tell a socket of an error: in its queue, or the next call if it is connected."""
    destination = error.quoted.destination
    if wants_errors(sock):
        queue_icmp_error(sock, error, destination, port, data)
    elif not (error.fatal and sock.remote):
        return
    sock.error = error.error
    sock.state_change()
