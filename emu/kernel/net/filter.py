"""Filters of what a socket receives: classic BPF over packets. See SO_ATTACH_FILTER in socket(7).

A filter returns how many bytes it lets through, 0 for none of the packet. See net/core/filter.c.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from emu.kernel.bpf.classic import INSTRUCTION_BYTES, Instruction, check_classic, instructions
from emu.kernel.bpf.translate import OutOfBounds, translate
from emu.kernel.errno import EINVAL, ENOENT, EPERM
from emu.kernel.uapi import bpf_common as bpf
from emu.kernel.uapi.socket import SO_LOCK_FILTER

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.net.frame import Frame
    from emu.kernel.net.inet.packet import IpPacket
    from emu.kernel.net.socket import Socket
    from emu.kernel.task import Task

SKF_AD_OFF, SKF_NET_OFF, SKF_LL_OFF = 0xFFFFF000, 0xFFF00000, 0xFFE00000
"""Offsets that are negative with a sign: about the packet, its network and its link header."""

# Ancillary data, by its offset behind SKF_AD_OFF: an expression of the packet `p`.
ANCILLARY = {
    0: "p.protocol", 4: "p.pkt_type", 8: "p.interface()", 20: "0", 24: "0",
    28: "p.hardware_type()", 32: "0", 36: "0", 44: "0", 48: "0", 56: "p.filter.random()", 60: "0",
}  # fmt: skip
ALU_XOR_X = 40
SIZES = {bpf.W: 4, bpf.H: 2, bpf.B: 1}
SIZE_MASK = 0x18
MODE_MASK = 0xE0


class FilteredPacket:
    """A packet as a filter sees it: its data are the bytes of `whole` from `start` on.

    `network` and `link` are where those headers begin in `whole`, -1 for one that is not there.
    """

    __slots__ = (
        "filter", "frame", "length", "link", "network", "pkt_type", "protocol", "start",
        "whole",
    )  # fmt: skip

    def __init__(
        self,
        whole: bytes,
        start: int = 0,
        network: int = -1,
        link: int = -1,
        frame: Frame | None = None,
    ) -> None:
        self.whole = whole
        self.start = start
        self.length = len(whole) - start
        self.network = network
        self.link = link
        self.frame = frame
        self.protocol = frame.protocol if frame is not None else 0
        self.pkt_type = frame.pkt_type if frame is not None else 0
        self.filter: SocketFilter

    @classmethod
    def of_transport(cls, frame: Frame, packet: IpPacket) -> FilteredPacket:
        """What a socket of a transport protocol sees: data from its own header on."""
        whole = packet.pack()
        return cls(whole, len(whole) - len(packet.payload), 0, frame=frame)

    @classmethod
    def of_frame(cls, frame: Frame, link_header: int, *, raw: bool) -> FilteredPacket:
        """What a packet socket sees, with the link header or without."""
        return cls(frame.frame(), 0 if raw else link_header, link_header, 0, frame)

    def load(self, at: int, size: int) -> int:
        """A number of the data, or of a header by an offset with a sign. `OutOfBounds`."""
        whole = self.whole
        if at < 1 << 31:
            place = self.start + at
        else:
            base = SKF_NET_OFF if at >= SKF_NET_OFF else SKF_LL_OFF
            header = self.network if base == SKF_NET_OFF else self.link
            if at < SKF_LL_OFF or header < 0:
                raise OutOfBounds
            place = header + at - base
        if place + size > len(whole):
            raise OutOfBounds
        return int.from_bytes(whole[place : place + size], "big")

    def interface(self) -> int:
        """SKF_AD_IFINDEX. `OutOfBounds` for what came by no device."""
        if self.frame is None:
            raise OutOfBounds
        return self.frame.dev.ifindex

    def hardware_type(self) -> int:
        """SKF_AD_HATYPE. `OutOfBounds` for what came by no device."""
        if self.frame is None:
            raise OutOfBounds
        return self.frame.dev.type


class SocketFilter:
    """A socket's filter; the sockets that it accepts have it, too."""

    __slots__ = ("byte_order", "random", "raw")

    def __init__(self, raw: bytes, byte_order: str, random: Callable[[], int]) -> None:
        self.raw, self.byte_order = raw, byte_order
        self.random = random
        """A word by chance: SKF_AD_RANDOM."""

    def passes(self, packet: FilteredPacket) -> int:
        """How many bytes of a packet go through."""
        packet.filter = self
        return translated(self.raw, self.byte_order)(packet)

    def cut(self, data: bytes, packet: FilteredPacket, least: int = 0) -> bytes | None:
        """What goes through of a packet's `data`; `least` bytes before it are cut in no case.

        None if nothing does.
        """
        passed = self.passes(packet)
        if not passed:
            return None
        return data[: max(0, passed - least)] if passed - least < len(data) else data


@lru_cache(maxsize=64)
def translated(raw: bytes, byte_order: str) -> Callable[[FilteredPacket], int]:
    """The function of a filter."""
    return translate(instructions(raw, byte_order), "p", _load)


def _load(code: int, k: int) -> str:
    if code & MODE_MASK == bpf.LEN:
        return "p.length"
    if code == bpf.LDX | bpf.B | bpf.MSH:
        return f"(p.load({k}, 1) & 15) << 2"
    size = SIZES[code & SIZE_MASK]
    if code & MODE_MASK == bpf.IND:
        return f"p.load((X + {k}) & 0xFFFFFFFF, {size})"
    ancillary = k - SKF_AD_OFF
    if ancillary == ALU_XOR_X:
        return "A ^ X"
    return ANCILLARY.get(ancillary, f"p.load({k}, {size})")


def attach_filter(socket: Socket, task: Task, raw_program: bytes) -> None:
    """SO_ATTACH_FILTER: let a filter look at what comes. EPERM, EINVAL, EFAULT."""
    layout = task.abi.layout("sock_fprog")
    if len(raw_program) != layout.size:
        raise EINVAL("not the size of struct sock_fprog")
    given = layout.unpack(raw_program)
    if socket.flag(SO_LOCK_FILTER):
        raise EPERM("the filter is locked")
    length = given["len"]
    if not given["filter"] or not 0 < length <= bpf.MAXINSNS:
        raise EINVAL("a filter has 1 to 4096 instructions")
    raw = task.mm.read(given["filter"], length * INSTRUCTION_BYTES)
    byte_order = task.abi.isa.byte_order
    program = instructions(raw, byte_order)
    check_classic(program)
    for instruction in program:
        _check_ancillary(instruction)
    socket.filter = SocketFilter(raw, byte_order, partial(task.kernel.random.getrandbits, 32))


def _check_ancillary(instruction: Instruction) -> None:
    code, _, _, k = instruction
    if code & bpf.CLASS_MASK != bpf.LD or code & MODE_MASK != bpf.ABS or k < SKF_AD_OFF:
        return
    if k - SKF_AD_OFF not in ANCILLARY and k - SKF_AD_OFF != ALU_XOR_X:
        raise EINVAL("no such ancillary data, or none that is supported")


def detach_filter(socket: Socket) -> None:
    """SO_DETACH_FILTER. EPERM if it is locked; ENOENT if there is none."""
    if socket.flag(SO_LOCK_FILTER):
        raise EPERM("the filter is locked")
    if socket.filter is None:
        raise ENOENT("there is no filter")
    socket.filter = None
