"""The way out: from a socket to a device. See ip_output.c, ip6_output.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EACCES,
    EADDRNOTAVAIL,
    EHOSTUNREACH,
    EINVAL,
    EMSGSIZE,
    ENETUNREACH,
    KernelError,
)
from emu.kernel.net.frame import Frame
from emu.kernel.net.inet.address import BROADCAST4, is_multicast, loopback_of
from emu.kernel.net.inet.fragments import fragment
from emu.kernel.net.inet.interface import source_for
from emu.kernel.net.inet.neighbour import hardware_of_group
from emu.kernel.net.inet.packet import IpPacket
from emu.kernel.uapi.rtnetlink import (
    RTN_BLACKHOLE,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_PROHIBIT,
    RTN_UNICAST,
    RTN_UNREACHABLE,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.inet.fib import Route
    from emu.kernel.net.stack import Stack


@record
class Path:
    """How a packet gets to a destination: see struct dst_entry.

    `type` is RTN_LOCAL for this machine's own addresses. `generation` is the network's when it
    was looked up.
    """

    dev: NetDevice
    source: bytes
    next_hop: bytes
    type: int
    mtu: int
    generation: int
    to_group: bool = False


REJECTED: dict[int, type[KernelError]] = {
    RTN_UNREACHABLE: EHOSTUNREACH,
    RTN_BLACKHOLE: EINVAL,
    RTN_PROHIBIT: EACCES,
}


def find_path(stack: Stack, destination: bytes, source: bytes | None = None, oif: int = 0) -> Path:
    """The way to a destination. ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, ENODEV."""
    size = len(destination)
    if oif and size == 4 and (is_multicast(destination) or destination == BROADCAST4):
        return _through(stack, stack.by_index(oif), destination, source)
    if size == 4 and not any(destination):
        destination = source or loopback_of(destination)
    route = stack.fib(size).lookup(destination, oif)
    if route is None and oif:
        local = stack.fib(size).lookup(destination)
        if local is not None and local.type == RTN_LOCAL:
            route = local
        elif size == 4:  # on the link, for all one knows: see ip_route_output_key
            return _through(stack, stack.by_index(oif), destination, source)
    if route is None:
        raise ENETUNREACH("no route")
    if route.type in REJECTED:
        raise REJECTED[route.type]("a route forbids it")
    return _along(stack, route, destination, source)


def _through(stack: Stack, dev: NetDevice, destination: bytes, source: bytes | None) -> Path:
    """Straight through a device, whatever the routes say."""
    chosen = source or source_for(stack, dev, destination)
    if chosen is None:
        if len(destination) == 16:
            raise EADDRNOTAVAIL("the device has no address")
        chosen = bytes(4)
    local = stack.fib(len(destination)).lookup(destination)
    kind = local.type if local is not None and local.type == RTN_LOCAL else RTN_UNICAST
    if is_multicast(destination):
        kind = RTN_MULTICAST
    elif destination == BROADCAST4:
        kind = RTN_BROADCAST
    if kind == RTN_LOCAL:
        dev = stack.loopback
    group = kind in (RTN_MULTICAST, RTN_BROADCAST)
    return Path(dev, chosen, destination, kind, dev.mtu, stack.generation, group)


def _along(stack: Stack, route: Route, destination: bytes, source: bytes | None) -> Path:
    dev = route.dev
    assert dev is not None
    kind = route.type
    chosen = source or route.source
    if kind == RTN_LOCAL:
        chosen = chosen if source else destination
        dev = stack.loopback
    if chosen is None:
        chosen = source_for(stack, dev, destination)
    if chosen is None:
        raise EADDRNOTAVAIL("no address to send from") if len(destination) == 16 else ENETUNREACH
    if is_multicast(destination):
        kind = RTN_MULTICAST
    group = kind in (RTN_MULTICAST, RTN_BROADCAST)
    mtu = route.mtu or dev.mtu
    return Path(dev, chosen, route.gateway or destination, kind, mtu, stack.generation, group)


def send_packet(stack: Stack, packet: IpPacket, path: Path, *, loop: bool = True) -> None:
    """Send a packet along a path, in pieces if it must be. EMSGSIZE; ENETDOWN.

    `loop` says whether this machine's own members of a multicast group get it, too.
    """
    stack.counters["Ip.OutRequests"] += 1
    dev = path.dev
    if path.to_group and dev is not stack.loopback and loop and _is_wanted(dev, packet):
        frame = Frame.of(dev, packet)
        frame.hardware_destination = dev.address
        stack.netif_rx(frame)
    if packet.length <= path.mtu:
        _to_device(stack, dev, packet, path)
        return
    if packet.dont_fragment or packet.header is not None:
        raise EMSGSIZE("larger than the device takes")
    stack.counters["Ip.FragOKs"] += 1
    for piece in fragment(packet, path.mtu, stack.next_ident()):
        stack.counters["Ip.FragCreates"] += 1
        _to_device(stack, dev, piece, path)


def _is_wanted(dev: NetDevice, packet: IpPacket) -> bool:
    return packet.destination in dev.groups or not is_multicast(packet.destination)


def _to_device(stack: Stack, dev: NetDevice, packet: IpPacket, path: Path) -> None:
    frame = Frame.of(dev, packet)
    if path.to_group:
        if is_multicast(packet.destination):
            frame.hardware_destination = hardware_of_group(packet.destination)
        else:
            frame.hardware_destination = dev.broadcast
        if dev is stack.loopback:
            frame.hardware_destination = dev.address
        stack.transmit(frame)
    elif not dev.needs_neighbours:
        frame.hardware_destination = dev.address
        stack.transmit(frame)
    else:
        stack.neighbours[len(packet.source)].send(frame, path.next_hop)
