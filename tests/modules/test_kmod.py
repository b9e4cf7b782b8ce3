"""Debian's kmod, dynamic, loads what the host offers: its binary indices and ELF files are right."""

import pytest

from tests.support.running import emu
from tests.support.userland import PROCPS, PROCPS_ARCHITECTURES, Unavailable, root

SCRIPT = """
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
modinfo -F license hello; modinfo -F parm hello | tail -1; modinfo -F depends clockface
insmod /lib/modules/$(uname -r)/extra/hello.ko times=1; dmesg | tail -1
modprobe clockface; lsmod; rmmod clockwork; echo $?; modprobe -r clockface; lsmod
rmmod hello; rmmod hello; echo $?
modprobe hello times=x; echo $?; dmesg | tail -1
modprobe --show-depends clockface; modprobe nothing; echo $?
"""
SHOWN = """\
GPL
whom:who is greeted (charp)
clockwork
hello: 3 numbers, the last is 3
Module                  Size  Used by
clockface              16384  0
clockwork              16384  1 clockface
hello                  16384  0
1
Module                  Size  Used by
hello                  16384  0
1
1
hello: `x' invalid for parameter `times'
insmod /lib/modules/6.12.0/extra/clockwork.ko
insmod /lib/modules/6.12.0/extra/clockface.ko
1
"""
SAID = (
    "rmmod: ERROR: Module clockwork is in use by: clockface",
    "rmmod: ERROR: Module hello is not currently loaded",
    "modprobe: ERROR: could not insert 'hello': Invalid argument",
    "modprobe: FATAL: Module nothing not found in directory /lib/modules/6.12.0",
)


@pytest.mark.parametrize("architecture", PROCPS_ARCHITECTURES)
def test_kmod_finds_loads_and_unloads(architecture):
    try:
        layer = root(architecture, PROCPS)
    except Unavailable as why:
        pytest.skip(f"no {architecture} root: {why}")
    options = ("-L", str(layer), "--offer", "samples/modules")
    end = emu("/bin/sh", "-c", SCRIPT, options=options)
    lines = [line.rstrip() for line in end.output.decode().splitlines()]
    assert [without_time(line) for line in lines] == SHOWN.splitlines()
    assert [line for line in end.errors.splitlines() if not line.startswith("emu: ")] == list(SAID)


def without_time(line):
    return line.partition("] ")[2] if line.startswith("[") else line
