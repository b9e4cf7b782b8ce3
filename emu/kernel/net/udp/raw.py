"""Raw sockets: IP packets of one protocol as they are. See raw(7), raw.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL, EMSGSIZE, ENOPROTOOPT, EOPNOTSUPP
from emu.kernel.net.checksum import checksum, transport_checksum
from emu.kernel.net.filter import FilteredPacket
from emu.kernel.net.inet.address import is_any, is_multicast
from emu.kernel.net.inet.membership import wants
from emu.kernel.net.inet.output import send_packet
from emu.kernel.net.inet.packet import IpPacket, Octets
from emu.kernel.net.udp.datagram import PACKET_MAX, DatagramSocket, arrival_of, whole_message
from emu.kernel.net.udp.udp import report
from emu.kernel.uapi.in_ import ICMP_FILTER, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_RAW
from emu.kernel.uapi.socket import AF_INET, AF_INET6, SOL_IP, SOL_IPV6, SOL_RAW

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.inet.icmp import IcmpError
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.net.stack import Stack
    from emu.kernel.task import Task
    from emu.kernel.vfs.file_operations import Result

ICMPV6_CHECKSUM_AT = 2
FILTER_SIZE = 4
FILTER6_SIZE = 32


class RawSocket(DatagramSocket):
    """A raw socket: its port is its protocol. `icmp_filter` are ICMP types it does not want."""

    needs_port = False

    def __init__(
        self, stack: Stack, family: int, type: int, protocol: int, cred: Credentials
    ) -> None:
        super().__init__(stack, family, type, protocol, cred)
        self.local_port = protocol
        self.icmp_filter = 0
        self.ip.header_included = protocol == IPPROTO_RAW
        if protocol == IPPROTO_ICMPV6:
            self.ip.checksum6 = ICMPV6_CHECKSUM_AT
        stack.raw_socks[self] = None

    def take_port(self, port: int) -> None:
        """It has its protocol."""
        self.local_port = self.protocol

    def release(self) -> None:
        """See `Socket.release`."""
        self.stack.raw_socks.pop(self, None)
        super().release()

    def disconnect(self) -> None:
        """Send and receive to and from all again."""
        super().disconnect()
        self.local_port = self.protocol

    def sendmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Send a packet of the socket's protocol; with IP_HDRINCL the caller made the header."""
        if msg.buffer.count > PACKET_MAX:
            raise EMSGSIZE
        to, control, path = self.way_of(msg, flags)
        data = whole_message(msg.buffer)
        count = len(data)
        if self.ip.header_included:
            packet = self._with_header(data, path.source)
            packet.dont_fragment = True
            send_packet(self.stack, packet, path)
            return count
        data = self._with_checksum(data, path.source, to.address)
        self.send_ip(to, Octets(data), self.protocol, path, control)
        return count

    def _with_header(self, data: bytes, source: bytes) -> IpPacket:
        """The packet that the caller made; what it left 0 is filled in. EINVAL, EFAULT."""
        if self.family == AF_INET6:
            if len(data) < 40:
                raise EINVAL("no IPv6 header")
            packet = IpPacket(data[8:24], data[24:40], data[6], Octets(data[40:]), data[7])
            packet.header = data[:40]
            return packet
        if len(data) < 20:
            raise EINVAL("no IPv4 header")
        size = (data[0] & 15) * 4
        if size < 20 or size > len(data):
            raise EINVAL("no IPv4 header")
        header = bytearray(data[:size])
        header[2:4] = len(data).to_bytes(2, "big")
        if is_any(bytes(header[12:16])):
            header[12:16] = source
        if not any(header[4:6]):
            header[4:6] = self.stack.next_ident().to_bytes(2, "big")
        header[10:12] = b"\0\0"
        header[10:12] = checksum(bytes(header)).to_bytes(2, "big")
        raw = bytes(header)
        packet = IpPacket(raw[12:16], raw[16:20], raw[9], Octets(data[size:]), raw[8])
        packet.header = raw
        return packet

    def _with_checksum(self, data: bytes, source: bytes, destination: bytes) -> bytes:
        place = self.ip.checksum6
        if len(destination) == 4 or place < 0:
            return data
        if place + 2 > len(data):
            raise EINVAL("the checksum lies behind the end")
        zeroed = data[:place] + b"\0\0" + data[place + 2 :]
        sum_ = transport_checksum(source, destination, self.protocol, zeroed)
        return data[:place] + struct.pack(">H", sum_) + data[place + 2 :]

    def setsockopt(self, task: Task, level: int, optname: int, value: OptionValue) -> None:
        """ICMP_FILTER, and the options of IP."""
        if level == SOL_RAW and optname == ICMP_FILTER and self.family == AF_INET:
            if self.protocol != IPPROTO_ICMP:
                raise EOPNOTSUPP("only for ICMP")
            order = "little" if task.abi.isa.byte_order == "<" else "big"
            self.icmp_filter = int.from_bytes(value.raw(FILTER_SIZE), order)  # type: ignore[arg-type]
        elif level == IPPROTO_ICMPV6 and self.family == AF_INET6 and optname == ICMP_FILTER:
            if self.protocol != IPPROTO_ICMPV6:
                raise EOPNOTSUPP("only for ICMPv6")
            words = value.raw(FILTER6_SIZE).ljust(FILTER6_SIZE, b"\0")
            numbers = struct.unpack(f"{task.abi.isa.byte_order}8I", words)
            self.icmp_filter = sum(word << 32 * i for i, word in enumerate(numbers))
        elif level == SOL_RAW:
            raise ENOPROTOOPT(f"no raw option {optname}")
        else:
            super().setsockopt(task, level, optname, value)

    def getsockopt(self, task: Task, level: int, optname: int, length: int) -> bytes:
        """See `setsockopt`."""
        order = task.abi.isa.byte_order
        if level == SOL_RAW and optname == ICMP_FILTER and self.family == AF_INET:
            if self.protocol != IPPROTO_ICMP:
                raise EOPNOTSUPP("only for ICMP")
            return struct.pack(f"{order}I", self.icmp_filter)
        if level == IPPROTO_ICMPV6 and self.family == AF_INET6 and optname == ICMP_FILTER:
            words = [self.icmp_filter >> 32 * i & 0xFFFFFFFF for i in range(8)]
            return struct.pack(f"{order}8I", *words)
        if level in (SOL_IP, SOL_IPV6):
            return super().getsockopt(task, level, optname, length)
        raise ENOPROTOOPT(f"no options of level {level}")

    def takes(self, frame: Frame, packet: IpPacket) -> bool:
        """Whether a packet is for this socket."""
        size = 4 if self.family == AF_INET else 16
        if packet.protocol != self.protocol or len(packet.source) != size:
            return False
        if self.bound_dev_if and self.bound_dev_if != frame.dev.ifindex:
            return False
        if not is_any(self.local) and self.local != packet.destination:
            return False
        if self.remote and self.remote != packet.source:
            return False
        group = packet.destination
        if is_multicast(group) and not wants(self, group, frame.dev, packet.source):
            return False
        return not (self.icmp_filter and self._is_filtered(packet))

    def _is_filtered(self, packet: IpPacket) -> bool:
        kind = packet.payload_bytes()[:1]
        return (
            bool(kind)
            and (self.family == AF_INET6 or kind[0] < 32)
            and bool(self.icmp_filter >> kind[0] & 1)
        )


def deliver_raw(stack: Stack, frame: Frame, packet: IpPacket) -> bool:
    """Give a packet to all raw sockets that want it: whether any did."""
    heard = False
    for sock in list(stack.raw_socks):
        if sock.takes(frame, packet):
            heard = True
            data = packet.pack() if sock.family == AF_INET else packet.payload_bytes()
            if packet.protocol == IPPROTO_ICMPV6 and transport_checksum(
                packet.source, packet.destination, IPPROTO_ICMPV6, data
            ):
                continue
            if sock.filter is not None:
                whole = packet.pack()
                seen = FilteredPacket(whole, len(whole) - len(data), 0, frame=frame)
                passed = sock.filter.cut(data, seen)
                if passed is None:
                    continue
                data = passed
            sock.enqueue(data, arrival_of(frame, packet, 0, 0))
    return heard


def raw_error(stack: Stack, error: IcmpError) -> None:
    """An ICMP error came back for a packet of ours."""
    quoted = error.quoted
    for sock in list(stack.raw_socks):
        same = sock.protocol == quoted.protocol and sock.remote in (b"", quoted.destination)
        if same and (is_any(sock.local) or sock.local == quoted.source):
            report(sock, error, 0, quoted.payload_bytes())
