"""Packets between machines: over cables, through bridges and routers, in pieces, over IPv6."""

from __future__ import annotations

import pytest

from emu.cable import Cable
from emu.kernel.cred import Credentials
from emu.kernel.errno import EBUSY, EEXIST, EHOSTUNREACH, ENETUNREACH
from emu.kernel.net.devices.bridge import Bridge
from emu.kernel.net.devices.veth import create_pair
from emu.kernel.net.inet.address import link_local_of
from emu.kernel.net.inet.fib import Route
from emu.kernel.net.inet.interface import InterfaceAddress, add_address, remove_address
from emu.kernel.net.inet.output import find_path, send_packet
from emu.kernel.net.inet.packet import IpPacket
from emu.kernel.net.stack import Stack
from emu.kernel.net.udp.udp import Datagram, UdpSocket
from emu.kernel.uapi.in_ import IPPROTO_UDP
from emu.kernel.uapi.rtnetlink import NUD_FAILED
from emu.kernel.uapi.socket import AF_INET, AF_INET6, SOCK_DGRAM
from emu.machine import Config, Machine

PORT = 7


def machine(seed: int = 0) -> Machine:
    """A machine; of different seeds, they have different hardware addresses."""
    return Machine(Config(deterministic=True, seed=seed))


def stack_of(m: Machine) -> Stack:
    return m.kernel.net.stack


def ip4(text: str) -> bytes:
    return bytes(map(int, text.split(".")))


def receiver(stack: Stack, family: int = AF_INET) -> UdpSocket:
    """A socket that keeps what comes to `PORT`."""
    sock = UdpSocket(stack, family, SOCK_DGRAM, IPPROTO_UDP, Credentials())
    sock.take_port(PORT)
    return sock


def send(stack: Stack, to: bytes, data: bytes, oif: int = 0) -> None:
    path = find_path(stack, to, None, oif)
    datagram = Datagram(PORT, PORT, data)
    send_packet(stack, IpPacket(path.source, to, IPPROTO_UDP, datagram), path)


def settle(*machines: Machine, seconds: float = 0) -> None:
    """Let all frames arrive, and so much time pass."""
    for _ in range(50):
        for m in machines:
            m.kernel.sched.has_ready()
    for m in machines:
        m.kernel.clock.advance(int(seconds * 1e9))  # type: ignore[attr-defined]


def received(sock: UdpSocket) -> list[bytes]:
    return [skb.data for skb in sock.receive_queue]


def test_a_datagram_finds_its_neighbour_and_is_delivered():
    one, other = machine(), machine()
    cable = Cable(one, other, ("10.0.0.1/24", "10.0.0.2/24"))
    sock = receiver(stack_of(other))
    send(stack_of(one), ip4("10.0.0.2"), b"hello")
    settle(one, other)
    assert received(sock) == [b"hello"]
    assert cable.frames == 3  # a question, its answer, the datagram


def test_a_datagram_larger_than_the_link_goes_in_pieces():
    one, other = machine(), machine()
    cable = Cable(one, other, ("10.0.0.1/24", "10.0.0.2/24"))
    sock = receiver(stack_of(other))
    data = bytes(range(256)) * 20
    send(stack_of(one), ip4("10.0.0.2"), data)
    settle(one, other)
    assert received(sock) == [data]
    assert cable.frames == 2 + 4


def test_a_lost_piece_loses_the_datagram():
    one, other = machine(), machine()
    cable = Cable(one, other, ("10.0.0.1/24", "10.0.0.2/24"))
    sock = receiver(stack_of(other))
    send(stack_of(one), ip4("10.0.0.2"), b"first")
    settle(one, other)
    lengths = []

    def loses(frame: bytes) -> bool:
        lengths.append(len(frame))
        return len(lengths) == 2

    cable.loses = loses
    send(stack_of(one), ip4("10.0.0.2"), bytes(5000))
    settle(one, other, seconds=31)
    settle(one, other)
    assert received(sock) == [b"first"]
    assert stack_of(other).counters["Ip.ReasmFails"] == 1


@pytest.mark.parametrize("size", [100, 4000])
def test_ipv6_works_by_link_local_addresses(size):
    one, other = machine(), machine()
    cable = Cable(one, other)
    sock = receiver(stack_of(other), AF_INET6)
    to = link_local_of(cable.ends[1].address)
    send(stack_of(one), to, bytes(size), oif=cable.ends[0].ifindex)
    settle(one, other)
    assert received(sock) == [bytes(size)]


def test_a_neighbour_that_does_not_answer_is_given_up():
    one, other = machine(), machine()
    Cable(one, other, ("10.0.0.1/24", "10.0.0.2/24"))
    stack = stack_of(one)
    send(stack, ip4("10.0.0.9"), b"nobody")
    for _ in range(4):
        settle(one, other, seconds=1.1)
    (entry,) = [e for e in stack.neighbours[4].entries.values() if e.address == ip4("10.0.0.9")]
    assert entry.state == NUD_FAILED
    assert not entry.waiting


