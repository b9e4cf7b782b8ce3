"""The commands of /dev/input/event*: EVIOCG*, EVIOCS*. See evdev_do_ioctl and linux/input.h.

Those that copy a text or a bitmap are named by their number alone; their size is the caller's.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from emu.arch.ioctl import NUMBER_BITS, TYPE_SHIFT, ioctl_encoding
from emu.kernel.errno import EBUSY, EINVAL, ENODEV, ENOENT, ENOSYS
from emu.kernel.input.device import AbsInfo
from emu.kernel.uapi.input import (
    CODE_COUNTS,
    EV_ABS,
    EV_COUNT,
    EV_KEY,
    EV_LED,
    EV_REP,
    EV_SND,
    EV_SW,
    EV_SYN,
    EV_VERSION,
    PROPERTY_COUNT,
)
from emu.kernel.uapi.time import CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_REALTIME

if TYPE_CHECKING:
    from emu.kernel.input.device import InputDevice
    from emu.kernel.input.evdev import Client
    from emu.kernel.task import Task

TYPE = ord("E")
VERSION, ID, REPEAT = 0x01, 0x02, 0x03
NAME, PHYS, UNIQ, PROPERTIES = 0x06, 0x07, 0x08, 0x09
STATES = {0x18: EV_KEY, 0x19: EV_LED, 0x1A: EV_SND, 0x1B: EV_SW}
BITS, GET_ABS, SET_ABS = 0x20, 0x40, 0xC0
GRAB, REVOKE, CLOCK = 0x90, 0x91, 0xA0
AXES = 0x40
ABS_WORDS = 6


def evdev_ioctl(client: Client, task: Task, cmd: int, arg: int) -> int:
    """One command. EINVAL for what is none; ENODEV once the device is gone."""
    if client.is_dead:
        raise ENODEV("the device is gone")
    encoding = ioctl_encoding(task.abi)
    cmd &= 0xFFFFFFFF
    number, size = cmd & (1 << NUMBER_BITS) - 1, encoding.size(cmd)
    if cmd >> TYPE_SHIFT & 0xFF != TYPE:
        raise EINVAL("not a command of input devices")
    if encoding.direction(cmd) == encoding.read:
        return _get(client.device, task, number, size, arg)
    if encoding.direction(cmd) == encoding.write:
        return _set(client, task, number, size, arg)
    raise EINVAL("no such command")


def _get(device: InputDevice, task: Task, number: int, size: int, arg: int) -> int:
    order, mm = task.abi.isa.byte_order, task.mm
    if number == VERSION:
        mm.write(arg, struct.pack(f"{order}i", EV_VERSION))
    elif number == ID:
        who = device.id
        words = who.bustype, who.vendor, who.product, who.version
        mm.write(arg, struct.pack(f"{order}4H", *words))
    elif number == REPEAT:
        if EV_REP not in device.bits:
            raise ENOSYS("it does not repeat")
        mm.write(arg, struct.pack(f"{order}2I", device.rep_delay_ms, device.rep_period_ms))
    elif number in (NAME, PHYS, UNIQ):
        text = {NAME: device.name, PHYS: device.phys, UNIQ: device.uniq}[number]
        if text is None:
            raise ENOENT("it has none")
        return _copy(task, arg, text.encode(errors="surrogateescape") + b"\0", size)
    elif number == PROPERTIES:
        return _copy(task, arg, bitmap(task, device.properties, PROPERTY_COUNT), size)
    elif number in STATES:
        kind = STATES[number]
        return _copy(task, arg, bitmap(task, device.state[kind], CODE_COUNTS[kind]), size)
    elif BITS <= number < BITS + EV_COUNT:
        kind = number - BITS
        if kind != EV_SYN and kind not in CODE_COUNTS:
            raise EINVAL("no such kind of events")
        codes = {EV_SYN, *device.bits} if kind == EV_SYN else device.bits.get(kind, set())
        count = EV_COUNT if kind == EV_SYN else CODE_COUNTS[kind]
        return _copy(task, arg, bitmap(task, codes, count), size)
    elif GET_ABS <= number < GET_ABS + AXES:
        if EV_ABS not in device.bits:
            raise EINVAL("it has no axes")
        axis = device.axes.get(number - GET_ABS, AbsInfo())
        values = axis.value, axis.minimum, axis.maximum, axis.fuzz, axis.flat, axis.resolution
        raw = struct.pack(f"{order}6i", *values)
        mm.write(arg, raw[: min(size, len(raw))])
    else:
        raise EINVAL("no such command")
    return 0


def _set(client: Client, task: Task, number: int, size: int, arg: int) -> int:
    device, order, mm = client.device, task.abi.isa.byte_order, task.mm
    if number == GRAB:
        if arg:
            if device.grabbed_by is not None:
                raise EBUSY("somebody has it")
            device.grabbed_by = client
        elif device.grabbed_by is not client:
            raise EINVAL("it is not this file's")
        else:
            device.grabbed_by = None
    elif number == REVOKE:
        if arg:
            raise EINVAL("it has no argument")
        if device.grabbed_by is client:
            device.grabbed_by = None
        client.revoked = True
        client.events.clear()
        client.hang_up()
    elif number == CLOCK:
        clock = mm.read_u32(arg)
        if clock not in (CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME):
            raise EINVAL("not a clock for events")
        client.choose_clock(CLOCK_REALTIME if clock == CLOCK_REALTIME else CLOCK_MONOTONIC)
    elif number == REPEAT:
        if EV_REP not in device.bits:
            raise ENOSYS("it does not repeat")
        device.rep_delay_ms, device.rep_period_ms = struct.unpack(f"{order}2I", mm.read(arg, 8))
    elif SET_ABS <= number < SET_ABS + AXES:
        code = number - SET_ABS
        if not device.can(EV_ABS, code):
            raise EINVAL("it has no such axis")
        raw = mm.read(arg, min(size, ABS_WORDS * 4)).ljust(ABS_WORDS * 4, b"\0")
        device.axes[code] = AbsInfo(*struct.unpack(f"{order}6i", raw))
    else:
        raise EINVAL("no such command")
    return 0


def bitmap(task: Task, codes: set[int], count: int) -> bytes:
    """Bits in the caller's longs, as many as `count` needs."""
    word = task.abi.word_bits
    words = [0] * -(-count // word)
    for code in codes:
        words[code // word] |= 1 << code % word
    return struct.pack(f"{task.abi.isa.byte_order}{len(words)}{'Q' if word == 64 else 'I'}", *words)


def _copy(task: Task, arg: int, data: bytes, size: int) -> int:
    """As much as the caller has room for: how many bytes."""
    data = data[:size]
    task.mm.write(arg, data)
    return len(data)
