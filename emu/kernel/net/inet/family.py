"""AF_INET and AF_INET6: which socket a type and a protocol make. See inet_create."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EACCES, EINVAL, EPERM, EPROTONOSUPPORT, ESOCKTNOSUPPORT
from emu.kernel.uapi.capability import CAP_NET_RAW
from emu.kernel.uapi.in_ import (
    IPPROTO_ICMP,
    IPPROTO_ICMPV6,
    IPPROTO_IP,
    IPPROTO_TCP,
    IPPROTO_UDP,
)
from emu.kernel.uapi.socket import AF_INET, SOCK_DGRAM, SOCK_RAW, SOCK_STREAM

if TYPE_CHECKING:
    from emu.kernel.net.inet.sock import InetSocket
    from emu.kernel.net.namespace import Net
    from emu.kernel.net.socket import Socket
    from emu.kernel.task import Task

PROTOCOL_MAX = 256


class InetFamily:
    """One of the two families."""

    def __init__(self, net: Net, number: int) -> None:
        self._stack = net.stack
        self._number = number

    def create(self, task: Task, type: int, protocol: int) -> Socket:
        """A new socket. EPROTONOSUPPORT, ESOCKTNOSUPPORT, EPERM."""
        make = self._class_of(task, type, protocol)
        if type == SOCK_STREAM:
            protocol = IPPROTO_TCP
        elif type == SOCK_DGRAM and protocol == IPPROTO_IP:
            protocol = IPPROTO_UDP
        return make(self._stack, self._number, type, protocol, task.cred)

    def _class_of(self, task: Task, type: int, protocol: int) -> type[InetSocket]:
        if not 0 <= protocol < PROTOCOL_MAX:
            raise EINVAL("no protocol")
        if type == SOCK_STREAM:
            from emu.kernel.net.tcp.sock import TcpSocket

            if protocol not in (IPPROTO_IP, IPPROTO_TCP):
                raise EPROTONOSUPPORT
            return TcpSocket
        if type == SOCK_DGRAM:
            if protocol in (IPPROTO_IP, IPPROTO_UDP):
                from emu.kernel.net.udp.udp import UdpSocket

                return UdpSocket
            if protocol == (IPPROTO_ICMP if self._number == AF_INET else IPPROTO_ICMPV6):
                self._check_ping(task)
                from emu.kernel.net.udp.ping import PingSocket

                return PingSocket
            raise EPROTONOSUPPORT
        if type == SOCK_RAW:
            if protocol == IPPROTO_IP:
                raise EPROTONOSUPPORT
            if not task.cred.capable(CAP_NET_RAW):
                raise EPERM("raw sockets need CAP_NET_RAW")
            from emu.kernel.net.udp.raw import RawSocket

            return RawSocket
        raise ESOCKTNOSUPPORT

    def _check_ping(self, task: Task) -> None:
        """EACCES unless a group of the task's may ping: net.ipv4.ping_group_range."""
        low, high = self._stack.sysctls.ping_group_range
        groups = (task.cred.egid, *task.cred.groups)
        if not any(low <= group <= high for group in groups):
            raise EACCES("net.ipv4.ping_group_range")


def net_family(net: Net) -> InetFamily:
    """AF_INET."""
    return InetFamily(net, AF_INET)
