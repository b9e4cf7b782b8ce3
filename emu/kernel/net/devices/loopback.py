"""The loopback device: what is sent is received. See drivers/net/loopback.c."""

from __future__ import annotations

from emu.kernel.net.device import NetDevice
from emu.kernel.net.frame import Frame
from emu.kernel.uapi.net_device import ARPHRD_LOOPBACK, ETH_ALEN, IFF_LOOPBACK

LOOPBACK_MTU = 65536


class Loopback(NetDevice):
    """lo."""

    type = ARPHRD_LOOPBACK
    default_flags = IFF_LOOPBACK
    min_mtu = 0
    max_mtu = (1 << 31) - 1
    needs_neighbours = False

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.mtu = LOOPBACK_MTU
        self.broadcast = bytes(ETH_ALEN)

    def xmit(self, frame: Frame) -> None:
        """Receive it again."""
        self.stack.netif_rx(frame)
