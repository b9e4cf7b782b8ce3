"""ICMP and ICMPv6: echoes and errors. See RFC 792, RFC 4443."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EACCES,
    ECONNREFUSED,
    EHOSTDOWN,
    EHOSTUNREACH,
    EMSGSIZE,
    ENETUNREACH,
    ENONET,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPROTO,
    KernelError,
)
from emu.kernel.net.checksum import checksum, transport_checksum
from emu.kernel.net.inet.address import is_any, is_multicast
from emu.kernel.net.inet.input import is_local
from emu.kernel.net.inet.output import find_path, send_packet
from emu.kernel.net.inet.packet import IpPacket, Octets
from emu.kernel.net.ipv4.header import parse_ipv4
from emu.kernel.net.ipv6.header import parse_ipv6
from emu.kernel.uapi.in_ import (
    IPPROTO_ICMP,
    IPPROTO_ICMPV6,
    IPPROTO_TCP,
    IPPROTO_UDP,
    SO_EE_ORIGIN_ICMP,
    SO_EE_ORIGIN_ICMP6,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.stack import Stack

ECHO_REPLY, UNREACHABLE, ECHO, TIME_EXCEEDED, PARAMETER = 0, 3, 8, 11, 12
NET, HOST, PROTOCOL, PORT, FRAGMENTATION = 0, 1, 2, 3, 4
UNREACHABLE6, TOO_BIG6, TIME_EXCEEDED6, PARAMETER6 = 1, 2, 3, 4
ADDRESS6, PORT6 = 3, 4
UNKNOWN_NEXT_HEADER6 = 1
ECHO6, ECHO_REPLY6 = 128, 129
FIRST_INFORMATION6 = 128
NEIGHBOURS6 = (135, 136)

QUOTED4 = 576 - 20 - 8
QUOTED6 = 1280 - 40 - 8

HARD4: dict[int, tuple[type[KernelError], bool]] = {
    0: (ENETUNREACH, False), 1: (EHOSTUNREACH, False), 2: (ENOPROTOOPT, True),
    3: (ECONNREFUSED, True), 4: (EMSGSIZE, False), 5: (EOPNOTSUPP, False),
    6: (ENETUNREACH, True), 7: (EHOSTDOWN, True), 8: (ENONET, True), 9: (ENETUNREACH, True),
    10: (EHOSTUNREACH, True), 11: (ENETUNREACH, False), 12: (EHOSTUNREACH, False),
    13: (EHOSTUNREACH, True), 14: (EHOSTUNREACH, True), 15: (EHOSTUNREACH, True),
}  # fmt: skip
"""What a code of ICMP_DEST_UNREACH means to a socket, and whether it is fatal: icmp_err_convert."""

HARD6: dict[int, tuple[type[KernelError], bool]] = {
    0: (ENETUNREACH, False), 1: (EACCES, True), 2: (EHOSTUNREACH, False),
    3: (EHOSTUNREACH, False), 4: (ECONNREFUSED, True), 5: (EACCES, True), 6: (EACCES, True),
}  # fmt: skip


@record
class IcmpError:
    """An error that came back, for the socket whose packet was quoted.

    `offender` is who sent it; `quoted` the packet as far as it was sent back.
    """

    error: type[KernelError]
    fatal: bool
    origin: int
    type: int
    code: int
    info: int
    offender: bytes
    quoted: IpPacket


def receive_icmp(stack: Stack, frame: Frame, packet: IpPacket) -> None:
    """Answer an echo, tell a socket of an error, hand an echo's reply to its ping socket."""
    message = packet.payload_bytes()
    if len(message) < 8:
        return
    version4 = len(packet.source) == 4
    if version4:
        bad = packet.protocol != IPPROTO_ICMP or checksum(message)
    else:
        bad = packet.protocol != IPPROTO_ICMPV6 or transport_checksum(
            packet.source, packet.destination, IPPROTO_ICMPV6, message
        )
    stack.counters["Icmp.InMsgs" if version4 else "Icmp6.InMsgs"] += 1
    if bad:
        stack.counters["Icmp.InCsumErrors"] += 1
        return
    kind = message[0]
    if kind == (ECHO if version4 else ECHO6):
        _answer_echo(stack, packet, message)
    elif kind == (ECHO_REPLY if version4 else ECHO_REPLY6):
        from emu.kernel.net.udp.ping import receive_reply

        receive_reply(stack, frame, packet, message)
    elif not version4 and kind in NEIGHBOURS6:
        from emu.kernel.net.ipv6.ndisc import receive

        receive(stack, frame, packet, message)
    else:
        error = _as_error(packet, message)
        if error is not None:
            _tell(stack, frame, error)


