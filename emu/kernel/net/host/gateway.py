"""The router between the machine's network and the host's: what is allowed goes through.

A device ``host0`` with the address 10.0.2.15 and a default route to 10.0.2.2. Behind it is a stack
of its own that takes every address for itself. A TCP connection there is one end of a relay, whose
other end is a socket of the host; so no packet of the guest's ever reaches the host's network, only
the bytes of connections that a rule allows.
"""

from __future__ import annotations

import socket
from functools import partial
from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.cred import Credentials
from emu.kernel.net.device import NetDevice
from emu.kernel.net.frame import Frame
from emu.kernel.net.host.relay import HostWatch, Relay
from emu.kernel.net.host.rules import HostAccess, Publish
from emu.kernel.net.host.udp import UdpFlows
from emu.kernel.net.inet.fib import Route
from emu.kernel.net.inet.icmp import UNREACHABLE, send_message
from emu.kernel.net.inet.interface import InterfaceAddress, add_address
from emu.kernel.net.inet.sockaddr import InetAddress
from emu.kernel.net.ipv4.header import parse_ipv4
from emu.kernel.net.stack import Stack
from emu.kernel.net.tcp.connect import ask
from emu.kernel.net.tcp.segment import ACK, SYN, Segment, parse_segment
from emu.kernel.net.tcp.sock import TcpSocket
from emu.kernel.net.tcp.table import TcpTable
from emu.kernel.uapi.in_ import IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP
from emu.kernel.uapi.net_device import ETH_P_IP, IFF_NOARP, IFF_POINTOPOINT
from emu.kernel.uapi.rtnetlink import RT_TABLE_LOCAL, RTN_LOCAL
from emu.kernel.uapi.socket import AF_INET, SOCK_STREAM

if TYPE_CHECKING:
    from emu.kernel.net.inet.packet import IpPacket

GUEST = bytes((10, 0, 2, 15))
GATEWAY = bytes((10, 0, 2, 2))
PROHIBITED = 13
"""ICMP_PKT_FILTERED."""
DRAIN_NS = 10 * NSEC_PER_SEC


class Wire(NetDevice):
    """An end of the wire between the machine and the gateway."""

    default_flags = IFF_NOARP | IFF_POINTOPOINT
    needs_neighbours = False
    other: Wire

    def xmit(self, frame: Frame) -> None:
        """Out at the other end, when whoever sends it has done all else."""
        there = frame.clone(self.other)
        there.hardware_destination = self.other.address
        self.stack.sched.call_after(0, partial(self.other.receive, there))

    def receive(self, frame: Frame) -> None:
        """What comes out is received."""
        self.stack.netif_rx(frame)


class Outside(Wire):
    """The gateway's end: it decides what becomes of a packet."""

    gateway: Gateway

    def receive(self, frame: Frame) -> None:
        """See `Gateway.receive`."""
        self.gateway.receive(frame)


class OutsideTcp(TcpTable):
    """The gateway's TCP: a SYN waits until the host has connected."""

    gateway: Gateway

    def find_listener(self, frame: Frame, packet: IpPacket, segment: Segment) -> TcpSocket | None:
        """The one listener, for connections that the host has made."""
        key = (packet.destination, segment.destination, packet.source, segment.source)
        return self.gateway.listener if key in self.gateway.made else None


