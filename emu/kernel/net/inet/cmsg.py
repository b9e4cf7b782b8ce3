"""Control messages of Internet sockets: how a datagram came, and how one is to go.

See ip_cmsg_recv, ip6_datagram_recv_ctl, ip_cmsg_send, cmsg(3).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import EADDRNOTAVAIL, EINVAL, ENODEV
from emu.kernel.net.inet.address import is_any, is_mapped, is_multicast, mapped, unmapped
from emu.kernel.net.inet.input import is_local
from emu.kernel.net.inet.interface import source_for
from emu.kernel.net.inet.sockaddr import InetAddress
from emu.kernel.uapi import in_
from emu.kernel.uapi.socket import AF_INET, AF_INET6, SO_RXQ_OVFL, SOL_IP, SOL_IPV6, SOL_SOCKET
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.net.inet.sock import InetSocket
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.skbuff import SkBuff
    from emu.kernel.net.udp.datagram import Arrival


@record(frozen=False)
class SendControl:
    """What control messages ask of one datagram; None is what the socket's options say."""

    source: bytes | None = None
    ifindex: int = 0
    hop_limit: int | None = None
    tos: int | None = None
    segment: int = 0

    @property
    def is_special(self) -> bool:
        """Whether it goes another way than the socket's others."""
        return self.source is not None or bool(self.ifindex)


NO_CONTROL = SendControl()


def parse_control(sock: InetSocket, msg: MsgHdr) -> SendControl:
    """The control messages of what is sent. EINVAL for one that is not known."""
    if not msg.control:
        return NO_CONTROL
    control = SendControl()
    for cmsg in msg.control:
        if cmsg.level == SOL_SOCKET:
            continue
        if cmsg.level == SOL_IP:
            _parse4(msg.order, control, cmsg.type, cmsg.data)
        elif cmsg.level == SOL_IPV6 and sock.family == AF_INET6:
            _parse6(sock, msg.order, control, cmsg.type, cmsg.data)
    return control


def _number(order: str, data: bytes) -> int:
    if len(data) != 4:
        raise EINVAL("not an int")
    (number,) = struct.unpack(f"{order}i", data)
    return int(number)


def _parse4(order: str, control: SendControl, kind: int, data: bytes) -> None:
    match kind:
        case in_.IP_PKTINFO:
            if len(data) != 12:
                raise EINVAL("not a struct in_pktinfo")
            (control.ifindex,) = struct.unpack(f"{order}I", data[:4])
            control.source = None if is_any(data[4:8]) else data[4:8]
        case in_.IP_TTL:
            control.hop_limit = _number(order, data)
            if not 1 <= control.hop_limit <= 255:
                raise EINVAL("no TTL")
        case in_.IP_TOS:
            control.tos = data[0] if len(data) == 1 else _number(order, data)
            if not 0 <= control.tos <= 255:
                raise EINVAL("no TOS")
        case in_.IP_RETOPTS | in_.IP_PROTOCOL:
            pass
        case _:
            raise EINVAL("no such control message")


def _parse6(sock: InetSocket, order: str, control: SendControl, kind: int, data: bytes) -> None:
    match kind:
        case in_.IPV6_PKTINFO | in_.IPV6_2292PKTINFO:
            _parse_pktinfo6(sock, order, control, data)
        case in_.IPV6_HOPLIMIT | in_.IPV6_2292HOPLIMIT:
            number = _number(order, data)
            if not -1 <= number <= 255:
                raise EINVAL("no hop limit")
            control.hop_limit = None if number == -1 else number
        case in_.IPV6_TCLASS:
            number = _number(order, data)
            if not -1 <= number <= 255:
                raise EINVAL("no traffic class")
            control.tos = max(number, 0)
        case in_.IPV6_DONTFRAG:
            _number(order, data)
        case _:
            raise EINVAL("no such control message")


