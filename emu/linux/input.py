"""Input devices. See include/linux/input.h.

A driver makes a device, says what it can report, registers it, and reports::

    dev = input_allocate_device()
    dev.name = "two buttons"
    input_set_capability(dev, EV_KEY, BTN_0)
    error = input_register_device(dev)
    ...
    input_report_key(dev, BTN_0, 1)
    input_sync(dev)

Programs read it from /dev/input/event*. See Documentation/input/input-programming.rst.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emu.kernel.errno import EINVAL, ENFILE
from emu.kernel.fs.sysfs.attribute import ValueAttribute
from emu.kernel.input.device import AbsInfo, InputDevice
from emu.kernel.input.evdev import Evdev
from emu.kernel.input.table import InputTable
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.guard import entry
from emu.kernel.module.module import Resource
from emu.kernel.uapi import input as codes
from emu.kernel.uapi.input import (
    BUS_HOST as BUS_HOST,
)
from emu.kernel.uapi.input import BUS_USB as BUS_USB
from emu.kernel.uapi.input import BUS_VIRTUAL as BUS_VIRTUAL
from emu.kernel.uapi.input import EV_ABS as EV_ABS
from emu.kernel.uapi.input import EV_KEY as EV_KEY
from emu.kernel.uapi.input import EV_LED as EV_LED
from emu.kernel.uapi.input import EV_MSC as EV_MSC
from emu.kernel.uapi.input import EV_REL as EV_REL
from emu.kernel.uapi.input import EV_REP as EV_REP
from emu.kernel.uapi.input import EV_SND as EV_SND
from emu.kernel.uapi.input import EV_SW as EV_SW
from emu.kernel.uapi.input import EV_SYN as EV_SYN
from emu.kernel.uapi.input import EVDEV_MINOR_BASE, INPUT_MAJOR
from emu.kernel.uapi.input import SYN_REPORT as SYN_REPORT
from emu.kernel.vfs.dev import MKDEV
from emu.linux.chrdev import CharacterDrivers
from emu.linux.device import device, device_add, device_unregister, put_device
from emu.linux.device.core import released_by_itself
from emu.linux.input_class import InputClass, capabilities, event_variables, identity, modalias

# KEY_A, REL_X, ABS_X and the others, as C's headers name them.
globals().update(codes.KEY_CODES, **codes.REL_CODES, **codes.ABS_CODES, **codes.OTHER_CODES)

REPEAT_DELAY_MS, REPEAT_PERIOD_MS = 250, 33
"""What a device with EV_REP gets that sets nothing else."""
NODE_MODE = 0o660


class input_dev(InputDevice):
    """A device. `open`, `close` and `event` are the driver's callbacks, each with the device."""

    def __init__(self) -> None:
        super().__init__(this_kernel())
        self.open: Callable[..., Any] | None = None
        self.close: Callable[..., Any] | None = None
        self.event: Callable[..., Any] | None = None
        self.dev = device()
        self.handle = device()
        self.driver_data: Any = None
        self.registered = False
        self.resource: Resource | None = None

    @property
    def evbit(self) -> set[int]:
        """The kinds of events, to be set by `set_bit` or `input_set_capability`."""
        return KindBits(self.bits)

    @property
    def keybit(self) -> set[int]:
        """Its keys."""
        return self.bits.setdefault(EV_KEY, set())

    @property
    def relbit(self) -> set[int]:
        """What moves by steps."""
        return self.bits.setdefault(EV_REL, set())

    @property
    def absbit(self) -> set[int]:
        """Its axes."""
        return self.bits.setdefault(EV_ABS, set())

    @property
    def ledbit(self) -> set[int]:
        """Its lights."""
        return self.bits.setdefault(EV_LED, set())

    @property
    def swbit(self) -> set[int]:
        """Its switches."""
        return self.bits.setdefault(EV_SW, set())

    @property
    def propbit(self) -> set[int]:
        """What it is like: INPUT_PROP_*."""
        return self.properties


class KindBits(set[int]):
    """The kinds of events of a device as C's ``evbit``: one that is set has room for codes."""

    def __init__(self, bits: dict[int, set[int]]) -> None:
        super().__init__(bits)
        self._bits = bits

    def add(self, kind: int) -> None:
        """Have events of a kind."""
        super().add(kind)
        self._bits.setdefault(kind, set())


def input_allocate_device() -> input_dev:
    """A new device, which must be registered or freed."""
    dev = input_dev()
    dev.resource = this_module().made("an input device", lambda: _drop(dev))
    return dev


def _drop(dev: input_dev) -> None:
    if dev.registered:
        _disconnect(dev)


def input_free_device(dev: input_dev | None) -> None:
    """Let go of a device that was not registered."""
    if dev is not None and dev.resource is not None:
        this_module().returned(dev.resource)
        dev.resource = None