def _answer_echo(stack: Stack, packet: IpPacket, message: bytes) -> None:
    if stack.sysctls.icmp_echo_ignore_all:
        return
    source = packet.destination
    if is_multicast(source) or not is_local(stack, source):
        source = b""
    reply = ECHO_REPLY if len(packet.source) == 4 else ECHO_REPLY6
    stack.counters["Icmp.InEchos"] += 1
    stack.counters["Icmp.OutEchoReps"] += 1
    _send(stack, packet.source, source, reply, 0, message[4:8], message[8:])


def send_message(
    stack: Stack, packet: IpPacket, kind: int, code: int, word: bytes = bytes(4)
) -> None:
    """Send an error about a packet back to where it came from; never about an error or a group."""
    source, destination = packet.source, packet.destination
    if is_any(source) or is_multicast(source) or packet.offset or _is_error(packet):
        return
    if is_multicast(destination) or (len(destination) == 4 and destination[3:] == b"\xff"):
        return
    limit = QUOTED4 if len(source) == 4 else QUOTED6
    back = destination if is_local(stack, destination) else b""
    stack.counters["Icmp.OutErrors"] += 1
    _send(stack, source, back, kind, code, word, packet.pack()[:limit])


def port_unreachable(stack: Stack, packet: IpPacket) -> None:
    """Nobody listens at a UDP port."""
    if len(packet.source) == 4:
        send_message(stack, packet, UNREACHABLE, PORT)
    else:
        send_message(stack, packet, UNREACHABLE6, PORT6)


def protocol_unreachable(stack: Stack, packet: IpPacket) -> None:
    """Nobody knows a protocol."""
    if len(packet.source) == 4:
        send_message(stack, packet, UNREACHABLE, PROTOCOL)
    else:
        word = struct.pack(">I", 6)  # where the next header's number is
        send_message(stack, packet, PARAMETER6, UNKNOWN_NEXT_HEADER6, word)


def host_unreachable(stack: Stack, packet: IpPacket) -> None:
    """A neighbour does not answer, or there is no route on."""
    if len(packet.source) == 4:
        send_message(stack, packet, UNREACHABLE, HOST)
    else:
        send_message(stack, packet, UNREACHABLE6, ADDRESS6)


def time_exceeded(stack: Stack, packet: IpPacket) -> None:
    """A packet came through too many routers."""
    send_message(stack, packet, TIME_EXCEEDED if len(packet.source) == 4 else TIME_EXCEEDED6, 0)


def packet_too_big(stack: Stack, packet: IpPacket, mtu: int) -> None:
    """A packet that must not be cut does not fit."""
    if len(packet.source) == 4:
        send_message(stack, packet, UNREACHABLE, FRAGMENTATION, struct.pack(">HH", 0, mtu))
    else:
        send_message(stack, packet, TOO_BIG6, 0, struct.pack(">I", mtu))


def icmp_payload(source: bytes, destination: bytes, message: bytes) -> Octets:
    """An ICMP message with its checksum set."""
    message = message[:2] + b"\0\0" + message[4:]
    if len(source) == 4:
        sum_ = checksum(message)
    else:
        sum_ = transport_checksum(source, destination, IPPROTO_ICMPV6, message)
    return Octets(message[:2] + struct.pack(">H", sum_) + message[4:])


