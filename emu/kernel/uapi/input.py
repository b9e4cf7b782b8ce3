"""Kinds and codes of input events. See include/uapi/linux/input-event-codes.h."""

from __future__ import annotations

EV_VERSION = 0x010001
EV_SYN, EV_KEY, EV_REL, EV_ABS, EV_MSC, EV_SW = range(6)
EV_LED, EV_SND, EV_REP = 0x11, 0x12, 0x14

SYN_REPORT, SYN_CONFIG, SYN_MT_REPORT, SYN_DROPPED = range(4)

KEY_CODES = {
    "KEY_RESERVED": 0, "KEY_ESC": 1, "KEY_MINUS": 12, "KEY_EQUAL": 13, "KEY_BACKSPACE": 14,
    "KEY_TAB": 15, "KEY_ENTER": 28, "KEY_LEFTCTRL": 29, "KEY_LEFTSHIFT": 42, "KEY_RIGHTSHIFT": 54,
    "KEY_LEFTALT": 56, "KEY_SPACE": 57, "KEY_CAPSLOCK": 58, "KEY_HOME": 102, "KEY_UP": 103,
    "KEY_PAGEUP": 104, "KEY_LEFT": 105, "KEY_RIGHT": 106, "KEY_END": 107, "KEY_DOWN": 108,
    "KEY_PAGEDOWN": 109, "KEY_INSERT": 110, "KEY_DELETE": 111, "KEY_MUTE": 113,
    "KEY_VOLUMEDOWN": 114, "KEY_VOLUMEUP": 115, "KEY_POWER": 116, "KEY_SLEEP": 142,
    "BTN_0": 0x100, "BTN_LEFT": 0x110, "BTN_RIGHT": 0x111, "BTN_MIDDLE": 0x112,
    "BTN_TRIGGER": 0x120, "BTN_SOUTH": 0x130, "BTN_EAST": 0x131, "BTN_TOUCH": 0x14A,
    **{f"KEY_{digit}": 1 + (digit or 10) for digit in range(10)},
    **{f"KEY_{letter}": 16 + place for place, letter in enumerate("QWERTYUIOP")},
    **{f"KEY_{letter}": 30 + place for place, letter in enumerate("ASDFGHJKL")},
    **{f"KEY_{letter}": 44 + place for place, letter in enumerate("ZXCVBNM")},
    **{f"KEY_F{number}": 58 + number for number in range(1, 11)},
}  # fmt: skip
REL_CODES = {"REL_X": 0, "REL_Y": 1, "REL_Z": 2, "REL_HWHEEL": 6, "REL_DIAL": 7, "REL_WHEEL": 8}
ABS_CODES = {
    "ABS_X": 0, "ABS_Y": 1, "ABS_Z": 2, "ABS_RX": 3, "ABS_RY": 4, "ABS_RZ": 5, "ABS_THROTTLE": 6,
    "ABS_PRESSURE": 0x18, "ABS_DISTANCE": 0x19, "ABS_MISC": 0x28,
}  # fmt: skip
OTHER_CODES = {
    "MSC_SERIAL": 0, "MSC_SCAN": 4, "SW_LID": 0, "SW_TABLET_MODE": 1, "LED_NUML": 0, "LED_CAPSL": 1,
    "LED_SCROLLL": 2, "SND_CLICK": 0, "SND_BELL": 1, "SND_TONE": 2, "REP_DELAY": 0,
    "REP_PERIOD": 1,
}  # fmt: skip

CODE_COUNTS = {
    EV_SYN: 0x10, EV_KEY: 0x300, EV_REL: 0x10, EV_ABS: 0x40, EV_MSC: 8, EV_SW: 0x11, EV_LED: 0x10,
    EV_SND: 8, EV_REP: 2,
}  # fmt: skip
"""How many codes each kind of event can have: KEY_CNT and its like."""
EV_COUNT, PROPERTY_COUNT = 0x20, 0x20

BUS_USB, BUS_VIRTUAL, BUS_HOST = 0x03, 0x06, 0x19
INPUT_MAJOR, EVDEV_MINOR_BASE = 13, 64