def input_set_capability(dev: input_dev, type: int, code: int) -> None:
    """Say that it can report a code of a kind of events."""
    if type not in codes.CODE_COUNTS or not 0 <= code < codes.CODE_COUNTS[type]:
        this_module().complain(f"input_set_capability: unknown type {type} (code {code})")
        return
    dev.bits.setdefault(type, set()).add(code)


def input_set_abs_params(
    dev: input_dev, axis: int, min: int, max: int, fuzz: int = 0, flat: int = 0
) -> None:
    """Say between which values an axis moves."""
    input_set_capability(dev, EV_ABS, axis)
    dev.axes[axis] = AbsInfo(minimum=min, maximum=max, fuzz=fuzz, flat=flat)


def input_abs_get_val(dev: input_dev, axis: int) -> int:
    """Where an axis is."""
    return dev.axes[axis].value if axis in dev.axes else 0


def input_set_drvdata(dev: input_dev, data: Any) -> None:
    """Keep something of the driver's."""
    dev.driver_data = data


def input_get_drvdata(dev: input_dev) -> Any:
    """What the driver kept."""
    return dev.driver_data


def input_register_device(dev: input_dev) -> Any:
    """Show a device: inputN in /sys/class/input, its events in /dev/input/eventN. 0 or an error."""
    kernel, module = this_kernel(), this_module()
    if not dev.bits:
        module.complain(f"input device {dev.name}: no events were declared")
        return -EINVAL
    number = kernel.part(InputTable).add(dev)
    if number is None:
        return -ENFILE
    dev.number = number
    if EV_REP in dev.bits and not dev.rep_delay_ms and not dev.rep_period_ms:
        dev.rep_delay_ms, dev.rep_period_ms = REPEAT_DELAY_MS, REPEAT_PERIOD_MS
    if dev.event is not None:
        dev.on_event = entry(module, dev.event, (dev,), 3)
    error = _show(dev)
    if error:
        kernel.part(InputTable).remove(dev)
        return error
    opened, closed = (call and entry(module, call, (dev,), 0) for call in (dev.open, dev.close))
    operations = Evdev(dev, opened, closed)
    drivers = kernel.part(CharacterDrivers)
    drivers.add(dev.handle.devt, 1, operations)
    dev.registered = True
    if dev.resource is not None:
        dev.resource.what = f"input device {dev.name}"
    return 0


def _show(dev: input_dev) -> Any:
    group = this_kernel().part(InputClass).group
    shown, event = dev.dev, dev.handle
    shown.class_ = event.class_ = group
    shown.release = event.release = released_by_itself
    shown.kobj.name = f"input{dev.number}"
    shown.variables = event_variables(dev)
    if error := device_add(shown):
        put_device(shown)
        return error
    texts = {"name": dev.name, "phys": dev.phys, "uniq": dev.uniq, "modalias": modalias(dev)}
    for name, text in texts.items():
        shown.kobj.add_file(ValueAttribute(name, f"{text or ''}\n".__str__))
    capabilities(dev, shown.kobj)
    identity(dev, shown.kobj)
    event.parent, event.kobj.name = shown, f"event{dev.number}"
    event.devt = MKDEV(INPUT_MAJOR, EVDEV_MINOR_BASE + dev.number)
    event.node_name, event.node_mode = f"input/event{dev.number}", NODE_MODE
    error = device_add(event)
    if error:
        put_device(event)
        device_unregister(shown)
    return error


def input_unregister_device(dev: input_dev) -> None:
    """Take a device away: who has it open is told ENODEV."""
    if not dev.registered:
        return
    device_unregister(dev.handle)
    device_unregister(dev.dev)
    _disconnect(dev)
    this_module().returned(dev.resource)


def _disconnect(dev: input_dev) -> None:
    dev.registered = False
    dev.disconnect()
    dev.kernel.part(CharacterDrivers).remove(dev.handle.devt)
    dev.kernel.part(InputTable).remove(dev)


def input_event(dev: input_dev, type: int, code: int, value: int) -> None:
    """Report an event. Programs get it with the next `input_sync`."""
    if dev.registered:
        dev.report(type, code, value)


def input_report_key(dev: input_dev, code: int, value: Any) -> None:
    """Report a key or button."""
    input_event(dev, EV_KEY, code, int(bool(value)))


def input_report_rel(dev: input_dev, code: int, value: int) -> None:
    """Report a movement."""
    input_event(dev, EV_REL, code, value)


def input_report_abs(dev: input_dev, code: int, value: int) -> None:
    """Report where an axis is."""
    input_event(dev, EV_ABS, code, value)


def input_report_switch(dev: input_dev, code: int, value: Any) -> None:
    """Report a switch."""
    input_event(dev, EV_SW, code, int(bool(value)))


def input_sync(dev: input_dev) -> None:
    """What was reported belongs together, and is complete."""
    input_event(dev, EV_SYN, SYN_REPORT, 0)