def _send(
    stack: Stack, to: bytes, source: bytes, kind: int, code: int, word: bytes, data: bytes
) -> None:
    try:
        path = find_path(stack, to, source or None)
    except KernelError:
        return
    protocol = IPPROTO_ICMP if len(to) == 4 else IPPROTO_ICMPV6
    payload = icmp_payload(path.source, to, bytes((kind, code, 0, 0)) + word + data)
    packet = IpPacket(path.source, to, protocol, payload, stack.sysctls.ip_default_ttl)
    stack.counters["Icmp.OutMsgs" if len(to) == 4 else "Icmp6.OutMsgs"] += 1
    send_packet(stack, packet, path)


def _is_error(packet: IpPacket) -> bool:
    """Whether a packet is an ICMP error itself."""
    if packet.protocol == IPPROTO_ICMP:
        kind = packet.payload_bytes()[:1]
        return kind not in (b"\0", b"\x08", b"\r", b"\x0e")
    if packet.protocol == IPPROTO_ICMPV6:
        return packet.payload_bytes()[:1] < bytes((FIRST_INFORMATION6,))
    return False


def _as_error(packet: IpPacket, message: bytes) -> IcmpError | None:
    """The error that a message tells of; None if it tells of none or quotes no packet."""
    kind, code = message[0], message[1]
    (word,) = struct.unpack_from(">I", message, 4)
    quoted_bytes = message[8:]
    if len(packet.source) == 4:
        if kind == UNREACHABLE and code in HARD4:
            error, fatal = HARD4[code]
        elif kind in (TIME_EXCEEDED, PARAMETER):
            error, fatal = (EHOSTUNREACH, False) if kind == TIME_EXCEEDED else (EPROTO, True)
        else:
            return None
        info = word & 0xFFFF if code == FRAGMENTATION and kind == UNREACHABLE else 0
        quoted = parse_ipv4(_completed4(quoted_bytes))
        origin = SO_EE_ORIGIN_ICMP
    else:
        if kind == UNREACHABLE6 and code in HARD6:
            error, fatal = HARD6[code]
        elif kind in (TOO_BIG6, TIME_EXCEEDED6, PARAMETER6):
            error = {TOO_BIG6: EMSGSIZE, TIME_EXCEEDED6: EHOSTUNREACH, PARAMETER6: EPROTO}[kind]
            fatal = kind == PARAMETER6
        else:
            return None
        info = word if kind in (TOO_BIG6, PARAMETER6) else 0
        quoted = parse_ipv6(_completed6(quoted_bytes))
        origin = SO_EE_ORIGIN_ICMP6
    if quoted is None:
        return None
    return IcmpError(error, fatal, origin, kind, code, info, packet.source, quoted)


def _completed4(data: bytes) -> bytes:
    """A quoted packet whose end was cut off, filled up."""
    if len(data) < 20:
        return b""
    return data.ljust(int.from_bytes(data[2:4], "big"), b"\0")


def _completed6(data: bytes) -> bytes:
    if len(data) < 40:
        return b""
    return data.ljust(40 + int.from_bytes(data[4:6], "big"), b"\0")


def _tell(stack: Stack, frame: Frame, error: IcmpError) -> None:
    protocol = error.quoted.protocol
    if stack.raw_socks:
        from emu.kernel.net.udp.raw import raw_error

        raw_error(stack, error)
    if protocol == IPPROTO_TCP:
        stack.tcp.icmp_error(error)
    elif protocol == IPPROTO_UDP:
        from emu.kernel.net.udp.udp import udp_error

        udp_error(stack, frame, error)
    elif protocol in (IPPROTO_ICMP, IPPROTO_ICMPV6):
        from emu.kernel.net.udp.ping import ping_error

        ping_error(stack, error)
