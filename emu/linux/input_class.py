"""How input devices stand in sysfs: /sys/class/input. See drivers/input/input.c."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.fs.sysfs.attribute import ValueAttribute
from emu.kernel.fs.sysfs.kobject import Kobject
from emu.kernel.fs.sysfs.super_block import Sysfs
from emu.kernel.input.table import bit_words
from emu.kernel.uapi.input import (
    CODE_COUNTS,
    EV_COUNT,
    EV_SYN,
    EVDEV_MINOR_BASE,
    INPUT_MAJOR,
    PROPERTY_COUNT,
)
from emu.linux.chrdev import CharacterDrivers
from emu.linux.device import device_class

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.input.device import InputDevice
    from emu.kernel.kernel import Kernel

KINDS = (
    ("ev", EV_SYN), ("key", 1), ("rel", 2), ("abs", 3), ("msc", 4), ("led", 0x11), ("snd", 0x12),
    ("sw", 5),
)  # fmt: skip
FORCE_FEEDBACK = 0x15
LETTERS = (("k", 1), ("r", 2), ("a", 3), ("m", 4), ("l", 0x11), ("s", 0x12), ("f", 0x15), ("w", 5))
LEAST_KEY = 0x71
"""KEY_MIN_INTERESTING: common keys tell nothing of a device."""


class InputClass:
    """The class of one machine, and the numbers of its event nodes."""

    def __init__(self, kernel: Kernel) -> None:
        self.group = device_class("input")
        sysfs = kernel.part(Sysfs)
        self.group.kobj.add(sysfs, sysfs.kobject("class"))
        devices = kernel.root_mount.vfs.devices
        drivers = kernel.part(CharacterDrivers)
        devices.register(INPUT_MAJOR, EVDEV_MINOR_BASE, 32, b"input", drivers)


def codes_of(device: InputDevice, kind: int) -> set[int]:
    """The codes of a kind; the kinds themselves for EV_SYN."""
    return {EV_SYN, *device.bits} if kind == EV_SYN else device.bits.get(kind, set())


def reader(device: InputDevice) -> Abi:
    """The ABI of who reads an attribute, in whose longs bitmaps are shown."""
    task = device.kernel.sched.current
    assert task is not None
    return task.abi


def capabilities(device: InputDevice, kobj: Kobject) -> None:
    """The directory of bitmaps, and ``properties``."""
    kobj.add_group("capabilities")
    for name, kind in (*KINDS, ("ff", FORCE_FEEDBACK)):
        count = EV_COUNT if kind == EV_SYN else CODE_COUNTS.get(kind, EV_COUNT)

        def show(kind: int = kind, count: int = count) -> str:
            return bit_words(codes_of(device, kind), count, reader(device))

        kobj.add_file(ValueAttribute(name, show), "capabilities")
    properties = ValueAttribute(
        "properties", lambda: bit_words(device.properties, PROPERTY_COUNT, reader(device))
    )
    kobj.add_file(properties)


def identity(device: InputDevice, kobj: Kobject) -> None:
    """The directory ``id``."""
    kobj.add_group("id")
    for name in ("bustype", "vendor", "product", "version"):
        number = getattr(device.id, name)
        kobj.add_file(ValueAttribute(name, f"{number:04x}".__str__), "id")


def modalias(device: InputDevice) -> str:
    """What finds a driver for a device: input_print_modalias."""
    who = device.id
    text = f"input:b{who.bustype:04X}v{who.vendor:04X}p{who.product:04X}e{who.version:04X}-e"
    text += "".join(f"{kind:X}," for kind in sorted(codes_of(device, EV_SYN)))
    for letter, kind in LETTERS:
        least = LEAST_KEY if letter == "k" else 0
        found = sorted(code for code in device.bits.get(kind, ()) if code >= least)
        text += letter + "".join(f"{code:X}," for code in found)
    return text


def event_variables(device: InputDevice) -> dict[str, str]:
    """What its uevent tells: see input_dev_uevent. Bitmaps are in longs of 64 bits."""
    who = device.id
    numbers = f"{who.bustype:x}/{who.vendor:x}/{who.product:x}/{who.version:x}"
    found = {"PRODUCT": numbers}
    for name, text in (("NAME", device.name), ("PHYS", device.phys), ("UNIQ", device.uniq)):
        if text is not None:
            found[name] = f'"{text}"'
    wide = device.kernel.abi("arm64")
    found["PROP"] = bit_words(device.properties, PROPERTY_COUNT, wide)
    for name, kind in KINDS:
        if kind == EV_SYN or kind in device.bits:
            count = EV_COUNT if kind == EV_SYN else CODE_COUNTS[kind]
            found[name.upper()] = bit_words(codes_of(device, kind), count, wide)
    return {**found, "MODALIAS": modalias(device)}
