"""Netlink sockets: ports, groups, sending to the kernel and receiving what it tells."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    ECONNREFUSED,
    EINVAL,
    EMSGSIZE,
    ENOBUFS,
    ENODATA,
    ENOPROTOOPT,
    EOPNOTSUPP,
    EPERM,
)
from emu.kernel.net.datagram import copy_datagram, receive_datagram
from emu.kernel.net.filter import FilteredPacket
from emu.kernel.net.netlink.options import get_option, set_option
from emu.kernel.net.peer import Peer
from emu.kernel.net.skbuff import SkBuff
from emu.kernel.net.socket import Socket
from emu.kernel.net.unix.scm import Scm, scm_recv, scm_send
from emu.kernel.uapi.capability import CAP_NET_ADMIN
from emu.kernel.uapi.netlink import NETLINK_NO_ENOBUFS, NETLINK_PKTINFO
from emu.kernel.uapi.poll import POLLIN, POLLOUT, POLLRDNORM, POLLWRBAND, POLLWRNORM
from emu.kernel.uapi.socket import AF_NETLINK, AF_UNSPEC, MSG_OOB, MSG_PEEK, SOL_NETLINK
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.net.address import SockAddr
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.net.netlink.dump import Dump
    from emu.kernel.net.netlink.family import KernelSide, NetlinkFamily
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.task import Task
    from emu.kernel.vfs.file_operations import PollTable, Result

SOCKADDR_NL = "HxxII"
SOCKADDR_NL_SIZE = 12
OVERHEAD = 32
KERNEL = Peer(0, 0, 0)
"""Who sends what the kernel sends."""


@record
class NetlinkAddress:
    """A port and the first 32 groups."""

    portid: int = 0
    groups: int = 0

    def pack(self, order: str) -> bytes:
        """See `emu.kernel.net.address.Address`."""
        return struct.pack(order + SOCKADDR_NL, AF_NETLINK, self.portid, self.groups)


def parse_address(address: SockAddr) -> NetlinkAddress:
    """The port and groups that a caller means. EINVAL."""
    if len(address) < SOCKADDR_NL_SIZE or address.family != AF_NETLINK:
        raise EINVAL("not a netlink address")
    _, portid, groups = struct.unpack(address.order + SOCKADDR_NL, address.raw[:SOCKADDR_NL_SIZE])
    return NetlinkAddress(portid, groups)


class NetlinkSocket(Socket):
    """A program's netlink socket. `groups` are those it joined, `dump` the answer under way.

    `abi` is that of the program that used it last: whose byte order and errors answers are in.
    """

    def __init__(self, family: NetlinkFamily, type: int, protocol: int, task: Task) -> None:
        super().__init__(family.net, AF_NETLINK, type, protocol, task.cred)
        self.netlink = family
        self.side: KernelSide = family.side(protocol)
        self.abi = task.abi
        self.portid = 0
        self.bound = False
        self.groups: set[int] = set()
        self.destination = NetlinkAddress()
        self.options: set[int] = set()
        self.dump: Dump | None = None
        self.congested = False
        self.max_recvmsg_len = 0
        self.side.unbound[self] = None

    def release(self) -> None:
        """Give the port back."""
        self.side.unbound.pop(self, None)
        if self.bound and self.side.sockets.get(self.portid) is self:
            del self.side.sockets[self.portid]
        self.dump = None
        self.groups.clear()
        self.drop_receive_queue()

    # Names.

    def bind(self, task: Task, address: SockAddr) -> None:
        """Take a port, one that the kernel chooses for 0, and join groups. EPERM, EADDRINUSE."""
        wanted = parse_address(address)
        if wanted.groups and not self._allowed(task, self.side.nonroot_receive):
            raise EPERM("only root joins groups of this protocol")
        if self.bound and wanted.portid != self.portid:
            raise EINVAL("it has another port")
        groups = {bit + 1 for bit in range(32) if wanted.groups >> bit & 1}
        if self.side.bind is not None:
            for group in groups - self.groups:
                self.side.bind(self, group)
        if not self.bound:
            if wanted.portid:
                self.netlink.bind(self, wanted.portid)
            else:
                self.netlink.autobind(self, task)
        self.groups = {group for group in self.groups if group > 32} | {
            group for group in groups if group <= self.side.groups
        }

    def connect(self, task: Task, address: SockAddr, flags: int) -> Result:
        """Choose where messages without an address go."""
        if len(address) < 2:
            raise EINVAL("no family")
        if address.family == AF_UNSPEC:
            self.destination = NetlinkAddress()
            return 0
        wanted = parse_address(address)
        if (wanted.groups or wanted.portid) and not self._allowed(task, self.side.nonroot_send):
            raise EPERM("only root sends to others than the kernel")
        if not self.bound:
            self.netlink.autobind(self, task)
        self.destination = NetlinkAddress(wanted.portid, _first_group(wanted.groups))
        return 0

    def getname(self, peer: bool) -> NetlinkAddress:
        """The port and groups, or where messages go."""
        if peer:
            return NetlinkAddress(self.destination.portid, _group_mask(self.destination.groups))
        return NetlinkAddress(self.portid, self.group_mask)

    @property
    def group_mask(self) -> int:
        """The first 32 groups it joined."""
        return sum(_group_mask(group) for group in self.groups)

    def _allowed(self, task: Task, everybody: bool) -> bool:
        return everybody or task.cred.capable(CAP_NET_ADMIN)

    # Sending.

    def sendmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Send to the kernel, or to another program's port or group."""
        if flags & MSG_OOB:
            raise EOPNOTSUPP
        task = msg.task
        self.abi = task.abi
        count = msg.buffer.count
        if not count:
            raise ENODATA("an empty message")
        scm_send(task, msg.control).put()
        portid, group = self.destination.portid, self.destination.groups
        if msg.name is not None and len(msg.name):
            to = parse_address(msg.name)
            portid, group = to.portid, _first_group(to.groups)
            if (group or portid) and not self._allowed(task, self.side.nonroot_send):
                raise EPERM("only root sends to others than the kernel")
        if not self.bound:
            self.netlink.autobind(self, task)
        if count > self.sndbuf - OVERHEAD:
            raise EMSGSIZE
        data = msg.buffer.copy_from(count)
        if group:
            self.netlink.broadcast_from(self, data, group, task)
        if portid:
            return self._send_to_program(task, data, portid, flags)
        self._send_to_kernel(task, data)
        return count

    def _send_to_kernel(self, task: Task, data: bytes) -> None:
        from emu.kernel.net.netlink.request import receive_messages

        if self.side.raw is not None:
            self.side.raw(data, self, task)
        elif self.side.receive is not None:
            receive_messages(self, task, data, self.side.receive)
        else:
            raise ECONNREFUSED("the kernel does not listen")

    def _send_to_program(self, task: Task, data: bytes, portid: int, flags: int) -> Result:
        receiver = self.side.sockets.get(portid)
        if receiver is None:
            raise ECONNREFUSED("nobody has this port")
        if receiver.destination.portid and receiver.destination.portid != self.portid:
            raise ECONNREFUSED("it hears another")
        if receiver.has_room:
            receiver.deliver(data, self.portid, 0, task)
            return len(data)
        return self._send_later(task, data, portid, flags)

    async def _send_later(self, task: Task, data: bytes, portid: int, flags: int) -> int:
        patience = self.send_patience(flags)
        while True:
            receiver = self.side.sockets.get(portid)
            if receiver is None:
                raise ECONNREFUSED("nobody has this port")
            if receiver.has_room:
                receiver.deliver(data, self.portid, 0, task)
                return len(data)
            await patience.wait(receiver.write_wait)

    # What arrives.

    @property
    def has_room(self) -> bool:
        """Whether its receive buffer takes more."""
        return self.rmem_alloc <= self.rcvbuf and not self.congested

    def deliver(self, data: bytes, portid: int, group: int, sender: Task | None = None) -> None:
        """Put a message into its queue."""
        if self.filter is not None:
            passed = self.filter.cut(data, FilteredPacket(data))
            if passed is None:
                return
            data = passed
        peer = KERNEL if sender is None else Peer.of(sender)
        skb = SkBuff(data, NetlinkAddress(portid, _group_mask(group)), Scm(peer))
        skb.flags = group
        skb.charge_receiver(self)
        self.receive_queue.append(skb)
        self.data_ready()

    def overrun(self) -> None:
        """A message was lost because the buffer is full: ENOBUFS, once."""
        if NETLINK_NO_ENOBUFS not in self.options and not self.congested:
            self.congested = True
            self.fail(ENOBUFS)
        self.drops += 1

    def recvmsg(self, msg: MsgHdr, flags: int) -> Result:
        """Receive one buffer of messages, and let a dump go on."""
        if flags & MSG_OOB:
            raise EOPNOTSUPP
        return receive_datagram(self, flags, lambda skb: self._received(msg, flags, skb))

    def _received(self, msg: MsgHdr, flags: int, skb: SkBuff) -> int:
        self.abi = msg.abi
        self.max_recvmsg_len = min(max(self.max_recvmsg_len, msg.buffer.count), 32768)
        if not flags & MSG_PEEK:
            self.receive_queue.popleft()
            skb.free()
        copied = copy_datagram(skb, msg, flags)
        msg.address = skb.address
        if NETLINK_PKTINFO in self.options:
            msg.put_cmsg(SOL_NETLINK, NETLINK_PKTINFO, struct.pack(msg.order + "I", skb.flags))
        scm_recv(self, msg, skb.control, flags)
        if not self.receive_queue:
            self.congested = False
            self.write_wait.wake_up_all(POLLOUT)
        if self.dump is not None and self.rmem_alloc <= self.rcvbuf // 2:
            self.dump.send_more(self)
        return copied

    def poll(self, waits: PollTable | None) -> int:
        """Readable while there are messages, writable always."""
        self.watch(waits)
        events = self.error_events() | POLLOUT | POLLWRNORM | POLLWRBAND
        if self.receive_queue:
            events |= POLLIN | POLLRDNORM
        return events

    # Options.

    def setsockopt(self, task: Task, level: int, optname: int, value: OptionValue) -> None:
        """Those of SOL_NETLINK."""
        if level != SOL_NETLINK:
            raise ENOPROTOOPT("no such level")
        set_option(self, task, optname, value)

    def getsockopt(self, task: Task, level: int, optname: int, length: int) -> bytes:
        """Those of SOL_NETLINK."""
        if level != SOL_NETLINK:
            raise ENOPROTOOPT("no such level")
        return get_option(self, task, optname, length)


def _first_group(mask: int) -> int:
    """The number of the lowest group of a mask; 0 if it is empty: ffs."""
    return (mask & -mask).bit_length()


def _group_mask(group: int) -> int:
    return 1 << group - 1 if 0 < group <= 32 else 0
