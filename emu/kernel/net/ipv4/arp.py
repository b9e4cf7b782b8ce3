"""ARP: which hardware address an IPv4 address has. See RFC 826."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.net.frame import NO_HARDWARE, Frame
from emu.kernel.net.inet.interface import source_for
from emu.kernel.uapi.net_device import ARPHRD_ETHER, ETH_P_ARP, ETH_P_IP
from emu.kernel.uapi.rtnetlink import RTN_LOCAL

if TYPE_CHECKING:
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.stack import Stack

MESSAGE = struct.Struct(">HHBBH6s4s6s4s")
REQUEST = 1
REPLY = 2


def send_request(stack: Stack, dev: NetDevice, address: bytes) -> None:
    """Ask all on a link who has an address."""
    source = source_for(stack, dev, address) or bytes(4)
    _send(stack, dev, REQUEST, (dev.address, source), (NO_HARDWARE, address), dev.broadcast)


def receive(stack: Stack, frame: Frame) -> None:
    """Answer who asks for an address of ours, and learn from what others say."""
    if len(frame.data) < MESSAGE.size:
        return
    kind, protocol, _, _, operation, sender, source, _, target = MESSAGE.unpack_from(frame.data)
    if kind != ARPHRD_ETHER or protocol != ETH_P_IP or operation not in (REQUEST, REPLY):
        return
    route = stack.fib(4).lookup(target)
    ours = route is not None and route.type == RTN_LOCAL
    if any(source):
        stack.neighbours[4].learn(source, frame.dev, sender, create=ours and operation == REQUEST)
    if ours and operation == REQUEST:
        dev = frame.dev
        _send(stack, dev, REPLY, (dev.address, target), (sender, source), sender)


def _send(
    stack: Stack,
    dev: NetDevice,
    operation: int,
    sender: tuple[bytes, bytes],
    target: tuple[bytes, bytes],
    to: bytes,
) -> None:
    data = MESSAGE.pack(ARPHRD_ETHER, ETH_P_IP, 6, 4, operation, *sender, *target)
    frame = Frame(dev, ETH_P_ARP, data=data)
    frame.hardware_destination = to
    stack.transmit(frame)
