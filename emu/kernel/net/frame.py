"""Frames: what devices carry."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.uapi.net_device import ETH_ALEN, ETH_P_IP, ETH_P_IPV6, PACKET_HOST

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.inet.packet import IpPacket

NO_HARDWARE = bytes(ETH_ALEN)


class Frame:
    """What a device carries: an IP packet, or the `data` of another protocol, and its link header.

    `dev` is the device it came from or goes to.
    """

    __slots__ = (
        "data", "dev", "hardware_destination", "hardware_source", "packet", "pkt_type", "protocol",
        "stamp_ns",
    )  # fmt: skip

    def __init__(
        self,
        dev: NetDevice,
        protocol: int,
        packet: IpPacket | None = None,
        data: bytes = b"",
    ) -> None:
        self.dev = dev
        self.protocol = protocol
        self.packet = packet
        self.data = data
        self.hardware_source = dev.address
        self.hardware_destination = NO_HARDWARE
        self.pkt_type = PACKET_HOST
        self.stamp_ns = 0

    @classmethod
    def of(cls, dev: NetDevice, packet: IpPacket) -> Frame:
        """One that carries an IP packet."""
        return cls(dev, ETH_P_IP if len(packet.source) == 4 else ETH_P_IPV6, packet)

    def network_bytes(self) -> bytes:
        """What is behind the link header."""
        return self.data if self.packet is None else self.packet.pack()

    def link_header(self) -> bytes:
        """The Ethernet header."""
        return struct.pack(">6s6sH", self.hardware_destination, self.hardware_source, self.protocol)

    def frame(self) -> bytes:
        """All of it, as on the wire."""
        return self.link_header() + self.network_bytes()

    def __len__(self) -> int:
        return 14 + (len(self.data) if self.packet is None else self.packet.length)

    def clone(self, dev: NetDevice) -> Frame:
        """The same on another device; the packet is shared until somebody changes it."""
        other = Frame(dev, self.protocol, self.packet, self.data)
        other.hardware_source = self.hardware_source
        other.hardware_destination = self.hardware_destination
        other.pkt_type = self.pkt_type
        return other