def bridged() -> tuple[Machine, Machine, Machine, Bridge]:
    """Two machines, and a third between them that has a bridge."""
    one, middle, other = machine(1), machine(2), machine(3)
    cables = [Cable(one, middle), Cable(middle, other)]
    bridge = Bridge(stack_of(middle), b"br0")
    stack_of(middle).register(bridge)
    bridge.add_port(cables[0].ends[1])
    bridge.add_port(cables[1].ends[0])
    bridge.set_up(True)
    add_address(cables[0].ends[0], InterfaceAddress(ip4("10.0.0.1"), 24))
    add_address(cables[1].ends[1], InterfaceAddress(ip4("10.0.0.2"), 24))
    return one, middle, other, bridge


def test_a_bridge_forwards_and_learns():
    one, middle, other, bridge = bridged()
    sock = receiver(stack_of(other))
    send(stack_of(one), ip4("10.0.0.2"), b"over the bridge")
    settle(one, middle, other)
    assert received(sock) == [b"over the bridge"]
    assert {port.name for port, _ in bridge.forwarding.values()} == {b"eth0", b"eth1"}


def test_a_bridge_that_is_down_forwards_nothing():
    one, middle, other, bridge = bridged()
    bridge.set_up(False)
    sock = receiver(stack_of(other))
    send(stack_of(one), ip4("10.0.0.2"), b"lost")
    settle(one, middle, other)
    assert received(sock) == []


def routed(forward: int) -> tuple[Machine, Machine, Machine]:
    """Two networks, and a machine that is in both."""
    one, middle, other = machine(), machine(), machine()
    first = Cable(one, middle, ("10.0.0.1/24", "10.0.0.2/24"))
    second = Cable(middle, other, ("10.0.1.1/24", "10.0.1.2/24"))
    stack_of(middle).sysctls.ip_forward = forward
    stack_of(one).fib(4).add(Route(bytes(4), 0, first.ends[0], ip4("10.0.0.2")))
    stack_of(other).fib(4).add(Route(bytes(4), 0, second.ends[1], ip4("10.0.1.1")))
    return one, middle, other


@pytest.mark.parametrize("forward", [0, 1])
def test_a_router_forwards_if_it_is_told_to(forward):
    one, middle, other = routed(forward)
    sock = receiver(stack_of(other))
    send(stack_of(one), ip4("10.0.1.2"), b"far")
    settle(one, middle, other)
    assert received(sock) == [b"far"] * forward


def test_a_packet_that_has_gone_too_far_is_told_so():
    one, middle, other = routed(1)
    sock = receiver(stack_of(one))
    sock.remote, sock.remote_port = ip4("10.0.1.2"), PORT
    sock.ip.on.add((0, 11))  # IP_RECVERR
    stack = stack_of(one)
    path = find_path(stack, ip4("10.0.1.2"))
    packet = IpPacket(path.source, ip4("10.0.1.2"), IPPROTO_UDP, Datagram(PORT, PORT, b"x"), 1)
    send_packet(stack, packet, path)
    settle(one, middle, other)
    assert sock.error is EHOSTUNREACH
    assert sock.error_queue and sock.error_queue[0].offender == ip4("10.0.0.2")


def test_the_longest_prefix_wins():
    stack = stack_of(machine())
    one, other = create_pair(stack, b"veth0", b"veth1")
    one.set_up(True)
    other.set_up(True)
    fib = stack.fib(4)
    fib.add(Route(bytes(4), 0, one))
    fib.add(Route(ip4("10.0.0.0"), 8, other))
    fib.add(Route(ip4("10.1.0.0"), 16, one))
    found = [fib.lookup(ip4(a)) for a in ("192.0.2.1", "10.2.0.1", "10.1.2.3")]
    assert [(r.length, r.dev) for r in found if r] == [(0, one), (8, other), (16, one)]


def test_routes_go_with_the_address_and_the_device():
    stack = stack_of(machine())
    one, other = create_pair(stack, b"veth%d", b"veth%d")
    assert {one.name, other.name} == {b"veth0", b"veth1"}
    for end in (one, other):
        end.set_up(True)
    address = InterfaceAddress(ip4("10.5.0.1"), 24)
    add_address(one, address)
    assert find_path(stack, ip4("10.5.0.9")).dev is one
    one.set_up(False)
    with pytest.raises(ENETUNREACH):
        find_path(stack, ip4("10.5.0.9"))
    one.set_up(True)
    assert find_path(stack, ip4("10.5.0.9")).dev is one
    remove_address(one, address)
    with pytest.raises(ENETUNREACH):
        find_path(stack, ip4("10.5.0.9"))
    stack.unregister(one)
    assert [dev.name for dev in stack.devices.values()] == [b"lo"]


def test_both_ends_of_a_pair_get_the_numbers_asked_for_or_neither_is_made():
    stack = stack_of(machine())
    one, other = create_pair(stack, b"va", b"vb", 50, 60)
    assert (one.ifindex, other.ifindex) == (50, 60)
    with pytest.raises(EBUSY):
        create_pair(stack, b"vc", b"vd", 50, 70)
    with pytest.raises(EEXIST):
        create_pair(stack, b"va", b"vd")
    assert sorted(dev.name for dev in stack.devices.values()) == [b"lo", b"va", b"vb"]
