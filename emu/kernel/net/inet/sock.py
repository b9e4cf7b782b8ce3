"""What all sockets of AF_INET and AF_INET6 have in common. See inet_sock, af_inet.c."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EACCES,
    EADDRNOTAVAIL,
    EAFNOSUPPORT,
    EINVAL,
    ENOTCONN,
    KernelError,
)
from emu.kernel.net.inet.address import (
    ANY4,
    ANY6,
    BROADCAST4,
    is_any,
    is_link_local,
    is_multicast,
    loopback_of,
)
from emu.kernel.net.inet.address_ioctl import inet_ioctl
from emu.kernel.net.inet.input import is_local
from emu.kernel.net.inet.ip_options import IpOptions
from emu.kernel.net.inet.options import get_ip_option, set_ip_option
from emu.kernel.net.inet.output import Path, find_path
from emu.kernel.net.inet.sockaddr import SOCKADDR_IN, InetAddress, parse, shown
from emu.kernel.net.socket import Socket
from emu.kernel.uapi.capability import CAP_NET_BIND_SERVICE
from emu.kernel.uapi.poll import POLLERR
from emu.kernel.uapi.rtnetlink import RTN_BROADCAST
from emu.kernel.uapi.socket import AF_INET, AF_INET6, AF_UNSPEC, SOCK_STREAM

if TYPE_CHECKING:
    from emu.kernel.cred import Credentials
    from emu.kernel.net.address import Address, SockAddr
    from emu.kernel.net.inet.errqueue import QueuedError
    from emu.kernel.net.sockopt import OptionValue
    from emu.kernel.net.stack import Stack
    from emu.kernel.task import Task
    from emu.kernel.vfs.file_operations import Result


class InetSocket(Socket):
    """A socket with an Internet address and a port at each end.

    `local` is where it is bound, the unspecified address for all; `remote` is empty until it is
    connected. Both may be IPv4 addresses on a socket of AF_INET6. `is_bound` says that the port
    was somebody's choice.
    """

    def __init__(
        self, stack: Stack, family: int, type: int, protocol: int, cred: Credentials
    ) -> None:
        super().__init__(stack.net, family, type, protocol, cred)
        self.stack = stack
        self.local = self.any_address
        self.local_port = 0
        self.remote = b""
        self.remote_port = 0
        self.is_bound = False
        self.has_port = False
        """Whether the port is its own: the number itself is still told when it is not any more."""
        self.v6only = family == AF_INET6 and bool(stack.sysctls.bindv6only)
        self.ip = IpOptions(stack.sysctls)
        self.error_queue: deque[QueuedError] | None = None
        self._path: Path | None = None

    @property
    def any_address(self) -> bytes:
        """The family's unspecified address."""
        return ANY4 if self.family == AF_INET else ANY6

    @property
    def owner_uid(self) -> int:
        """Whose it is."""
        return self.cred.fsuid

    def path(self) -> Path:
        """The way to where it is connected, looked up again when something has changed."""
        path = self._path
        if path is None or path.generation != self.stack.generation:
            source = None if is_any(self.local) else self.local
            path = self._path = find_path(self.stack, self.remote, source, self.bound_dev_if)
        return path

    def find_path(self, destination: bytes, source: bytes | None, oif: int) -> Path:
        """The way to another destination."""
        if source is None and not is_any(self.local) and len(self.local) == len(destination):
            source = self.local
        if not oif:
            oif = self.bound_dev_if
        if not oif and is_multicast(destination):
            oif, chosen = self.ip.multicast_if, self.ip.multicast_source
            if chosen and source is None and len(chosen) == len(destination):
                source = chosen
        return find_path(self.stack, destination, source, oif)

    def parse_bind(self, task: Task, name: SockAddr) -> InetAddress:
        """The address that a socket is to be bound to, if it may be. See inet_bind."""
        if self.family == AF_INET and len(name) >= SOCKADDR_IN and name.family == AF_UNSPEC:
            if any(name.raw[4:8]):
                raise EAFNOSUPPORT("not AF_INET")
            address = InetAddress(AF_INET, ANY4, int.from_bytes(name.raw[2:4], "big"))
        else:
            address = parse(name, self.family)
        where = address.address
        if self.family == AF_INET6:
            self._check_bind6(address)
        self._check_local(where)
        low = self.stack.sysctls.ip_unprivileged_port_start
        if address.port and address.port < low and not task.cred.capable(CAP_NET_BIND_SERVICE):
            raise EACCES("so low a port needs CAP_NET_BIND_SERVICE")
        return address

    def _check_bind6(self, address: InetAddress) -> None:
        where = address.address
        if len(where) == 4:
            if self.v6only:
                raise EINVAL("an IPv4 address, and the socket is for IPv6 only")
        elif is_multicast(where) and self.type == SOCK_STREAM:
            raise EINVAL("TCP has no multicast")
        if is_link_local(where):
            if address.scope:
                self.bound_dev_if = address.scope
            if not self.bound_dev_if:
                raise EINVAL("a link-local address needs a device")

    def _check_local(self, where: bytes) -> None:
        free = self.ip.freebind or self.ip.transparent or self.stack.sysctls.ip_nonlocal_bind
        if free or is_any(where) or is_multicast(where) or where == BROADCAST4:
            return
        if is_local(self.stack, where):
            return
        route = self.stack.fib(len(where)).lookup(where)
        if route is None or route.type != RTN_BROADCAST:
            raise EADDRNOTAVAIL("no address of this machine")

    def parse_remote(self, name: SockAddr) -> InetAddress:
        """Where to connect or send to; the unspecified address is this machine."""
        address = parse(name, self.family)
        where = address.address
        if is_any(where):
            if len(where) == 16 and len(self.local) == 4:
                where = ANY4
            address = address._replace(address=loopback_of(where))
        stream = self.type == SOCK_STREAM and not is_multicast(where)
        if stream and is_link_local(where) and address.scope and not self.bound_dev_if:
            self.bound_dev_if = address.scope
        return address

    def getname(self, peer: bool) -> Address:
        """See `Socket.getname`."""
        if peer:
            if not self.remote_port:
                raise ENOTCONN
            return shown(self.family, self.remote, self.remote_port, self.bound_dev_if)
        return shown(self.family, self.local, self.local_port, self.bound_dev_if)

    def ioctl(self, task: Task, cmd: int, arg: int) -> Result:
        """Addresses, routes and neighbours; a protocol's own commands are its own."""
        return inet_ioctl(self.stack, self.family, task, cmd, arg)

    def setsockopt(self, task: Task, level: int, optname: int, value: OptionValue) -> None:
        """The options of IP and IPv6; a protocol's own are its own."""
        set_ip_option(self, task, level, optname, value)

    def getsockopt(self, task: Task, level: int, optname: int, length: int) -> bytes:
        """See `setsockopt`."""
        return get_ip_option(self, task, level, optname, length)

    def error_events(self) -> int:
        """See `Socket.error_events`; errors in the queue are errors, too."""
        return POLLERR if self.error is not None or self.error_queue else 0

    def take_error_or(self, otherwise: type[KernelError]) -> KernelError:
        """The error that the socket has met, or another."""
        error, self.error = self.error, None
        return (error or otherwise)()
