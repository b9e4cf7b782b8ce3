"""Two devices that are the ends of one wire. See veth(4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import KernelError
from emu.kernel.net.device import NetDevice
from emu.kernel.net.frame import Frame
from emu.kernel.uapi.net_device import IFF_BROADCAST, IFF_MULTICAST

if TYPE_CHECKING:
    from emu.kernel.net.stack import Stack


class Veth(NetDevice):
    """One end. There is a carrier when both are up.

    `loses(frame)` may be set by a test: whether the wire loses this frame.
    """

    kind = b"veth"
    default_flags = IFF_BROADCAST | IFF_MULTICAST
    peer: Veth | None = None

    @property
    def lower(self) -> NetDevice | None:
        """The other end."""
        return self.peer

    @property
    def has_carrier(self) -> bool:
        """Whether the other end is up, too."""
        return self.peer is not None and self.peer.is_up

    def loses(self, frame: Frame) -> bool:
        """Whether the wire loses a frame: this one does not."""
        return False

    def xmit(self, frame: Frame) -> None:
        """Receive it at the other end."""
        peer = self.peer
        if peer is None or not peer.is_up:
            self.statistics.tx_dropped += 1
        elif not self.loses(frame):
            peer.stack.netif_rx(frame.clone(peer))

    def unregister(self) -> None:
        """An end does not stay alone."""
        peer, self.peer = self.peer, None
        if peer is not None:
            peer.peer = None
            peer.stack.unregister(peer)


def create_pair(
    stack: Stack, first: bytes, second: bytes, first_index: int = 0, second_index: int = 0
) -> tuple[Veth, Veth]:
    """Two ends that are down. `first` and `second` are their names; index 0 means any.

    EEXIST, EINVAL, EBUSY, and then neither is there.
    """
    one = Veth(stack, first, stack.random_hardware())
    other = Veth(stack, second, stack.random_hardware())
    one.peer, other.peer = other, one
    stack.register(other, second_index)
    try:
        stack.register(one, first_index)
    except KernelError:
        stack.unregister(other)
        raise
    return one, other
