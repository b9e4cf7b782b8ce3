"""AF_PACKET's place among the families."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.errno import EPERM, ESOCKTNOSUPPORT
from emu.kernel.net.packet.sock import PacketSocket
from emu.kernel.uapi.capability import CAP_NET_RAW
from emu.kernel.uapi.socket import AF_PACKET, SOCK_DGRAM, SOCK_RAW

if TYPE_CHECKING:
    from emu.kernel.net.namespace import Net
    from emu.kernel.net.socket import Socket
    from emu.kernel.task import Task


class PacketFamily:
    """Makes packet sockets, for those who may have them."""

    def __init__(self, net: Net) -> None:
        self._stack = net.stack

    def create(self, task: Task, type: int, protocol: int) -> Socket:
        """A new socket; the protocol is in network byte order. EPERM, ESOCKTNOSUPPORT."""
        if not task.cred.capable(CAP_NET_RAW):
            raise EPERM("packet sockets need CAP_NET_RAW")
        if type not in (SOCK_RAW, SOCK_DGRAM):
            raise ESOCKTNOSUPPORT
        order = "little" if task.abi.isa.byte_order == "<" else "big"
        wanted = int.from_bytes((protocol & 0xFFFF).to_bytes(2, order), "big")  # type: ignore[arg-type]
        return PacketSocket(self._stack, AF_PACKET, type, protocol, task.cred, wanted)


def net_family(net: Net) -> PacketFamily:
    """AF_PACKET."""
    return PacketFamily(net)
