"""The netlink protocols of one machine: who listens in the kernel, and the programs' sockets."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from emu.kernel.errno import (
    EADDRINUSE,
    EAGAIN,
    ECONNREFUSED,
    EPROTONOSUPPORT,
    ESOCKTNOSUPPORT,
    ESRCH,
)
from emu.kernel.net.netlink.socket import NetlinkSocket
from emu.kernel.uapi.netlink import (
    MAX_LINKS,
    NETLINK_GENERIC,
    NETLINK_KOBJECT_UEVENT,
    NETLINK_ROUTE,
    NETLINK_SOCK_DIAG,
    NETLINK_USERSOCK,
)
from emu.kernel.uapi.socket import SOCK_DGRAM, SOCK_RAW
from emu.record import field, record

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.net.namespace import Net
    from emu.kernel.net.netlink.message import NlMsg
    from emu.kernel.net.netlink.request import Request
    from emu.kernel.task import Task

KERNEL_SIDES = {
    NETLINK_ROUTE: "emu.kernel.net.netlink.rtnetlink",
    NETLINK_SOCK_DIAG: "emu.kernel.net.netlink.sock_diag",
    NETLINK_KOBJECT_UEVENT: "emu.kernel.net.netlink.uevent",
    NETLINK_GENERIC: "emu.kernel.net.netlink.generic",
}
"""The modules of the protocols that every machine has: ``kernel_side(family)``."""

FIRST_OTHER_PORT = -4096
"""Ports of sockets that are not the first of their process count down from here."""


@record(frozen=False)
class KernelSide:
    """A protocol: what the kernel does with messages to it. See struct netlink_kernel_cfg.

    `receive` handles one request and raises its error; None for a protocol between programs.
    `bind` is told when a socket joins a group: an error refuses it. `groups` is how many there
    are. `nonroot_receive` lets everybody join groups, `nonroot_send` lets everybody send to
    others than the kernel. `raw` takes a whole message, headers and all, as modules do.
    """

    receive: Callable[[Request], None] | None = None
    groups: int = 32
    nonroot_receive: bool = False
    nonroot_send: bool = False
    bind: Callable[[NetlinkSocket, int], None] | None = None
    raw: Callable[[bytes, NetlinkSocket, Task], None] | None = None
    sockets: dict[int, NetlinkSocket] = field(default_factory=dict)
    """By port."""
    unbound: dict[NetlinkSocket, None] = field(default_factory=dict)


class NetlinkFamily:
    """All netlink protocols of a machine."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.protocols: dict[int, KernelSide] = {
            NETLINK_USERSOCK: KernelSide(nonroot_send=True),
        }
        self._last_other_port = FIRST_OTHER_PORT

    def create(self, task: Task, type: int, protocol: int) -> NetlinkSocket:
        """See `emu.kernel.net.namespace.NetProtoFamily`."""
        if type not in (SOCK_RAW, SOCK_DGRAM):
            raise ESOCKTNOSUPPORT("netlink sockets are raw or datagram sockets")
        if not 0 <= protocol < MAX_LINKS or not self.knows(protocol):
            raise EPROTONOSUPPORT(f"no netlink protocol {protocol}")
        return NetlinkSocket(self, type, protocol, task)

    def knows(self, protocol: int) -> bool:
        """Whether there is such a protocol."""
        return protocol in self.protocols or protocol in KERNEL_SIDES

    def side(self, protocol: int) -> KernelSide:
        """A protocol that is known."""
        side = self.protocols.get(protocol)
        if side is None:
            module = importlib.import_module(KERNEL_SIDES[protocol])
            self.protocols[protocol] = side = module.kernel_side(self)
        return side

    def register(self, protocol: int, side: KernelSide) -> None:
        """Add a protocol: see netlink_kernel_create. EADDRINUSE."""
        if self.knows(protocol) and protocol != NETLINK_USERSOCK:
            raise EADDRINUSE(f"protocol {protocol} is taken")
        self.protocols[protocol] = side

    def unregister(self, protocol: int) -> None:
        """Take it away: see netlink_kernel_release. Its sockets stay and reach nobody."""
        side = self.protocols.pop(protocol, None)
        if side is not None:
            side.receive = side.raw = None

    # Ports.

    def bind(self, socket: NetlinkSocket, port: int) -> None:
        """Give a socket a port. EADDRINUSE."""
        sockets = socket.side.sockets
        if port in sockets:
            raise EADDRINUSE("the port is taken")
        sockets[port] = socket
        socket.portid = port
        socket.bound = True

    def autobind(self, socket: NetlinkSocket, task: Task) -> None:
        """Give it the process's number, or if that is taken a negative one."""
        port = task.tgid
        while port in socket.side.sockets:
            self._last_other_port -= 1
            port = self._last_other_port & 0xFFFFFFFF
        self.bind(socket, port)

    # Delivery.

    def unicast(self, protocol: int, portid: int, messages: list[NlMsg]) -> int:
        """Send from the kernel to a port: how many bytes. ECONNREFUSED; EAGAIN if it is full."""
        socket = self.side(protocol).sockets.get(portid)
        if socket is None:
            raise ECONNREFUSED("nobody has this port")
        data = b"".join(message.encode(socket.abi) for message in messages)
        if not socket.has_room:
            socket.overrun()
            raise EAGAIN("its receive buffer is full")
        socket.deliver(data, 0, 0)
        return len(data)

    def multicast(self, protocol: int, group: int, message: NlMsg, exclude: int = 0) -> int:
        """Send from the kernel to all who joined a group: how many. ESRCH if nobody did."""
        encoded: dict[int, bytes] = {}

        def data_for(abi: Abi) -> bytes:
            if id(abi) not in encoded:
                encoded[id(abi)] = message.encode(abi)
            return encoded[id(abi)]

        count = 0
        for socket in self.members(protocol, group):
            if not exclude or socket.portid != exclude:
                count += 1
                if socket.has_room:
                    socket.deliver(data_for(socket.abi), 0, group)
                else:
                    socket.overrun()
        if not count:
            raise ESRCH("nobody listens")
        return count

    def members(self, protocol: int, group: int) -> Iterator[NetlinkSocket]:
        """The sockets that joined a group. One without a port hears nothing yet."""
        side = self.protocols.get(protocol)
        if side is None:
            return iter(())
        return iter([s for s in side.sockets.values() if group in s.groups])

    def has_listeners(self, protocol: int, group: int) -> bool:
        """Whether anybody joined a group."""
        return any(True for _ in self.members(protocol, group))

    def broadcast_from(self, sender: NetlinkSocket, data: bytes, group: int, task: Task) -> None:
        """Send a program's message to the other members of a group."""
        for socket in self.members(sender.protocol, group):
            if socket is not sender and socket.has_room:
                socket.deliver(data, sender.portid, group, task)


def net_family(net: Net) -> NetlinkFamily:
    """AF_NETLINK for a machine."""
    return NetlinkFamily(net)
