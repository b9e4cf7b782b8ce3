"""Sockets whose unit is a datagram: what UDP, raw and ping sockets share. See datagram.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EACCES,
    EAFNOSUPPORT,
    EDESTADDRREQ,
    EFAULT,
    EINVAL,
    EMSGSIZE,
    ENETUNREACH,
    ENOTCONN,
    EOPNOTSUPP,
)
from emu.kernel.net.datagram import copy_datagram, receive_datagram
from emu.kernel.net.inet.address import BROADCAST4, is_any, loopback_of
from emu.kernel.net.inet.cmsg import SendControl, parse_control, put_control
from emu.kernel.net.inet.errqueue import queue_local_error, receive_error, wants_errors
from emu.kernel.net.inet.membership import leave_all
from emu.kernel.net.inet.output import Path, send_packet
from emu.kernel.net.inet.packet import IpPacket, Transport
from emu.kernel.net.inet.sock import InetSocket
from emu.kernel.net.inet.sockaddr import InetAddress, is_unspec, parse, shown
from emu.kernel.net.skbuff import SkBuff
from emu.kernel.net.socket import RCV_SHUTDOWN, SEND_SHUTDOWN
from emu.kernel.uapi.in_ import IP_PMTUDISC_DO, IP_PMTUDISC_PROBE
from emu.kernel.uapi.ioctl import FIONREAD, TIOCOUTQ
from emu.kernel.uapi.poll import (
    POLLHUP,
    POLLIN,
    POLLOUT,
    POLLRDHUP,
    POLLRDNORM,
    POLLWRBAND,
    POLLWRNORM,
)
from emu.kernel.uapi.rtnetlink import RTN_BROADCAST
from emu.kernel.uapi.socket import (
    AF_INET,
    AF_UNSPEC,
    MSG_ERRQUEUE,
    MSG_OOB,
    MSG_PEEK,
    SHUT_RDWR,
    SO_BROADCAST,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.net.address import SockAddr
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.msghdr import MsgHdr
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file_operations import PollTable, Result

PACKET_MAX = 65535


@record
class Arrival:
    """How a datagram came: kept with it for the receiver's control messages."""

    source: bytes
    port: int
    destination: bytes
    destination_port: int
    ifindex: int
    hop_limit: int
    tos: int
    flow: int = 0


