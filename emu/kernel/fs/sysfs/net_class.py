"""/sys/class/net: the network's devices. See net/core/net-sysfs.c.

The network itself is made when somebody first uses it, so the directories ask for its devices when
they are looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from emu.kernel.fs.kernfs import KernelDirectory
from emu.kernel.fs.sysfs.attribute import ValueAttribute
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.uapi.net_device import IFF_LOOPBACK

if TYPE_CHECKING:
    from emu.kernel.fs.sysfs.super_block import Sysfs
    from emu.kernel.net.device import NetDevice
    from emu.kernel.vfs.inode import DirEntry, Inode
    from emu.kernel.vfs.super_block import SuperBlock


class AskingDirectory(KernelDirectory):
    """A directory that is brought up to date before it is looked into."""

    __slots__ = ("_update",)

    def __init__(self, sb: SuperBlock, update: Callable[[], None]) -> None:
        super().__init__(sb)
        self._update = update

    def lookup(self, name: bytes) -> Inode | None:
        """The inode of a name."""
        self._update()
        return super().lookup(name)

    def iterate(self) -> Sequence[DirEntry]:
        """All names."""
        self._update()
        return super().iterate()


class AskingKobject(Kobject):
    """An object with such a directory."""

    def __init__(self, name: str, update: Callable[[], None]) -> None:
        super().__init__(name)
        self._update = update

    def new_directory(self, sb: SuperBlock) -> KernelDirectory:
        """See `AskingDirectory`."""
        return AskingDirectory(sb, self._update)


class NetClass:
    """The devices that are shown, and those that the network has."""

    def __init__(self, sysfs: Sysfs) -> None:
        self._sysfs = sysfs
        self._shown: dict[NetDevice, Kobject] = {}
        self.group = AskingKobject("net", self.update)
        self.devices = AskingKobject("net", self.update)
        sysfs.adopt("class", self.group)
        sysfs.adopt("devices/virtual", self.devices)

    def update(self) -> None:
        """Show new devices, and no longer those that are gone or have another name."""
        devices = self._sysfs.kernel.net.stack.devices.values()
        for dev, shown in list(self._shown.items()):
            if dev not in devices or shown.name != dev.name.decode():
                del self._shown[dev]
                assert self.group.directory is not None
                self.group.directory.remove(shown.name.encode())
                shown.remove()
        for dev in devices:
            if dev not in self._shown:
                self._shown[dev] = self._show(dev)

    def _show(self, dev: NetDevice) -> Kobject:
        device = Kobject(dev.name.decode())
        device.add(self._sysfs, self.devices)
        for name, tell in ATTRIBUTES.items():
            device.add_file(ValueAttribute(name, partial(tell, dev)))
        device.add_group("statistics")
        for name in dev.statistics.names():
            tell_count = partial(getattr, dev.statistics, name)
            device.add_file(ValueAttribute(name, tell_count), "statistics")
        device.add_link(self.group, "subsystem")
        self.group.add_link(device, device.name)
        return device


def dotted(address: bytes) -> str:
    """A hardware address."""
    return address.hex(":")


def operstate(dev: NetDevice) -> str:
    """Whether frames can pass, by RFC 2863: the loopback does not say."""
    if dev.flags & IFF_LOOPBACK:
        return "unknown"
    return "up" if dev.operational else "down"


ATTRIBUTES: dict[str, Callable[[NetDevice], str | int]] = {
    "addr_len": lambda dev: len(dev.address),
    "address": lambda dev: dotted(dev.address),
    "broadcast": lambda dev: dotted(dev.broadcast),
    "carrier": lambda dev: int(dev.has_carrier),
    "flags": lambda dev: f"{dev.flags:#x}",
    "ifalias": lambda dev: dev.alias.decode(errors="surrogateescape"),
    "ifindex": lambda dev: dev.ifindex,
    "iflink": lambda dev: dev.lower.ifindex if dev.lower is not None else dev.ifindex,
    "mtu": lambda dev: dev.mtu,
    "operstate": operstate,
    "tx_queue_len": lambda dev: dev.tx_queue_len,
    "type": lambda dev: dev.type,
    "uevent": lambda dev: f"INTERFACE={dev.name.decode()}\nIFINDEX={dev.ifindex}\n",
}