class Gateway:
    """The rules, the device, and what goes through."""

    def __init__(self, stack: Stack, access: HostAccess) -> None:
        self._inside = stack
        self._allowed = access.allowed
        self._refused: set[tuple[bytes, int]] = set()
        self._asking: dict[tuple[bytes, int, bytes, int], HostWatch] = {}
        self.made: dict[tuple[bytes, int, bytes, int], socket.socket] = {}
        self._relays: set[Relay] = set()
        self.stack = Stack(stack.net)
        self._wire()
        tcp = OutsideTcp(self.stack)
        tcp.gateway = self
        self.stack.tcp = tcp
        self.listener = TcpSocket(self.stack, AF_INET, SOCK_STREAM, IPPROTO_TCP, Credentials())
        self.listener.listen_privately(self._accepted)
        self._udp = UdpFlows(self)
        for publish in access.published:
            self._publish(publish)

    def _wire(self) -> None:
        inside = Wire(self._inside, b"host0", self._inside.random_hardware())
        outside = Outside(self.stack, b"host0", self._inside.random_hardware())
        inside.other, outside.other, outside.gateway = outside, inside, self
        self._outside = outside
        for end in (outside, inside):
            end.stack.register(end)
            end.set_up(True)
        add_address(inside, InterfaceAddress(GUEST, 24))
        self._inside.fib(4).add(Route(bytes(4), 0, inside, GATEWAY))
        add_address(outside, InterfaceAddress(GATEWAY, 24))
        # All addresses but the guest's are the gateway's own.
        everything = Route(bytes(4), 0, self.stack.loopback, table=RT_TABLE_LOCAL, type=RTN_LOCAL)
        self.stack.fib(4).add(everything)
        self.stack.fib(4).add(Route(GUEST, 32, outside, table=RT_TABLE_LOCAL))

    def receive(self, frame: Frame) -> None:
        """The machine sent a packet out."""
        packet = frame.packet
        if packet is None or packet.header is not None:
            raw = frame.data if packet is None else packet.pack()
            packet = parse_ipv4(raw) if frame.protocol == ETH_P_IP else None
            frame.packet = packet
        if packet is None or len(packet.source) != 4 or packet.source != GUEST:
            return
        if packet.is_fragment:
            packet = self.stack.fragments.add(packet)
            if packet is None:
                return
            frame.packet = packet
        if packet.protocol == IPPROTO_TCP:
            self._receive_tcp(frame, packet)
        elif packet.protocol == IPPROTO_UDP:
            self._udp.send(packet)
        elif packet.protocol == IPPROTO_ICMP and packet.destination == GATEWAY:
            self.stack.netif_rx(frame)
        else:
            self.prohibit(packet)

    def drain(self) -> None:
        """All programs have ended: let what they sent go out, for a while."""
        sched = self.stack.sched
        end = self.stack.clock.monotonic_ns() + DRAIN_NS
        while (left := end - self.stack.clock.monotonic_ns()) > 0:
            sched.expire_timers()  # the last segments are on their way
            if all(relay.is_done for relay in self._relays):
                break
            sched.pass_time(left)

    def permits(self, address: bytes, port: int) -> bool:
        """Whether a rule allows a destination; one that none does is told to the owner, once."""
        if any(rule.permits(address, port) for rule in self._allowed):
            return True
        if (address, port) not in self._refused:
            self._refused.add((address, port))
            where = socket.inet_ntoa(address)
            self._inside.kernel.log(f"--net host: no --allow rule lets it reach {where}:{port}")
        return False

    def prohibit(self, packet: IpPacket) -> None:
        """Tell the sender that a packet may not pass."""
        send_message(self.stack, packet, UNREACHABLE, PROHIBITED)

    def deliver(self, packet: IpPacket) -> None:
        """Send a packet of the outside's to the machine."""
        frame = Frame.of(self._outside, packet)
        self.stack.transmit(frame)

    def _receive_tcp(self, frame: Frame, packet: IpPacket) -> None:
        segment = packet.payload
        if not isinstance(segment, Segment):
            parsed = parse_segment(packet.source, packet.destination, packet.payload_bytes())
            if parsed is None:
                return
            packet.payload = segment = parsed
        key = (packet.destination, segment.destination, packet.source, segment.source)
        is_new = segment.flags & (SYN | ACK) == SYN and key not in self.stack.tcp.connected
        if not is_new:
            self.stack.netif_rx(frame)
        elif key not in self._asking:
            if self.permits(packet.destination, segment.destination):
                self._ask_host(key, frame, packet)
            else:
                self.prohibit(packet)

    def _ask_host(self, key: tuple[bytes, int, bytes, int], frame: Frame, packet: IpPacket) -> None:
        """Have the host connect; the SYN goes on when it has."""
        host = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        host.setblocking(False)
        address = self.host_address(packet.destination)
        host.connect_ex((address, key[1]))

        def connected() -> None:
            self._asking.pop(key).stop()
            if host.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                host.close()
                assert isinstance(packet.payload, Segment)
                self.stack.tcp.reset(packet, packet.payload)
                return
            self.made[key] = host
            self.stack.netif_rx(frame)

        queue = self.stack.sched.host_writable_queue(host.fileno())
        self._asking[key] = HostWatch(queue, connected)

    def host_address(self, address: bytes) -> str:
        """Where the host finds an address; the gateway's own is the host itself."""
        return "127.0.0.1" if address == GATEWAY else socket.inet_ntoa(address)

    def _accepted(self, child: TcpSocket) -> None:
        """The machine's side of a connection is there, too: join them."""
        host = self.made.pop(child.four)
        Relay(self._relays, self.stack.sched, child, host)

    def _publish(self, publish: Publish) -> None:
        """Listen on the host. `OSError`."""
        server = socket.create_server((publish.host_address, publish.host_port))
        server.setblocking(False)

        def came() -> None:
            watch.arm()
            while True:
                try:
                    host, _ = server.accept()
                except (BlockingIOError, ConnectionError):
                    return
                host.setblocking(False)
                self._connect_guest(host, publish.guest_port)

        watch = HostWatch(self.stack.sched.host_readable_queue(server.fileno()), came)

    def _connect_guest(self, host: socket.socket, port: int) -> None:
        sock = TcpSocket(self.stack, AF_INET, SOCK_STREAM, IPPROTO_TCP, Credentials())
        sock.local = GATEWAY
        ask(sock, InetAddress(AF_INET, GUEST, port))
        Relay(self._relays, self.stack.sched, sock, host)
