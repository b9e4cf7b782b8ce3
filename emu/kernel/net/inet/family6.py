"""AF_INET6's place among the families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.net.inet.family import InetFamily
from emu.kernel.uapi.socket import AF_INET6

if TYPE_CHECKING:
    from emu.kernel.net.namespace import Net


def net_family(net: Net) -> InetFamily:
    """AF_INET6."""
    return InetFamily(net, AF_INET6)
