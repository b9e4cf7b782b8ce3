"""The kernel's own values are those of the generic headers, as the tables have them."""

import pytest

from emu.arch.abi import Abi
from emu.kernel.args import FlagFamily
from emu.kernel.uapi import (
    capability,
    futex,
    ipc,
    membarrier,
    mount,
    personality,
    prctl,
    random,
    resource,
    sched,
    signal,
    termios,
    time,
    wait,
)

GENERIC = Abi.load("riscv64")
MODULES = (
    capability, futex, ipc, membarrier, mount, personality, prctl, random, resource, sched, signal,
    time, wait, termios,
)  # fmt: skip
RENAMED = {
    "LINUX_CAPABILITY_VERSION_1": "_LINUX_CAPABILITY_VERSION_1",
    "LINUX_CAPABILITY_VERSION_2": "_LINUX_CAPABILITY_VERSION_2",
    "LINUX_CAPABILITY_VERSION_3": "_LINUX_CAPABILITY_VERSION_3",
    "WALL": "__WALL",
    "WCLONE": "__WCLONE",
    "WNOTHREAD": "__WNOTHREAD",
}
OURS = ("DISABLED_CHAR", "FUTEX_CMD_MASK", "NCC", "SA_RESTORER", "CAP_FULL_SET", "CAP_FS_SET")


def plain_constants():
    for module in MODULES:
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, int) and name not in OURS:
                yield RENAMED.get(name, name), value


def families():
    for module in MODULES:
        for value in vars(module).values():
            if isinstance(value, FlagFamily):
                yield value


@pytest.mark.parametrize(("name", "value"), sorted(plain_constants()))
def test_a_constant_is_the_generic_one(name, value):
    theirs = GENERIC.signals.get(name, GENERIC.constants.get(name, value))
    assert theirs & (1 << 64) - 1 == value & (1 << 64) - 1


@pytest.mark.parametrize("family", list(families()), ids=lambda family: family.name)
def test_a_family_names_what_the_headers_name(family):
    unknown = [name for name, _ in family.values if name not in GENERIC.constants]
    assert unknown in ([], ["SA_RESTORER"])


def test_signal_names_stand_at_their_numbers():
    for number, name in enumerate(signal.SIGNAL_NAMES[1:], 1):
        assert GENERIC.signals[name] == number
