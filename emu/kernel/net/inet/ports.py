"""Who is bound to which port: conflicts, ephemeral ports, and the best socket for a packet.

See inet_csk_get_port, udp_lib_get_port, compute_score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from emu.kernel.errno import EADDRINUSE
from emu.kernel.net.inet.address import is_any
from emu.kernel.uapi.socket import SO_REUSEADDR, SO_REUSEPORT

if TYPE_CHECKING:
    from emu.kernel.net.stack import Stack


class Bound(Protocol):
    """A socket, as a port table sees it. `local` is where it is bound."""

    local: bytes
    local_port: int
    remote: bytes
    remote_port: int
    v6only: bool
    bound_dev_if: int
    has_port: bool

    @property
    def owner_uid(self) -> int:
        """Whose it is."""

    def flag(self, option: int) -> bool:
        """Whether a SOL_SOCKET option is on."""


B = TypeVar("B", bound=Bound)
Conflicts = Callable[[B, B], bool]


class PortTable(Generic[B]):
    """The sockets of one protocol by local port, each port's in the order of their binding."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._ports: dict[int, dict[B, None]] = {}

    def __iter__(self) -> Iterator[B]:
        for sockets in self._ports.values():
            yield from sockets

    def at(self, port: int) -> dict[B, None]:
        """The sockets of a port."""
        return self._ports.get(port, {})

    def bind(self, sock: B, port: int, conflicts: Conflicts[B]) -> None:
        """Bind to a port; 0 is any that is free. EADDRINUSE."""
        if port:
            if any(conflicts(sock, other) for other in self.at(port)):
                raise EADDRINUSE
        else:
            port = self.ephemeral(lambda p: not any(conflicts(sock, o) for o in self.at(p)))
        sock.local_port = port
        self.add(sock)

    def ephemeral(self, is_free: Callable[[int], bool]) -> int:
        """A port of the local range, from a random place on. EADDRINUSE."""
        low, high = self.stack.sysctls.ip_local_port_range
        count = high - low + 1
        start = self.stack.random.randrange(count)
        for i in range(count):
            port = low + (start + i) % count
            if port not in self._ports or is_free(port):
                return port
        raise EADDRINUSE("no local port is free")

    def add(self, sock: B) -> None:
        """Note a socket at its port."""
        self._ports.setdefault(sock.local_port, {})[sock] = None
        sock.has_port = True

    def remove(self, sock: B) -> None:
        """Forget a socket."""
        sock.has_port = False
        sockets = self._ports.get(sock.local_port)
        if sockets is not None:
            sockets.pop(sock, None)
            if not sockets:
                del self._ports[sock.local_port]


def addresses_overlap(one: Bound, other: Bound) -> bool:
    """Whether a packet could be for both, by its address: see ipv6_rcv_saddr_equal."""
    if one.local == other.local:
        return True
    first, second = is_any(one.local), is_any(other.local)
    if len(one.local) == len(other.local):
        return first or second
    wide = one if len(one.local) == 16 else other
    # A socket of AF_INET6 is in the way of IPv4 only if it is bound to :: and takes both.
    return not wide.v6only and is_any(wide.local)


def same_device(one: Bound, other: Bound) -> bool:
    """Whether no device keeps them apart."""
    return not one.bound_dev_if or not other.bound_dev_if or one.bound_dev_if == other.bound_dev_if


def datagrams_conflict(one: Bound, other: Bound) -> bool:
    """Whether two datagram sockets cannot share a port."""
    if one is other or not same_device(one, other) or not addresses_overlap(one, other):
        return False
    if one.flag(SO_REUSEADDR) and other.flag(SO_REUSEADDR):
        return False
    both = one.flag(SO_REUSEPORT) and other.flag(SO_REUSEPORT)
    return not (both and one.owner_uid == other.owner_uid)


def score(sock: Bound, local: bytes, remote: bytes, remote_port: int, dev: int) -> int:
    """How well a socket fits a packet; -1 if it does not: see compute_score."""
    points = 1
    own = sock.local
    if len(own) != len(local):
        if len(own) == 4 or sock.v6only or not is_any(own):
            return -1
    elif not is_any(own):
        if own != local:
            return -1
        points += 4
    if len(own) == len(local):
        points += 2
    if sock.remote_port:
        if sock.remote_port != remote_port or sock.remote != remote:
            return -1
        points += 8
    if sock.bound_dev_if:
        if sock.bound_dev_if != dev:
            return -1
        points += 4
    return points
