"""The devices of every machine in sysfs: its processor, memory devices and terminals.

See drivers/base/{core,cpu,topology}.c. A device has a directory below /sys/devices with ``uevent``
and ``dev``; its class, its bus and /sys/dev/char lead to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.devtmpfs import NODES
from emu.kernel.fs.sysfs.attribute import ValueAttribute
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.uevent import UeventAttribute, UeventOps, Variables
from emu.kernel.vfs.dev import MAJOR, MEM_MAJOR, MINOR

if TYPE_CHECKING:
    from emu.kernel.fs.sysfs.super_block import Sysfs

KERNEL_MAX = 0
"""The highest number that a processor can have."""

PLAIN_MODE = 0o600
"""What a device node gets that nobody decided about."""

# Which processors share what with processor 0: itself alone.
TOPOLOGY_SETS = ("core_cpus", "core_siblings", "die_cpus", "package_cpus", "thread_siblings")
TOPOLOGY_IDS = {"core_id": 0, "die_id": 0, "physical_package_id": 0}


class DeviceKobject(Kobject):
    """The object of a device, of which udev hears if it is a subsystem's: a bus's or a class's."""

    def __init__(self, name: str = "", subsystem: str = "", **variables: str) -> None:
        super().__init__(name)
        self._subsystem = subsystem
        self._variables = variables

    def subsystem(self) -> str:
        """The name of its bus or class; empty if it has none."""
        return self._subsystem

    def variables(self) -> Variables:
        """What its events tell: see dev_uevent."""
        return self._variables


DEVICE_UEVENTS = UeventOps(
    filter=lambda kobj: isinstance(kobj, DeviceKobject) and kobj.subsystem(),
    name=lambda kobj: kobj.subsystem(),
    uevent=lambda kobj: kobj.variables(),
)


def add_device(sysfs: Sysfs, above: str, device: DeviceKobject) -> None:
    """Put a device into the tree, with its ``uevent``."""
    device.kset = sysfs.kobject("devices")
    sysfs.adopt(above, device)
    device.add_file(UeventAttribute(shows=True))


def add_devices(sysfs: Sysfs) -> None:
    """Put all of them into the tree."""
    add_processors(sysfs)
    for name, rdev, mode, _ in NODES:
        kind = "mem" if MAJOR(rdev) == MEM_MAJOR else "tty"
        add_character_device(sysfs, kind, name.decode(), rdev, mode)
    console = sysfs.kobject("devices/virtual/tty/console")
    console.add_file(ValueAttribute("active", lambda: active_console(sysfs)))


def add_processors(sysfs: Sysfs) -> None:
    """The one processor: see /sys/devices/system/cpu."""
    system = DeviceKobject("cpu")
    add_device(sysfs, "devices/system", system)
    sysfs.kobject("bus/cpu/devices")
    sysfs.kobject("bus/cpu/drivers")
    system.add_files(
        [
            ValueAttribute("isolated", lambda: "\n"),
            ValueAttribute("kernel_max", lambda: KERNEL_MAX),
            ValueAttribute("offline", lambda: "\n"),
            ValueAttribute("online", lambda: 0),
            ValueAttribute("possible", lambda: 0),
            ValueAttribute("present", lambda: 0),
        ]
    )
    cpu = DeviceKobject("cpu0", "cpu")
    add_device(sysfs, "devices/system/cpu", cpu)
    cpu.add_link(sysfs.kobject("bus/cpu"), "subsystem")
    sysfs.kobject("bus/cpu/devices").add_link(cpu, "cpu0")
    topology = sysfs.kobject("devices/system/cpu/cpu0/topology")
    for name, number in TOPOLOGY_IDS.items():
        topology.add_file(constant(name, number))
    for name in TOPOLOGY_SETS:
        topology.add_file(constant(name, 1))
        topology.add_file(constant(f"{name}_list", 0))


def add_character_device(sysfs: Sysfs, kind: str, name: str, rdev: int, mode: int) -> Kobject:
    """A device of a class, without a bus: see device_create."""
    group = sysfs.kobject(f"class/{kind}")
    variables = {"MAJOR": str(MAJOR(rdev)), "MINOR": str(MINOR(rdev)), "DEVNAME": name}
    if mode != PLAIN_MODE:
        variables["DEVMODE"] = f"0{mode:o}"
    device = DeviceKobject(name, kind, **variables)
    add_device(sysfs, f"devices/virtual/{kind}", device)
    device.add_file(constant("dev", f"{MAJOR(rdev)}:{MINOR(rdev)}"))
    device.add_link(group, "subsystem")
    group.add_link(device, name)
    sysfs.kobject("dev/char").add_link(device, f"{MAJOR(rdev)}:{MINOR(rdev)}")
    return device


def constant(name: str, value: object) -> ValueAttribute:
    """A value that never changes."""
    shown = str(value)
    return ValueAttribute(name, lambda: shown)


def active_console(sysfs: Sysfs) -> str:
    """The console that the host's terminal was made, if any."""
    return "hvc0" if sysfs.kernel.root_mount.vfs.console is not None else ""
