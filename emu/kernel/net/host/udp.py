"""UDP through the gateway: a socket of the host for each of the machine's."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.net.host.relay import HostWatch
from emu.kernel.net.inet.packet import IpPacket
from emu.kernel.net.udp.udp import Datagram, parse_datagram
from emu.kernel.uapi.in_ import IPPROTO_UDP

if TYPE_CHECKING:
    from emu.kernel.net.host.gateway import Gateway

IDLE_NS = 120 * NSEC_PER_SEC
FLOWS_MAX = 256
DATAGRAM_MAX = 65535


class _Flow:
    """One socket of the host's. Replies go back to the port that the machine sent from."""

    def __init__(self, flows: UdpFlows, guest: bytes, port: int) -> None:
        self._flows = flows
        self._guest, self._port = guest, port
        self.used_ns = 0
        self.host = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.host.setblocking(False)
        self.host.bind(("0.0.0.0", 0))
        sched = flows.gateway.stack.sched
        self.watch = HostWatch(sched.host_readable_queue(self.host.fileno()), self._came)
        self.watch.wanted = False  # who waits for a datagram that may never come, waits in vain

    def _came(self) -> None:
        self.watch.arm()
        while True:
            try:
                data, (address, port) = self.host.recvfrom(DATAGRAM_MAX)
            except (BlockingIOError, ConnectionError):
                return
            source = self._flows.origin(socket.inet_aton(address))
            if self._flows.gateway.permits(source, port):
                datagram = Datagram(port, self._port, data)
                self._flows.gateway.deliver(IpPacket(source, self._guest, IPPROTO_UDP, datagram))


class UdpFlows:
    """The flows, by the machine's address and port."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self._flows: dict[tuple[bytes, int], _Flow] = {}

    def send(self, packet: IpPacket) -> None:
        """The machine sent a datagram out."""
        datagram = parse_datagram(packet)
        if datagram is None:
            return
        gateway = self.gateway
        if not gateway.permits(packet.destination, datagram.destination):
            gateway.prohibit(packet)
            return
        key = (packet.source, datagram.source)
        flow = self._flows.get(key)
        if flow is None:
            self._make_room()
            flow = self._flows[key] = _Flow(self, *key)
        flow.used_ns = gateway.stack.clock.monotonic_ns()
        flow.watch.arm()
        to = (gateway.host_address(packet.destination), datagram.destination)
        try:
            flow.host.sendto(datagram.data, to)
        except OSError:
            gateway.prohibit(packet)

    def origin(self, address: bytes) -> bytes:
        """Whom the machine takes an address of the host's for."""
        from emu.kernel.net.host.gateway import GATEWAY

        return GATEWAY if address[0] == 127 else address

    def _make_room(self) -> None:
        """Forget flows that nobody used for long; if there are too many, the one idle longest."""
        now = self.gateway.stack.clock.monotonic_ns()
        old = [key for key, flow in self._flows.items() if now - flow.used_ns > IDLE_NS]
        if len(self._flows) - len(old) >= FLOWS_MAX:
            old.append(min(self._flows, key=lambda key: self._flows[key].used_ns))
        for key in old:
            flow = self._flows.pop(key)
            flow.watch.stop()
            flow.host.close()
