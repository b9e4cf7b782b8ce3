"""The Internet stack of a machine: its devices, routes, sockets and counters. See struct net.

A machine has one, made when the first socket that needs it is, or somebody looks into /proc/net.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EBUSY, EEXIST, EINVAL, ENODEV
from emu.kernel.net.device import NetDevice, is_valid_name
from emu.kernel.net.devices.loopback import Loopback
from emu.kernel.net.inet.fib import Fib, Route
from emu.kernel.net.inet.fragments import Fragments
from emu.kernel.net.inet.input import receive_arp, receive_ip
from emu.kernel.net.inet.interface import (
    InterfaceAddress,
    device_came_up,
    device_went_down,
    remove_address,
)
from emu.kernel.net.inet.neighbour import NeighbourTable
from emu.kernel.net.inet.ports import PortTable
from emu.kernel.net.snmp import Counters
from emu.kernel.net.tcp.table import TcpTable
from emu.kernel.uapi.net_device import (
    ETH_P_ALL,
    ETH_P_ARP,
    ETH_P_IP,
    ETH_P_IPV6,
    IFF_LOOPBACK,
    PACKET_BROADCAST,
    PACKET_HOST,
    PACKET_LOOPBACK,
    PACKET_MULTICAST,
    PACKET_OTHERHOST,
    PACKET_OUTGOING,
)

if TYPE_CHECKING:
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.host.gateway import Gateway
    from emu.kernel.net.namespace import Net
    from emu.kernel.net.packet.sock import PacketSocket
    from emu.kernel.net.udp.datagram import DatagramSocket
    from emu.kernel.net.udp.raw import RawSocket

LOCALLY_ADMINISTERED = 2

Listener = Callable[[str, Any], None]
"""Told of changes: an event's name and what it is about."""

Tap = Callable[["Frame"], None]


