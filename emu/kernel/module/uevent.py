"""What the kernel tells udev: that objects came, went, or changed. See lib/kobject_uevent.c."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emu.kernel.fs.sysfs.kobject import Kobject
    from emu.kernel.kernel import Kernel

Listener = Callable[[bytes], None]


class Uevents:
    """One machine's. `listeners` are called with each message: netlink's sockets."""

    def __init__(self, kernel: Kernel) -> None:
        self.seqnum = 0
        self.listeners: list[Listener] = []

    def send(self, action: str, kobj: Kobject, variables: dict[str, str] | None = None) -> None:
        """Tell that something happened to an object."""
        self.seqnum += 1
        path = kobj.path()
        subsystem = path.strip("/").split("/")[0]
        fields = {
            "ACTION": action, "DEVPATH": path, "SUBSYSTEM": subsystem,
            **(variables or {}), "SEQNUM": str(self.seqnum),
        }  # fmt: skip
        parts = [f"{action}@{path}", *(f"{key}={value}" for key, value in fields.items())]
        message = "".join(part + "\0" for part in parts).encode(errors="surrogateescape")
        for listener in self.listeners:
            listener(message)
