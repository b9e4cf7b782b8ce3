"""The end of a cable: what is sent comes out at the other end, on another machine.

Frames go over as bytes, so that each machine reads what it gets by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.net.device import NetDevice
from emu.kernel.net.frame import Frame
from emu.kernel.uapi.net_device import ETH_HLEN, IFF_BROADCAST, IFF_MULTICAST

if TYPE_CHECKING:
    from emu.kernel.net.stack import Stack

Send = Callable[[bytes], None]


class CableEnd(NetDevice):
    """A device whose frames somebody else carries on: `send`, None while nothing is plugged in."""

    default_flags = IFF_BROADCAST | IFF_MULTICAST

    def __init__(self, stack: Stack, name: bytes) -> None:
        super().__init__(stack, name, stack.random_hardware())
        self.send: Send | None = None

    @property
    def has_carrier(self) -> bool:
        """Whether it is plugged in."""
        return self.send is not None

    def xmit(self, frame: Frame) -> None:
        """Into the cable."""
        if self.send is None:
            self.statistics.tx_dropped += 1
        else:
            self.send(frame.frame())

    def came(self, raw: bytes) -> None:
        """Out of the cable. What is no frame is counted as an error."""
        if not self.is_up or len(raw) < ETH_HLEN:
            self.statistics.rx_errors += 1
            return
        frame = Frame(self, int.from_bytes(raw[12:14], "big"), data=raw[ETH_HLEN:])
        frame.hardware_destination, frame.hardware_source = raw[:6], raw[6:12]
        self.stack.netif_rx(frame)
