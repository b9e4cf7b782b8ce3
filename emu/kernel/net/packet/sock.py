"""Packet sockets. See packet(7), af_packet.c."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from emu.kernel.errno import (
    EADDRNOTAVAIL,
    EFAULT,
    EINVAL,
    EMSGSIZE,
    ENETDOWN,
    ENODEV,
    ENOPROTOOPT,
    ENXIO,
    EOPNOTSUPP,
)
from emu.kernel.net.datagram import copy_datagram, receive_datagram
from emu.kernel.net.filter import FilteredPacket
from emu.kernel.net.frame import Frame
from emu.kernel.net.inet.address_ioctl import inet_ioctl
from emu.kernel.net.skbuff import SkBuff
from emu.kernel.net.socket import Socket
from emu.kernel.net.times import put_timestamps
from emu.kernel.uapi import packet
from emu.kernel.uapi.ioctl import FIONREAD, TIOCOUTQ
from emu.kernel.uapi.net_device import ETH_ALEN, ETH_HLEN, PACKET_OUTGOING
from emu.kernel.uapi.poll import POLLIN, POLLOUT, POLLRDNORM, POLLWRBAND, POLLWRNORM
from emu.kernel.uapi.socket import (
    AF_INET,
    AF_PACKET,
    MSG_PEEK,
    SOCK_DGRAM,
    SOCK_RAW,
    SOL_PACKET,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.net.address import SockAddr
    from emu.kernel.net.device import NetDevice
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.net.stack import Stack
    from emu.kernel.task import Task
    from emu.kernel.vfs.file_operations import PollTable, Result

SOCKADDR_LL_MIN = 12
"""sockaddr_ll up to its address."""


class LinkAddress(NamedTuple):
    """struct sockaddr_ll."""

    protocol: int
    ifindex: int
    hatype: int
    pkt_type: int
    address: bytes

    def pack(self, order: str) -> bytes:
        """See `emu.kernel.net.address.Address`."""
        head = struct.pack(f"{order}H", AF_PACKET) + struct.pack(">H", self.protocol)
        kind = struct.pack(
            f"{order}iHBB", self.ifindex, self.hatype, self.pkt_type, len(self.address)
        )
        return head + kind + self.address.ljust(8, b"\0")


@record
class Seen:
    """A frame that was seen: where from, and how long it was before a buffer cut it."""

    address: LinkAddress
    length: int
    network_at: int


class PacketSocket(Socket):
    """Sees frames of a protocol, of one device or all; `wanted` is 0 for none."""

    def __init__(
        self,
        stack: Stack,
        family: int,
        type: int,
        protocol: int,
        cred: Credentials,
        wanted: int,
    ) -> None:
        super().__init__(stack.net, family, type, protocol, cred)
        self.stack = stack
        self.wanted = wanted
        self.ifindex = 0
        self.auxdata = False
        self.ignore_outgoing = False
        self.packets = self.dropped = 0
        self.memberships: list[tuple[int, int, bytes]] = []
        stack.packet_socks[self] = None
        self._listen()

    def _listen(self) -> None:
        taps = self.stack.taps
        taps.pop(self.see, None)
        if self.wanted:
            taps[self.see] = (self.wanted, self.ifindex)
        self.stack.look_at_loopback()

    def release(self) -> None:
        """See `Socket.release`."""
        self.stack.packet_socks.pop(self, None)
        self.stack.taps.pop(self.see, None)
        self.stack.look_at_loopback()
        for membership in list(self.memberships):
            self._leave(membership)
        self.drop_receive_queue()

    def bind(self, task: Task, address: SockAddr) -> None:
        """See the frames of one device, or of another protocol. EINVAL, ENODEV, ENETDOWN."""
        if len(address) < 20:
            raise EINVAL("shorter than sockaddr_ll")
        if address.family != AF_PACKET:
            raise EINVAL("not AF_PACKET")
        protocol, ifindex = self._parse(address)
        if ifindex:
            dev = self.stack.devices.get(ifindex)
            if dev is None:
                raise ENODEV
            if not dev.is_up:
                self.error = ENETDOWN
        self.wanted = protocol or self.wanted
        self.ifindex = ifindex
        self._listen()

    def _parse(self, name: SockAddr) -> tuple[int, int]:
        (protocol,) = struct.unpack_from(">H", name.raw, 2)
        (ifindex,) = struct.unpack_from(f"{name.order}i", name.raw, 4)
        return protocol, ifindex

    def getname(self, peer: bool) -> LinkAddress:
        """See `Socket.getname`."""
        if peer:
            raise EOPNOTSUPP
        dev = self.stack.devices.get(self.ifindex)
        if dev is None:
            return LinkAddress(self.wanted, self.ifindex, 0, 0, b"")
        return LinkAddress(self.wanted, self.ifindex, dev.type, 0, dev.address)

    def see(self, frame: Frame) -> None:
        """A frame goes by."""
        if self.ignore_outgoing and frame.pkt_type == PACKET_OUTGOING:
            return
        raw = self.type == SOCK_RAW
        data = frame.frame() if raw else frame.network_bytes()
        length = len(data)
        if self.filter is not None:
            passed = self.filter.cut(data, FilteredPacket.of_frame(frame, ETH_HLEN, raw=raw))
            if passed is None:
                return
            data = passed
        if self.rmem_alloc > self.rcvbuf:
            self.drops += 1
            self.dropped += 1
            return
        dev = frame.dev
        address = LinkAddress(
            frame.protocol, dev.ifindex, dev.type, frame.pkt_type, frame.hardware_source
        )
        skb = SkBuff(data, Seen(address, length, ETH_HLEN if raw else 0))
        skb.charge_receiver(self)
        skb.stamp_ns = self.stack.clock.realtime_ns()
        self.receive_queue.append(skb)
        self.packets += 1
        self.data_ready()

    def sendmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Send a frame; with SOCK_DGRAM the link header is made of the address."""
        dev, protocol, destination = self._target(msg)
        if not dev.is_up:
            raise ENETDOWN
        buffer = msg.buffer
        count = buffer.count
        raw = self.type == SOCK_RAW
        if count > dev.mtu + (ETH_HLEN if raw else 0):
            raise EMSGSIZE
        if raw and count < ETH_HLEN:
            raise EINVAL("no Ethernet header")
        data = buffer.copy_from(count) if count else b""
        if len(data) < count:
            raise EFAULT
        if raw:
            destination, source = data[:6], data[6:12]
            protocol, data = int.from_bytes(data[12:14], "big"), data[14:]
        else:
            source = dev.address
        frame = Frame(dev, protocol, data=data)
        frame.hardware_destination, frame.hardware_source = destination, source
        self.stack.transmit(frame)
        return count

    def _target(self, msg: MsgHdr) -> tuple[NetDevice, int, bytes]:
        name = msg.name
        if name is None or not len(name):
            if not self.ifindex:
                raise ENXIO("no device")
            return self._device(self.ifindex), self.wanted, bytes(ETH_ALEN)
        if len(name) < SOCKADDR_LL_MIN or name.family != AF_PACKET:
            raise EINVAL("no sockaddr_ll")
        protocol, ifindex = self._parse(name)
        length = name.raw[11]
        if len(name) < SOCKADDR_LL_MIN + length:
            raise EINVAL("shorter than it says")
        if self.type == SOCK_DGRAM and length < ETH_ALEN:
            raise EINVAL("no address")
        destination = name.raw[12 : 12 + ETH_ALEN].ljust(ETH_ALEN, b"\0")
        return self._device(ifindex), protocol, destination

    def _device(self, ifindex: int) -> NetDevice:
        dev = self.stack.devices.get(ifindex)
        if dev is None:
            raise ENXIO("no such device")
        return dev

    def recvmsg(self, msg: MsgHdr, flags: int) -> Result:
        """The next frame, or wait for it."""
        return receive_datagram(self, flags, lambda skb: self._take(skb, msg, flags))

    def _take(self, skb: SkBuff, msg: MsgHdr, flags: int) -> int:
        seen: Seen = skb.address
        try:
            received = copy_datagram(skb, msg, flags)
        finally:
            if not flags & MSG_PEEK:
                self.receive_queue.popleft()
                skb.free()
        msg.address = seen.address
        self.stamp_ns = skb.stamp_ns
        if msg.wants_control:
            put_timestamps(self, msg, skb.stamp_ns)
            if self.auxdata:
                self._put_auxdata(msg, seen)
        return received

    def _put_auxdata(self, msg: MsgHdr, seen: Seen) -> None:
        status = packet.TP_STATUS_USER | packet.TP_STATUS_CSUM_VALID
        data = struct.pack(
            f"{msg.order}IIIHHHH", status, seen.length, seen.length, 0, seen.network_at, 0, 0
        )
        msg.put_cmsg(SOL_PACKET, packet.PACKET_AUXDATA, data)

    def poll(self, waits: PollTable | None) -> int:
        """See `Socket.poll`."""
        self.watch(waits)
        events = self.error_events() | POLLOUT | POLLWRNORM | POLLWRBAND
        return events | (POLLIN | POLLRDNORM if self.receive_queue else 0)

    def ioctl(self, task: Task, cmd: int, arg: int) -> Result:
        """How large the next frame is; commands about addresses are answered as by AF_INET."""
        if cmd in (FIONREAD, TIOCOUTQ):
            first = len(self.receive_queue[0].data) if self.receive_queue else 0
            task.mm.write_u32(arg, first if cmd == FIONREAD else self.wmem_alloc)
            return 0
        return inet_ioctl(self.stack, AF_INET, task, cmd, arg)

    def setsockopt(self, task: Task, level: int, optname: int, value: OptionValue) -> None:
        """Memberships, and what comes with a frame."""
        if level != SOL_PACKET:
            raise ENOPROTOOPT
        match optname:
            case packet.PACKET_ADD_MEMBERSHIP | packet.PACKET_DROP_MEMBERSHIP:
                self._change_membership(task, value, optname == packet.PACKET_ADD_MEMBERSHIP)
            case packet.PACKET_AUXDATA:
                self.auxdata = bool(value.integer())
            case packet.PACKET_IGNORE_OUTGOING:
                number = value.integer()
                if number not in (0, 1):
                    raise EINVAL("0 or 1")
                self.ignore_outgoing = bool(number)
            case _:
                raise ENOPROTOOPT(f"no packet option {optname} can be set")

    def getsockopt(self, task: Task, level: int, optname: int, length: int) -> bytes:
        """See `setsockopt`; the statistics begin anew when they were told."""
        if level != SOL_PACKET:
            raise ENOPROTOOPT
        if length < 0:
            raise EINVAL("negative length")
        order = task.abi.isa.byte_order
        match optname:
            case packet.PACKET_STATISTICS:
                answer = struct.pack(f"{order}II", self.packets + self.dropped, self.dropped)
                self.packets = self.dropped = 0
                return answer
            case packet.PACKET_AUXDATA:
                return struct.pack(f"{order}i", self.auxdata)
            case packet.PACKET_IGNORE_OUTGOING:
                return struct.pack(f"{order}i", self.ignore_outgoing)
        raise ENOPROTOOPT(f"no packet option {optname}")

    def _change_membership(self, task: Task, value: OptionValue, join: bool) -> None:
        raw = value.raw(16)
        if len(raw) < 16:
            raise EINVAL("shorter than packet_mreq")
        ifindex, kind, size = struct.unpack(f"{task.abi.isa.byte_order}iHH", raw[:8])
        if size > 8:
            raise EINVAL("no address is so long")
        membership = (ifindex, kind, raw[8 : 8 + size])
        if not join:
            if membership in self.memberships:
                self._leave(membership)
            elif ifindex not in self.stack.devices:
                raise EADDRNOTAVAIL
            return
        dev = self.stack.by_index(ifindex)
        self._count(dev, kind, 1)
        self.memberships.append(membership)

    def _leave(self, membership: tuple[int, int, bytes]) -> None:
        self.memberships.remove(membership)
        dev = self.stack.devices.get(membership[0])
        if dev is not None:
            self._count(dev, membership[1], -1)

    def _count(self, dev: NetDevice, kind: int, change: int) -> None:
        if kind == packet.PACKET_MR_PROMISC:
            dev.promiscuity += change
        elif kind == packet.PACKET_MR_ALLMULTI:
            dev.allmulti += change
        elif kind not in (packet.PACKET_MR_MULTICAST, packet.PACKET_MR_UNICAST):
            raise EINVAL("no such membership")
