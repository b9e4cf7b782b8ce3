"""Who has which hardware address: ARP's table, and neighbour discovery's. See arp(7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.clock import NSEC_PER_SEC
from emu.kernel.net.inet.address import multicast_hardware
from emu.kernel.uapi.rtnetlink import (
    NUD_FAILED,
    NUD_INCOMPLETE,
    NUD_PERMANENT,
    NUD_REACHABLE,
    NUD_STALE,
    NUD_VALID,
)
from emu.record import field, record

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.stack import Stack
    from emu.kernel.timer_queue import Timer

RETRANS_NS = NSEC_PER_SEC
REACHABLE_NS = 30 * NSEC_PER_SEC
SOLICITATIONS = 3
QUEUE_MAX = 101


@record(frozen=False, eq=False)
class Neighbour:
    """One entry. `waiting` is what will be sent once the address is known."""

    address: bytes
    dev: NetDevice
    hardware: bytes = bytes(6)
    state: int = NUD_INCOMPLETE
    waiting: list[Frame] = field(default_factory=list)
    probes: int = 0
    confirmed_ns: int = 0
    timer: Timer | None = None


class NeighbourTable:
    """The neighbours of one family."""

    def __init__(self, stack: Stack, size: int) -> None:
        self.stack = stack
        self.size = size
        self.entries: dict[tuple[bytes, int], Neighbour] = {}

    def send(self, frame: Frame, next_hop: bytes) -> None:
        """Send a frame to a neighbour, after asking for it if that is not known."""
        dev = frame.dev
        entry = self.entries.get((next_hop, dev.ifindex))
        if entry is None:
            entry = Neighbour(next_hop, dev)
            self.entries[next_hop, dev.ifindex] = entry
        if entry.state & NUD_VALID:
            self._age(entry)
            frame.hardware_destination = entry.hardware
            self.stack.transmit(frame)
            return
        if len(entry.waiting) < QUEUE_MAX:
            entry.waiting.append(frame)
        if entry.timer is None:
            entry.state, entry.probes = NUD_INCOMPLETE, 0
            self._solicit(entry)

    def learn(self, address: bytes, dev: NetDevice, hardware: bytes, *, create: bool) -> None:
        """A neighbour told its hardware address."""
        entry = self.entries.get((address, dev.ifindex))
        if entry is None:
            if not create:
                return
            entry = self.entries[address, dev.ifindex] = Neighbour(address, dev)
        if entry.state & NUD_PERMANENT:
            return
        self.set(entry, hardware, NUD_STALE if create and not entry.waiting else NUD_REACHABLE)

    def set(self, entry: Neighbour, hardware: bytes, state: int) -> None:
        """Give an entry an address and a state, and send what waited for it."""
        entry.hardware, entry.state = hardware, state
        entry.confirmed_ns = self.stack.clock.monotonic_ns()
        if entry.timer is not None:
            entry.timer.cancel()
            entry.timer = None
        waiting, entry.waiting = entry.waiting, []
        self.stack.notify("neighbour", (entry, True))
        for frame in waiting:
            frame.hardware_destination = hardware
            self.stack.transmit(frame)

    def add(self, address: bytes, dev: NetDevice, hardware: bytes, state: int) -> None:
        """Somebody says who a neighbour is."""
        entry = self.entries.setdefault((address, dev.ifindex), Neighbour(address, dev))
        self.set(entry, hardware, state)

    def remove(self, entry: Neighbour) -> None:
        """Forget a neighbour."""
        if entry.timer is not None:
            entry.timer.cancel()
        del self.entries[entry.address, entry.dev.ifindex]
        self.stack.notify("neighbour", (entry, False))

    def forget_device(self, dev: NetDevice) -> None:
        """A device is down: its neighbours are unknown."""
        for entry in [e for e in self.entries.values() if e.dev is dev]:
            self.remove(entry)

    def _age(self, entry: Neighbour) -> None:
        if entry.state == NUD_REACHABLE:
            age = self.stack.clock.monotonic_ns() - entry.confirmed_ns
            if age > REACHABLE_NS:
                entry.state = NUD_STALE

    def _solicit(self, entry: Neighbour) -> None:
        entry.timer = None
        if entry.probes >= SOLICITATIONS:
            entry.state = NUD_FAILED
            waiting, entry.waiting = entry.waiting, []
            self.stack.notify("neighbour", (entry, True))
            from emu.kernel.net.inet.icmp import host_unreachable

            for frame in waiting:
                if frame.packet is not None:
                    host_unreachable(self.stack, frame.packet)
            return
        entry.probes += 1
        entry.timer = self.stack.sched.call_after(RETRANS_NS, lambda: self._solicit(entry))
        if self.size == 4:
            from emu.kernel.net.ipv4.arp import send_request

            send_request(self.stack, entry.dev, entry.address)
        else:
            from emu.kernel.net.ipv6.ndisc import send_solicitation

            send_solicitation(self.stack, entry.dev, entry.address)


def hardware_of_group(address: bytes) -> bytes:
    """Where multicast packets are sent to."""
    return multicast_hardware(address)
