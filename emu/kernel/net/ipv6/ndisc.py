"""Neighbour discovery: which hardware address an IPv6 address has. See RFC 4861."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.net.checksum import transport_checksum
from emu.kernel.net.frame import Frame
from emu.kernel.net.inet.address import multicast_hardware, solicited_node
from emu.kernel.net.inet.interface import source_for
from emu.kernel.net.inet.packet import IpPacket, Octets
from emu.kernel.uapi.in_ import IPPROTO_ICMPV6

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.stack import Stack

SOLICITATION = 135
ADVERTISEMENT = 136
HOP_LIMIT = 255
SOURCE_LINK_LAYER = 1
TARGET_LINK_LAYER = 2
SOLICITED = 0x40000000
OVERRIDE = 0x20000000


def send_solicitation(stack: Stack, dev: NetDevice, target: bytes) -> None:
    """Ask who has an address, at the group that it must listen to."""
    group = solicited_node(target)
    source = source_for(stack, dev, target) or bytes(16)
    option = bytes((SOURCE_LINK_LAYER, 1)) + dev.address
    body = struct.pack(">BBHI16s", SOLICITATION, 0, 0, 0, target) + option
    _send(stack, dev, source, group, body, multicast_hardware(group))


def receive(stack: Stack, frame: Frame, packet: IpPacket, message: bytes) -> None:
    """Answer a solicitation for an address of ours; learn from an advertisement."""
    if packet.hop_limit != HOP_LIMIT or len(message) < 24:
        return
    kind, _, _, _, target = struct.unpack_from(">BBHI16s", message)
    hardware = message[26:32] if len(message) >= 32 else frame.hardware_source
    table, dev = stack.neighbours[16], frame.dev
    if kind == ADVERTISEMENT:
        table.learn(target, dev, hardware, create=False)
    elif any(address.local == target for address in dev.addresses):
        if not any(packet.source):
            return
        table.learn(packet.source, dev, hardware, create=True)
        option = bytes((TARGET_LINK_LAYER, 1)) + dev.address
        flags = SOLICITED | OVERRIDE
        body = struct.pack(">BBHI16s", ADVERTISEMENT, 0, 0, flags, target) + option
        _send(stack, dev, target, packet.source, body, hardware)


def _send(
    stack: Stack, dev: NetDevice, source: bytes, destination: bytes, body: bytes, hardware: bytes
) -> None:
    sum_ = transport_checksum(source, destination, IPPROTO_ICMPV6, body)
    payload = Octets(body[:2] + struct.pack(">H", sum_) + body[4:])
    packet = IpPacket(source, destination, IPPROTO_ICMPV6, payload, hop_limit=HOP_LIMIT)
    frame = Frame.of(dev, packet)
    frame.hardware_destination = hardware
    stack.transmit(frame)