class DatagramSocket(InetSocket):
    """One such socket; a subclass says what its datagrams are."""

    needs_port = True
    """Whether a destination must have a port."""

    def bind(self, task: Task, address: SockAddr) -> None:
        """See `Socket.bind`."""
        wanted = self.parse_bind(task, address)
        if self.has_port:
            raise EINVAL("it is bound")
        old = self.local
        self.local = wanted.address
        try:
            self.take_port(wanted.port)
        except BaseException:
            self.local = old
            raise
        self.is_bound = bool(wanted.port)

    def take_port(self, port: int) -> None:
        """Have a port, 0 for any. EADDRINUSE."""
        raise NotImplementedError

    def leave_port(self) -> None:
        """Have it no longer."""

    def connect(self, task: Task, address: SockAddr, flags: int) -> Result:
        """Send to one address, and receive from it only; AF_UNSPEC ends that."""
        if len(address) < 2:
            raise EINVAL("an address without a family")
        if is_unspec(address):
            self.disconnect()
            return 0
        wanted = self.parse_remote(address)
        oif = wanted.scope if wanted.family != AF_INET else 0
        path = self.find_path(wanted.address, None, oif)
        self._check_broadcast(path)
        if is_any(self.local) or len(self.local) != len(wanted.address):
            self.local = path.source
        self.remote, self.remote_port = wanted.address, wanted.port
        self._path = None
        self.ensure_port()
        self.changed_address()
        return 0

    def changed_address(self) -> None:
        """The addresses are others than at the binding."""

    def disconnect(self) -> None:
        """See __udp_disconnect: a port that was not chosen is given back."""
        self.remote, self.remote_port, self._path = b"", 0, None
        if not self.is_bound:
            self.local = self.any_address
            if self.has_port:
                self.leave_port()
                self.local_port = 0

    def ensure_port(self) -> None:
        """Have some port."""
        if not self.has_port:
            self.take_port(0)

    def getname(self, peer: bool) -> InetAddress:
        """See `Socket.getname`."""
        if peer and not self.remote:
            raise ENOTCONN
        address, port = (self.remote, self.remote_port) if peer else (self.local, self.local_port)
        return shown(self.family, address, port, self.bound_dev_if)

    def shutdown(self, how: int) -> None:
        """See inet_shutdown: it has an effect though the answer may be ENOTCONN."""
        if not 0 <= how <= SHUT_RDWR:
            raise EINVAL("no such direction")
        self.shutdown_mask |= how + 1
        self.state_change()
        if not self.remote:
            raise ENOTCONN

    def release(self) -> None:
        """See `Socket.release`."""
        leave_all(self)
        if self.has_port:
            self.leave_port()
        self.drop_receive_queue()

    def poll(self, waits: PollTable | None) -> int:
        """See datagram_poll."""
        self.watch(waits)
        events = self.error_events()
        if self.shutdown_mask & RCV_SHUTDOWN:
            events |= POLLRDHUP | POLLIN | POLLRDNORM
        if self.shutdown_mask == RCV_SHUTDOWN | SEND_SHUTDOWN:
            events |= POLLHUP
        if self.receive_queue:
            events |= POLLIN | POLLRDNORM
        if self.is_writable:
            events |= POLLOUT | POLLWRNORM | POLLWRBAND
        return events

    # Sending.

    def destination_of(self, msg: MsgHdr) -> InetAddress:
        """Where a message goes. EDESTADDRREQ; EINVAL."""
        name = msg.name
        if name is None or not len(name):
            if not self.remote:
                raise EDESTADDRREQ
            return InetAddress(self.family, self.remote, self.remote_port)
        if self.family == AF_INET and len(name) >= 16 and name.family == AF_UNSPEC:
            address = InetAddress(AF_INET, name.raw[4:8], int.from_bytes(name.raw[2:4], "big"))
        else:
            address = self._parse_to(name)
        if self.needs_port and not address.port:
            raise EINVAL("no port")
        if is_any(address.address):
            address = address._replace(address=loopback_of(address.address))
        return address

    def _parse_to(self, name: SockAddr) -> InetAddress:
        if self.family != AF_INET and name.family == AF_INET:
            # An AF_INET6 socket takes an IPv4 address as it is: see udpv6_sendmsg.
            if self.v6only:
                raise ENETUNREACH("the socket is for IPv6 only")
            return parse(name, AF_INET)
        return parse(name, self.family)

    def check_send(self, msg: MsgHdr, flags: int) -> None:
        """What makes sending fail whatever is sent."""
        if flags & MSG_OOB:
            raise EOPNOTSUPP("datagrams have no urgent data")
        if self.shutdown_mask & SEND_SHUTDOWN:
            raise self.broken_pipe(msg.task, flags)
        self.take_error()

    def way_of(self, msg: MsgHdr, flags: int) -> tuple[InetAddress, SendControl, Path]:
        """Where a message goes, what its control messages ask, and the way there."""
        to = self.destination_of(msg)
        self.check_send(msg, flags)
        control = parse_control(self, msg)
        return to, control, self.path_to(to, control)

    def path_to(self, to: InetAddress, control: SendControl) -> Path:
        """The way to a destination, as control messages say."""
        connected = to.address == self.remote and not control.is_special
        if connected and to.scope in (0, self.bound_dev_if):
            path = self.path()
        else:
            destination, oif = to.address, control.ifindex or to.scope
            if len(destination) == 4 and self.v6only:
                raise ENETUNREACH("the socket is for IPv6 only")
            local = self.local
            if len(local) != len(destination) and not is_any(local):
                raise ENETUNREACH if len(local) == 16 else EAFNOSUPPORT
            path = self.find_path(destination, control.source, oif)
        self._check_broadcast(path)
        return path

    def _check_broadcast(self, path: Path) -> None:
        group = path.type == RTN_BROADCAST or path.next_hop == BROADCAST4
        if group and not self.flag(SO_BROADCAST):
            raise EACCES("broadcasting needs SO_BROADCAST")

    def send_ip(
        self, to: InetAddress, payload: Transport, protocol: int, path: Path, control: SendControl
    ) -> None:
        """Send what a datagram holds as an IP packet."""
        destination = to.address
        hops = self.ip.hops(destination) if control.hop_limit is None else control.hop_limit
        tos = self.ip.traffic_class(destination) if control.tos is None else control.tos
        packet = IpPacket(path.source, destination, protocol, payload, hops, tos)
        packet.flow = to.flow & 0xFFFFF
        packet.dont_fragment = len(destination) == 4 and self.ip.mtu_discover in (
            IP_PMTUDISC_DO, IP_PMTUDISC_PROBE,
        )  # fmt: skip
        if packet.length > path.mtu and packet.dont_fragment:
            if wants_errors(self):
                queue_local_error(self, EMSGSIZE, path.mtu, destination, to.port)
            raise EMSGSIZE("larger than the path takes")
        send_packet(self.stack, packet, path, loop=self.ip.loops(destination))

    # Receiving.

    def enqueue(self, data: bytes, arrival: Arrival) -> bool:
        """Keep a datagram for the receiver: False if there is no room."""
        if self.rmem_alloc > self.rcvbuf:
            self.drops += 1
            return False
        skb = SkBuff(data, arrival)
        skb.charge_receiver(self)
        skb.stamp_ns = self.stack.clock.realtime_ns()
        self.receive_queue.append(skb)
        self.data_ready()
        return True

    def recvmsg(self, msg: MsgHdr, flags: int) -> Result:
        """The next datagram, or wait for it."""
        if flags & MSG_ERRQUEUE:
            return receive_error(self, msg)
        return receive_datagram(self, flags, lambda skb: self._take(skb, msg, flags))

    def _take(self, skb: SkBuff, msg: MsgHdr, flags: int) -> int:
        try:
            received = copy_datagram(skb, msg, flags)
        finally:
            if not flags & MSG_PEEK:
                self.receive_queue.popleft()
                skb.free()
        arrival: Arrival = skb.address
        msg.address = shown(self.family, arrival.source, arrival.port, arrival.ifindex)
        self.stamp_ns = skb.stamp_ns
        if msg.wants_control:
            put_control(self, msg, arrival, skb)
        return received

    def ioctl(self, task: Task, cmd: int, arg: int) -> Result:
        """How large the next datagram is, and how much is not sent: nothing."""
        if cmd not in (FIONREAD, TIOCOUTQ):
            return super().ioctl(task, cmd, arg)
        first = len(self.receive_queue[0].data) if self.receive_queue else 0
        task.mm.write_u32(arg, first if cmd == FIONREAD else self.wmem_alloc)
        return 0


def whole_message(buffer: Buffer) -> bytes:
    """All bytes of what is to be sent: a datagram is not sent in part. EMSGSIZE, EFAULT."""
    count = buffer.count
    if count > PACKET_MAX:
        raise EMSGSIZE
    data = buffer.copy_from(count) if count else b""
    if len(data) < count:
        raise EFAULT
    return data


def arrival_of(frame: Frame, packet: IpPacket, source_port: int, port: int) -> Arrival:
    """How a packet came."""
    return Arrival(
        packet.source, source_port, packet.destination, port, frame.dev.ifindex, packet.hop_limit,
        packet.tos, packet.flow,
    )  # fmt: skip
