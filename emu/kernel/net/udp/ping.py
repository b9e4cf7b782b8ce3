"""Ping sockets: ICMP echoes for everybody, SOCK_DGRAM with IPPROTO_ICMP. See icmp(7), ping.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EMSGSIZE
from emu.kernel.net.filter import FilteredPacket
from emu.kernel.net.inet.cmsg import parse_control
from emu.kernel.net.inet.icmp import ECHO, ECHO6, icmp_payload
from emu.kernel.net.inet.ports import score
from emu.kernel.net.udp.datagram import PACKET_MAX, DatagramSocket, arrival_of, whole_message
from emu.kernel.net.udp.udp import report
from emu.kernel.uapi.in_ import IPPROTO_ICMP, IPPROTO_ICMPV6
from emu.kernel.uapi.socket import AF_INET

if TYPE_CHECKING:
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.inet.icmp import IcmpError
    from emu.kernel.net.inet.packet import IpPacket
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.stack import Stack
    from emu.kernel.vfs.file_operations import Result

ICMP_HEADER = 8


class PingSocket(DatagramSocket):
    """Sends echo requests and gets their replies. Its port is the echoes' identifier."""

    needs_port = False

    def take_port(self, port: int) -> None:
        """See `DatagramSocket.take_port`."""
        self.stack.ping_ports.bind(self, port, lambda one, other: one.family == other.family)

    def leave_port(self) -> None:
        """See `DatagramSocket.leave_port`."""
        self.stack.ping_ports.remove(self)

    def sendmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Send an echo request; the identifier is the socket's, whatever the message says."""
        buffer = msg.buffer
        count = buffer.count
        if count > PACKET_MAX:
            raise EMSGSIZE
        if count < ICMP_HEADER:
            raise EINVAL("no ICMP header")
        to = self.destination_of(msg)
        self.check_send(msg, flags)
        data = whole_message(buffer)
        if data[0] != (ECHO if self.family == AF_INET else ECHO6) or data[1]:
            raise EINVAL("not an echo request")
        control = parse_control(self, msg)
        path = self.path_to(to, control)
        self.ensure_port()
        message = data[:4] + struct.pack(">H", self.local_port) + data[6:]
        payload = icmp_payload(path.source, to.address, message)
        protocol = IPPROTO_ICMP if self.family == AF_INET else IPPROTO_ICMPV6
        self.send_ip(to, payload, protocol, path, control)
        return count


def receive_reply(stack: Stack, frame: Frame, packet: IpPacket, message: bytes) -> None:
    """An echo's reply, for the socket of its identifier."""
    ident = int.from_bytes(message[4:6], "big")
    for sock in list(stack.ping_ports.at(ident)):
        points = score(sock, packet.destination, packet.source, 0, frame.dev.ifindex)
        if points >= 0 or (sock.remote and sock.remote == packet.source):
            if sock.filter is not None:
                passed = sock.filter.cut(message, FilteredPacket.of_transport(frame, packet))
                if passed is None:
                    return
                message = passed
            sock.enqueue(message, arrival_of(frame, packet, 0, ident))
            return


def ping_error(stack: Stack, error: IcmpError) -> None:
    """An ICMP error came back for an echo of ours."""
    raw = error.quoted.payload_bytes()
    if len(raw) >= ICMP_HEADER:
        for sock in list(stack.ping_ports.at(int.from_bytes(raw[4:6], "big"))):
            report(sock, error, 0, raw)