def _parse_pktinfo6(sock: InetSocket, order: str, control: SendControl, data: bytes) -> None:
    if len(data) < 20:
        raise EINVAL("not a struct in6_pktinfo")
    (control.ifindex,) = struct.unpack(f"{order}I", data[16:20])
    if control.ifindex and control.ifindex not in sock.stack.devices:
        raise ENODEV
    address = unmapped(data[:16])
    if is_any(address):
        return
    if not sock.ip.freebind and not is_local(sock.stack, address):
        raise EADDRNOTAVAIL("no address of this machine") if is_mapped(data[:16]) else EINVAL
    control.source = address


def put_control(sock: InetSocket, msg: MsgHdr, arrival: Arrival, skb: SkBuff) -> None:
    """Tell the receiver how a datagram came, as far as the socket's options ask."""
    from emu.kernel.net.times import put_timestamps

    put_timestamps(sock, msg, skb.stamp_ns)
    if sock.flag(SO_RXQ_OVFL):
        msg.put_cmsg(SOL_SOCKET, SO_RXQ_OVFL, struct.pack(f"{msg.order}I", sock.drops))
    on = sock.ip.on
    if not on:
        return
    if sock.family == AF_INET6:
        _put6(sock, msg, arrival)
    if len(arrival.source) == 4:
        _put4(sock, msg, arrival)


def _put4(sock: InetSocket, msg: MsgHdr, arrival: Arrival) -> None:
    on, order = sock.ip.on, msg.order
    if (SOL_IP, in_.IP_PKTINFO) in on:
        destination = specific = arrival.destination
        if is_multicast(destination) or not is_local(sock.stack, destination):
            dev = sock.stack.devices.get(arrival.ifindex)
            specific = source_for(sock.stack, dev, arrival.source) or bytes(4)
        data = struct.pack(f"{order}I", arrival.ifindex) + specific + destination
        msg.put_cmsg(SOL_IP, in_.IP_PKTINFO, data)
    if (SOL_IP, in_.IP_RECVTTL) in on:
        msg.put_cmsg(SOL_IP, in_.IP_TTL, struct.pack(f"{order}i", arrival.hop_limit))
    if (SOL_IP, in_.IP_RECVTOS) in on:
        msg.put_cmsg(SOL_IP, in_.IP_TOS, bytes((arrival.tos,)))
    if (SOL_IP, in_.IP_RECVORIGDSTADDR) in on:
        name = InetAddress(AF_INET, arrival.destination, arrival.destination_port)
        msg.put_cmsg(SOL_IP, in_.IP_RECVORIGDSTADDR, name.pack(order))


def _put6(sock: InetSocket, msg: MsgHdr, arrival: Arrival) -> None:
    on, order = sock.ip.on, msg.order
    pktinfo = mapped(arrival.destination) + struct.pack(f"{order}I", arrival.ifindex)
    if (SOL_IPV6, in_.IPV6_RECVPKTINFO) in on:
        msg.put_cmsg(SOL_IPV6, in_.IPV6_PKTINFO, pktinfo)
    if len(arrival.source) == 4:
        return
    hops = struct.pack(f"{order}i", arrival.hop_limit)
    if (SOL_IPV6, in_.IPV6_RECVHOPLIMIT) in on:
        msg.put_cmsg(SOL_IPV6, in_.IPV6_HOPLIMIT, hops)
    if (SOL_IPV6, in_.IPV6_RECVTCLASS) in on:
        msg.put_cmsg(SOL_IPV6, in_.IPV6_TCLASS, struct.pack(f"{order}i", arrival.tos))
    if (SOL_IPV6, in_.IPV6_2292PKTINFO) in on:
        msg.put_cmsg(SOL_IPV6, in_.IPV6_2292PKTINFO, pktinfo)
    if (SOL_IPV6, in_.IPV6_2292HOPLIMIT) in on:
        msg.put_cmsg(SOL_IPV6, in_.IPV6_2292HOPLIMIT, hops)
    if (SOL_IPV6, in_.IPV6_RECVORIGDSTADDR) in on:
        name = InetAddress(AF_INET6, arrival.destination, arrival.destination_port)
        msg.put_cmsg(SOL_IPV6, in_.IPV6_RECVORIGDSTADDR, name.pack(order))
