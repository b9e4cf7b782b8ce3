"""The input devices of a machine, and how /proc/bus/input tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.uapi.input import CODE_COUNTS, EV_COUNT, EV_REP, EV_SYN, EVDEV_MINOR_BASE

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.input.device import InputDevice
    from emu.kernel.kernel import Kernel

MOST_DEVICES = 32
"""How many minors there are for their events."""
SHOWN = (
    ("KEY", 1), ("REL", 2), ("ABS", 3), ("MSC", 4), ("LED", 0x11), ("SND", 0x12), ("SW", 5),
)  # fmt: skip
"""Kinds with a bitmap of codes, in the order of the file."""


class InputTable:
    """The devices by their numbers."""

    def __init__(self, kernel: Kernel) -> None:
        self.devices: dict[int, InputDevice] = {}

    def add(self, device: InputDevice) -> int | None:
        """A number for a device; None if there is none left."""
        number = next((n for n in range(MOST_DEVICES) if n not in self.devices), None)
        if number is not None:
            self.devices[number] = device
        return number

    def remove(self, device: InputDevice) -> None:
        """It is not there any more."""
        self.devices.pop(device.number, None)


def show_devices(kernel: Kernel) -> bytes:
    """/proc/bus/input/devices."""
    task = kernel.sched.current
    assert task is not None
    devices = sorted(kernel.part(InputTable).devices.items())
    return "".join(described(device, task.abi) for _, device in devices).encode(
        errors="surrogateescape"
    )


def show_handlers(kernel: Kernel) -> bytes:
    """/proc/bus/input/handlers."""
    return f"N: Number=0 Name=evdev Minor={EVDEV_MINOR_BASE}\n".encode()


def described(device: InputDevice, abi: Abi) -> str:
    """One device, as input_devices_seq_show does it."""
    who = device.id
    lines = [
        f"I: Bus={who.bustype:04x} Vendor={who.vendor:04x} Product={who.product:04x} "
        f"Version={who.version:04x}",
        f'N: Name="{device.name or ""}"',
        f"P: Phys={device.phys or ''}",
        f"S: Sysfs=/devices/virtual/input/input{device.number}",
        f"U: Uniq={device.uniq or ''}",
        f"H: Handlers=event{device.number} ",
        f"B: PROP={bit_words(device.properties, EV_COUNT, abi)}",
        f"B: EV={bit_words({EV_SYN, *device.bits}, EV_COUNT, abi)}",
    ]
    lines += [
        f"B: {name}={bit_words(device.bits[kind], CODE_COUNTS[kind], abi)}"
        for name, kind in SHOWN
        if kind in device.bits and kind != EV_REP
    ]
    return "\n".join(lines) + "\n\n"


def bit_words(codes: set[int], count: int, abi: Abi) -> str:
    """A bitmap in the reader's longs, the highest that is not 0 first: input_print_bitmap."""
    word = abi.word_bits
    words = [
        sum(1 << code % word for code in codes if code // word == index)
        for index in range(-(-count // word))
    ]
    while len(words) > 1 and not words[-1]:
        words.pop()
    return " ".join(f"{number:x}" for number in reversed(words))
