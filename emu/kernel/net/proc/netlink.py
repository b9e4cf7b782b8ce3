"""/proc/net/netlink: the netlink sockets. See netlink_seq_show in af_netlink.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.net.netlink.family import NetlinkFamily
from emu.kernel.net.sockfs import inode_number
from emu.kernel.uapi.socket import AF_NETLINK

if TYPE_CHECKING:
    from emu.kernel.kernel import Kernel

HEADER = (
    b"sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
)


def show_netlink(kernel: Kernel) -> bytes:
    """A line for each socket that has a port."""
    family = kernel.net.in_use(AF_NETLINK)
    if not isinstance(family, NetlinkFamily):
        return HEADER
    lines = [
        b"%016x %-3d %-10d %08x %-8d %-8d %-5d %-8d %-8d %-8d\n"
        % (
            0, protocol, socket.portid, socket.group_mask, socket.rmem_alloc, socket.wmem_alloc,
            socket.dump is not None, 2, socket.drops, inode_number(socket),
        )
        for protocol, side in sorted(family.protocols.items())
        for socket in side.sockets.values()
    ]  # fmt: skip
    return HEADER + b"".join(lines)
