"""The way in: from a device to a protocol. See ip_input.c, ip6_input.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.net.inet.address import BROADCAST4, is_loopback, is_multicast
from emu.kernel.net.ipv4.header import parse_ipv4
from emu.kernel.net.ipv6.header import parse_ipv6
from emu.kernel.uapi.in_ import (
    IPPROTO_ICMP,
    IPPROTO_ICMPV6,
    IPPROTO_IGMP,
    IPPROTO_TCP,
    IPPROTO_UDP,
)
from emu.kernel.uapi.net_device import ETH_P_IP, PACKET_HOST
from emu.kernel.uapi.rtnetlink import RTN_BROADCAST, RTN_LOCAL, RTN_UNSPEC

if TYPE_CHECKING:
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.inet.packet import IpPacket
    from emu.kernel.net.stack import Stack

REMEMBERED = 1024
"""Of so many addresses it is remembered what they are."""


def receive_ip(stack: Stack, frame: Frame) -> None:
    """A device got an IP packet: it is for this machine, for another, or for nobody."""
    packet = frame.packet
    stack.counters["Ip.InReceives"] += 1
    if packet is None:
        packet = (parse_ipv4 if frame.protocol == ETH_P_IP else parse_ipv6)(frame.data)
        if packet is None:
            stack.counters["Ip.InHdrErrors"] += 1
            return
        frame.packet = packet
    elif packet.header is not None:  # what a raw socket gave is a packet only if it can be read
        parse = parse_ipv4 if frame.protocol == ETH_P_IP else parse_ipv6
        packet = frame.packet = parse(packet.pack())
        if packet is None:
            return
    if is_loopback(packet.destination) and frame.dev is not stack.loopback:
        stack.counters["Ip.InAddrErrors"] += 1  # a martian
        return
    if _is_for_us(stack, frame, packet):
        _deliver(stack, frame, packet)
    elif frame.pkt_type == PACKET_HOST:
        _forward(stack, packet)


def receive_arp(stack: Stack, frame: Frame) -> None:
    """A device got a frame of ARP."""
    from emu.kernel.net.ipv4.arp import receive

    receive(stack, frame)


def is_local(stack: Stack, address: bytes) -> bool:
    """Whether an address is one of this machine's."""
    return _type_of(stack, address) == RTN_LOCAL


def _type_of(stack: Stack, address: bytes) -> int:
    """What the routes say of an address. Asked for every packet, and remembered."""
    known = stack.address_types.get(address)
    if known is None:
        route = stack.fib(len(address)).lookup(address)
        known = route.type if route is not None else RTN_UNSPEC
        if len(stack.address_types) >= REMEMBERED:
            stack.address_types.clear()
        stack.address_types[address] = known
    return known


def _is_for_us(stack: Stack, frame: Frame, packet: IpPacket) -> bool:
    destination = packet.destination
    if is_multicast(destination):
        return frame.dev is stack.loopback or destination in frame.dev.groups
    if destination == BROADCAST4:
        return True
    return _type_of(stack, destination) in (RTN_LOCAL, RTN_BROADCAST)


def _deliver(stack: Stack, frame: Frame, packet: IpPacket) -> None:
    if packet.is_fragment:
        stack.counters["Ip.ReasmReqds"] += 1
        whole = stack.fragments.add(packet)
        if whole is None:
            return
        packet = whole
    stack.counters["Ip.InDelivers"] += 1
    heard = False
    if stack.raw_socks:
        from emu.kernel.net.udp.raw import deliver_raw

        heard = deliver_raw(stack, frame, packet)
    protocol = packet.protocol
    if protocol == IPPROTO_TCP:
        stack.tcp.receive(frame, packet)
    elif protocol == IPPROTO_UDP:
        from emu.kernel.net.udp.udp import receive_udp

        receive_udp(stack, frame, packet)
    elif protocol in (IPPROTO_ICMP, IPPROTO_ICMPV6):
        from emu.kernel.net.inet.icmp import receive_icmp

        receive_icmp(stack, frame, packet)
    elif not heard and protocol != IPPROTO_IGMP:
        from emu.kernel.net.inet.icmp import protocol_unreachable

        stack.counters["Ip.InUnknownProtos"] += 1
        protocol_unreachable(stack, packet)


def _forward(stack: Stack, packet: IpPacket) -> None:
    from emu.kernel.net.inet.icmp import host_unreachable, packet_too_big, time_exceeded
    from emu.kernel.net.inet.output import find_path, send_packet

    on = stack.sysctls.ip_forward if len(packet.source) == 4 else stack.sysctls.ipv6_forwarding
    if not on:
        stack.counters["Ip.InAddrErrors"] += 1
        return
    if packet.hop_limit <= 1:
        time_exceeded(stack, packet)
        return
    try:
        path = find_path(stack, packet.destination, packet.source)
    except KernelError:
        host_unreachable(stack, packet)
        return
    packet = packet.copy()
    packet.hop_limit -= 1
    stack.counters["Ip.ForwDatagrams"] += 1
    if packet.length > path.mtu and (packet.dont_fragment or len(packet.source) == 16):
        packet_too_big(stack, packet, path.mtu)
        return
    send_packet(stack, packet, path, loop=False)
