"""NETLINK_KOBJECT_UEVENT: what happens to kernel objects. See lib/kobject_uevent.c.

Messages are strings without netlink's header: ``add@/devices/x`` and KEY=value, each with a NUL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.sysfs.uevent import Uevents
from emu.kernel.net.netlink.family import KernelSide
from emu.kernel.uapi.netlink import NETLINK_KOBJECT_UEVENT

if TYPE_CHECKING:
    from emu.kernel.net.netlink.family import NetlinkFamily
    from emu.kernel.net.netlink.socket import NetlinkSocket
    from emu.kernel.task import Task

KERNEL_GROUP = 1


def kernel_side(family: NetlinkFamily) -> KernelSide:
    """The protocol, of which programs hear and which they cannot tell anything."""

    def ignore(data: bytes, socket: NetlinkSocket, task: Task) -> None:
        """What programs send is taken and means nothing: see uevent_net_rcv_skb."""

    def tell(message: bytes) -> None:
        for socket in family.members(NETLINK_KOBJECT_UEVENT, KERNEL_GROUP):
            if socket.has_room:
                socket.deliver(message, 0, KERNEL_GROUP)
            else:
                socket.overrun()

    family.net.kernel.part(Uevents).listeners.append(tell)
    return KernelSide(groups=1, nonroot_receive=True, raw=ignore)
