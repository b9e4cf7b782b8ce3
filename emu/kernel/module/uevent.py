"""What the kernel tells udev: that objects came, went, or changed. See lib/kobject_uevent.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.fs.sysfs.kobject import Kobject
    from emu.kernel.kernel import Kernel


class Uevents:
    """One machine's: how many there were. Netlink's sockets hear of each."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.seqnum = 0

    def send(self, action: str, kobj: Kobject, variables: dict[str, str] | None = None) -> None:
        """Tell that something happened to an object."""
        self.seqnum += 1
        path = kobj.path()
        fields = {
            "ACTION": action, "DEVPATH": path, **(variables or {}), "SEQNUM": str(self.seqnum),
        }  # fmt: skip
        from emu.kernel.net.netlink.uevent import broadcast_uevent

        environment = [f"{key}={value}".encode() for key, value in fields.items()]
        broadcast_uevent(self._kernel.net, action.encode(), path.encode(), environment)