class Stack:
    """All that the network of one machine knows.

    `listeners` are told of ``device``, ``address``, ``route`` and ``neighbour`` events, for
    rtnetlink. `generation` counts changes that may make a socket's route another.
    """

    def __init__(self, net: Net) -> None:
        self.net = net
        self.kernel = kernel = net.kernel
        self.clock = kernel.clock
        self.sched = kernel.sched
        self.random = kernel.random
        self.devices: dict[int, NetDevice] = {}
        self.listeners: list[Listener] = []
        self.generation = 0
        self.address_types: dict[bytes, int] = {}
        """What the routes said of addresses, until something changes."""
        self.fibs = {size: Fib(self._route_changed) for size in (4, 16)}
        self.neighbours = {size: NeighbourTable(self, size) for size in (4, 16)}
        self.fragments = Fragments(self)
        self.counters = Counters()
        self.sysctls = net.sysctls
        self.udp_ports: PortTable[DatagramSocket] = PortTable(self)
        self.ping_ports: PortTable[DatagramSocket] = PortTable(self)
        self.raw_socks: dict[RawSocket, None] = {}
        self.tcp = TcpTable(self)
        self.packet_socks: dict[PacketSocket, None] = {}
        self.gateway: Gateway | None = None
        """The way to the host's network, if there is one."""
        self.taps: dict[Tap, tuple[int, int]] = {}
        """Packet sockets: the protocol each wants, and its device's index or 0."""
        self.is_direct = True
        """Whether the loopback works and nobody looks: see `emu.kernel.net.tcp.direct`."""
        self._names: dict[bytes, NetDevice] = {}
        self._next_index = 1
        self._backlog: deque[Frame] = deque()
        self._running = False
        self._ident = 0
        self.loopback = Loopback(self, b"lo")
        self.register(self.loopback)
        self.loopback.set_up(True)

    def device(self, name: bytes) -> NetDevice:
        """The device of a name. ENODEV."""
        found = self._names.get(name)
        if found is None:
            raise ENODEV("no such device")
        return found

    def by_index(self, ifindex: int) -> NetDevice:
        """The device of an index. ENODEV."""
        found = self.devices.get(ifindex)
        if found is None:
            raise ENODEV("no such device")
        return found

    def register(self, dev: NetDevice, ifindex: int = 0) -> None:
        """Add a device: a name with ``%d`` in it gets a number. EEXIST, EINVAL, EBUSY."""
        if b"%d" in dev.name:
            numbers = range(len(self.devices) + 1)
            dev.name = next(
                n for n in (dev.name.replace(b"%d", b"%d" % i) for i in numbers)
                if n not in self._names
            )  # fmt: skip
        if not is_valid_name(dev.name):
            raise EINVAL("no good device name")
        if dev.name in self._names:
            raise EEXIST("there is such a device")
        if ifindex in self.devices:
            raise EBUSY("there is a device of this index")
        if not ifindex:
            while self._next_index in self.devices:
                self._next_index += 1
            ifindex = self._next_index
            self._next_index += 1
        dev.ifindex = ifindex
        self.devices[ifindex] = dev
        self._names[dev.name] = dev
        self.notify("device", (dev, "new"))

    def unregister(self, dev: NetDevice) -> None:
        """Remove a device and all that hangs on it."""
        if dev.ifindex not in self.devices:
            return
        dev.set_up(False)
        for address in list(dev.addresses):
            remove_address(dev, address)
        master = dev.master
        if master is not None:
            master.remove_port(dev)  # type: ignore[attr-defined]
        del self.devices[dev.ifindex], self._names[dev.name]
        for fib in self.fibs.values():
            fib.discard(lambda route: route.dev is dev)
        for table in self.neighbours.values():
            table.forget_device(dev)
        self.notify("device", (dev, "gone"))
        dev.unregister()

    def rename(self, dev: NetDevice, name: bytes) -> None:
        """Call a device otherwise. EINVAL, EEXIST."""
        if not is_valid_name(name):
            raise EINVAL("no good device name")
        if name in self._names:
            raise EEXIST("there is such a device")
        del self._names[dev.name]
        dev.name = name
        self._names[name] = dev
        self.device_changed(dev, "name")

    def random_hardware(self) -> bytes:
        """A new Ethernet address, locally administered."""
        made = bytearray(self.random.randbytes(6))
        made[0] = made[0] & 0xFC | LOCALLY_ADMINISTERED
        return bytes(made)

    def fib(self, size: int) -> Fib:
        """The routes to addresses of a size."""
        return self.fibs[size]

    def notify(self, event: str, about: Any) -> None:
        """Tell the listeners, and let routes be looked up anew."""
        self.generation += 1
        self.address_types.clear()
        self.look_at_loopback()
        for listener in list(self.listeners):
            listener(event, about)

    def look_at_loopback(self) -> None:
        """Note whether the two ends of a connection may still do without segments."""
        self.is_direct = not self.taps and self.loopback.is_up

    def device_changed(self, dev: NetDevice, what: str) -> None:
        """A device is up, down, or otherwise another."""
        if what == "up":
            device_came_up(dev)
        elif what == "down":
            device_went_down(dev)
            for table in self.neighbours.values():
                table.forget_device(dev)
        self.notify("device", (dev, what))

    def address_changed(self, dev: NetDevice, address: InterfaceAddress, *, added: bool) -> None:
        """A device has an address more or less."""
        self.notify("address", (dev, address, added))

    def _route_changed(self, route: Route, added: bool) -> None:
        self.notify("route", (route, added))

    def next_ident(self) -> int:
        """The number of the next packet that may be cut in pieces."""
        self._ident = self._ident + 1 & 0xFFFF
        return self._ident

    def transmit(self, frame: Frame) -> None:
        """Send a frame through its device: see dev_queue_xmit. One that is down loses it."""
        dev = frame.dev
        if not dev.is_up:
            dev.statistics.tx_dropped += 1
            return
        if self.taps:
            frame.pkt_type = PACKET_OUTGOING
            self._tap(frame, outgoing=True)
            frame.pkt_type = PACKET_LOOPBACK if dev.flags & IFF_LOOPBACK else PACKET_HOST
        count = dev.statistics
        count.tx_packets += 1
        count.tx_bytes += len(frame)
        dev.xmit(frame)

    def netif_rx(self, frame: Frame) -> None:
        """A device got a frame: look at it at once, or after those that came before."""
        self._backlog.append(frame)
        if not self._running:
            self.run_backlog()

    def run_backlog(self) -> None:
        """Look at all frames that have come, and at those which that brings about."""
        self._running = True
        try:
            while self._backlog:
                self.receive(self._backlog.popleft())
        finally:
            self._running = False

    def receive(self, frame: Frame) -> None:
        """Hand a frame to who wants it: see __netif_receive_skb_core."""
        dev = frame.dev
        count = dev.statistics
        count.rx_packets += 1
        count.rx_bytes += len(frame)
        frame.pkt_type = self._pkt_type(dev, frame)
        if self.taps:
            self._tap(frame, outgoing=False)
        if dev.master is not None:
            dev.master.receive_from(dev, frame)  # type: ignore[attr-defined]
            return
        if frame.pkt_type == PACKET_OTHERHOST:
            return
        if frame.protocol in (ETH_P_IP, ETH_P_IPV6):
            receive_ip(self, frame)
        elif frame.protocol == ETH_P_ARP:
            receive_arp(self, frame)

    def _pkt_type(self, dev: NetDevice, frame: Frame) -> int:
        destination = frame.hardware_destination
        if destination == dev.address:
            return PACKET_HOST
        if destination[0] & 1:
            return PACKET_BROADCAST if destination == dev.broadcast else PACKET_MULTICAST
        return PACKET_OTHERHOST

    def _tap(self, frame: Frame, *, outgoing: bool) -> None:
        for tap, (protocol, ifindex) in list(self.taps.items()):
            if ifindex and ifindex != frame.dev.ifindex:
                continue
            # Who asks for one protocol sees what comes, not what goes.
            if protocol == ETH_P_ALL or (protocol == frame.protocol and not outgoing):
                tap(frame)
