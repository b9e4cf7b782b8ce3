"""A device from which nothing comes, and where all that is sent is lost. See dummy.c."""

from __future__ import annotations

from emu.kernel.net.device import NetDevice
from emu.kernel.net.frame import Frame
from emu.kernel.uapi.net_device import IFF_BROADCAST, IFF_NOARP


class Dummy(NetDevice):
    """Counts and drops."""

    kind = b"dummy"
    default_flags = IFF_BROADCAST | IFF_NOARP
    min_mtu = 0
    needs_neighbours = False

    def xmit(self, frame: Frame) -> None:
        """Lost."""
