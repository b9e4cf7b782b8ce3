"""Network devices. See struct net_device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.uapi.net_device import (
    CHANGEABLE,
    ETH_ALEN,
    IFF_ALLMULTI,
    IFF_LOWER_UP,
    IFF_PROMISC,
    IFF_RUNNING,
    IFF_UP,
    IFNAMSIZ,
)
from emu.record import record

if TYPE_CHECKING:
    from emu.kernel.net.frame import Frame
    from emu.kernel.net.inet.interface import InterfaceAddress
    from emu.kernel.net.stack import Stack


@record(frozen=False, eq=False)
class Statistics:
    """What a device counts: see struct rtnl_link_stats64."""

    rx_packets: int = 0
    tx_packets: int = 0
    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_errors: int = 0
    tx_errors: int = 0
    rx_dropped: int = 0
    tx_dropped: int = 0
    multicast: int = 0
    collisions: int = 0

    def names(self) -> tuple[str, ...]:
        """What is counted."""
        return tuple(type(self).__annotations__)


class NetDevice:
    """One device; a subclass for each kind says what becomes of a frame in `xmit`.

    `kind` is what rtnetlink calls it, empty for the loopback. `master` is the bridge it is a port
    of. `groups` counts who wants a multicast group, by its address. `lower` is the other end.
    """

    kind = b""
    type = 1
    min_mtu = 68
    max_mtu = 65535
    default_flags = 0
    needs_neighbours = True
    """Whether a frame's address must be asked for."""

    def __init__(self, stack: Stack, name: bytes, address: bytes = bytes(ETH_ALEN)) -> None:
        self.stack = stack
        self.name = name
        self.ifindex = 0
        self.mtu = 1500
        self.flags = self.default_flags
        self.address = address
        self.broadcast = b"\xff" * ETH_ALEN
        self.tx_queue_len = 1000
        self.alias = b""
        self.master: NetDevice | None = None
        self.carrier = True
        self.statistics = Statistics()
        self.addresses: list[InterfaceAddress] = []
        self.groups: dict[bytes, int] = {}
        self.promiscuity = 0
        self.allmulti = 0

    @property
    def is_up(self) -> bool:
        """Whether it was brought up."""
        return bool(self.flags & IFF_UP)

    @property
    def lower(self) -> NetDevice | None:
        """The device at the other end, or below; `iflink` is its index."""
        return None

    @property
    def has_carrier(self) -> bool:
        """Whether something is at the other end."""
        return self.carrier

    @property
    def operational(self) -> bool:
        """Whether it is up and connected: frames go through."""
        return self.is_up and self.has_carrier

    @property
    def visible_flags(self) -> int:
        """The flags as user space sees them: see dev_get_flags."""
        flags = self.flags & ~(IFF_RUNNING | IFF_LOWER_UP)
        if self.operational:
            flags |= IFF_RUNNING | IFF_LOWER_UP
        return flags

    def xmit(self, frame: Frame) -> None:
        """Send a frame."""
        raise NotImplementedError

    def set_up(self, up: bool) -> None:
        """Bring it up or down; what hangs on it follows: routes, the other end."""
        if up == self.is_up:
            return
        self.flags ^= IFF_UP
        self.stack.device_changed(self, "up" if up else "down")

    def change_flags(self, flags: int) -> None:
        """What SIOCSIFFLAGS and rtnetlink ask for: see __dev_change_flags."""
        wants = (bool(flags & IFF_PROMISC), bool(flags & IFF_ALLMULTI))
        old = (self.flags & IFF_PROMISC, self.flags & IFF_ALLMULTI)
        kept = self.flags & ~(CHANGEABLE | IFF_PROMISC | IFF_ALLMULTI)
        self.promiscuity += wants[0] - bool(old[0])
        self.allmulti += wants[1] - bool(old[1])
        self.flags = kept | flags & (CHANGEABLE | IFF_PROMISC | IFF_ALLMULTI)
        if bool(flags & IFF_UP) != self.is_up:
            self.set_up(bool(flags & IFF_UP))
        else:
            self.stack.device_changed(self, "change")

    def set_mtu(self, mtu: int) -> None:
        """Change the largest size of a packet. EINVAL."""
        if not self.min_mtu <= mtu <= self.max_mtu:
            raise EINVAL("mtu out of range")
        self.mtu = mtu
        self.stack.device_changed(self, "mtu")

    def set_address(self, address: bytes) -> None:
        """Change the hardware address."""
        self.address = address
        self.stack.device_changed(self, "address")

    def join(self, group: bytes) -> None:
        """Receive a multicast group."""
        self.groups[group] = self.groups.get(group, 0) + 1

    def leave(self, group: bytes) -> None:
        """Receive it no longer, if nobody else wants it."""
        if group in self.groups:
            self.groups[group] -= 1
            if not self.groups[group]:
                del self.groups[group]

    def unregister(self) -> None:
        """It is gone: the kind cuts its ties."""

    def __repr__(self) -> str:
        return f"<device {self.ifindex} {self.name.decode(errors='replace')}>"


def is_valid_name(name: bytes) -> bool:
    """Whether a device may be called so: see dev_valid_name."""
    if not name or len(name) >= IFNAMSIZ or name in (b".", b".."):
        return False
    return not any(c in b"/:" or chr(c).isspace() for c in name)
