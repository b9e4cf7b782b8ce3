"""Programs of every ABI use the samples: ioctl in all directions, a new system call by every trap."""

from pathlib import Path

import pytest

from emu.arch.abi import Abi
from tests.support.running import emu
from tests.support.toolchain import TARGETS, build_freestanding, or_skip

FOLDER = Path(__file__).parent / "programs"
PROBES = Path(__file__).parents[1] / "programs" / "probes"
NEW_CALL = 463
"""What samples/modules/square.py asks for."""

IOCTLS = """\
open: ok
set: 0
get: 0
level: 42
set too much: -EINVAL
range: 0
old low: 0
old high: 100
old steps: 10
unit: dB
range upside down: -EINVAL
label: 0
its size: 6
text: volume
label too short: -EINVAL
label to nowhere: -EFAULT
set from nowhere: -EFAULT
get to nowhere: -EFAULT
reset: 0
get after it: 0
level after it: 0
unknown: -ENOTTY
wrong size: -ENOTTY
read: -EINVAL
"""
CALL = """\
{name}: 
 result: 3
 sum: 169
 too many: -E2BIG
 from nowhere: -EFAULT
 to nowhere: -EFAULT
"""
TRAPS = {
    "x86-64": ("square_sum", "square_sum by int 0x80"),
    "i386": ("square_sum", "square_sum by sysenter"),
}


@pytest.mark.parametrize("abi", TARGETS)
def test_ioctls_and_a_new_system_call(abi):
    tables = Abi.load(abi_name(abi))
    number = f"-DNEW_CALL={NEW_CALL + tables.number_base}"
    sources = [FOLDER / "drive.c", PROBES / "start.c", PROBES / "say.c"]
    program = or_skip(build_freestanding, sources, abi, [f"-I{PROBES}", number])
    modules = ("--module", "samples/modules/knob.py", "--module", "samples/modules/square.py")
    end = emu(str(program), options=modules)
    calls = "".join(CALL.format(name=name) for name in TRAPS.get(abi, ("square_sum",)))
    assert (end.output.decode().splitlines(), end.errors) == (answers(tables, IOCTLS + calls), "")


def abi_name(target):
    """The tables that a compiler's target uses."""
    return target.removesuffix("-thumb").removesuffix("hf").removesuffix("el")


def answers(tables, text):
    """The lines with errors as numbers, as this ABI has them."""
    lines = []
    for line in text.splitlines():
        before, minus, error = line.partition(": -E")
        lines.append(f"{before}: -{tables.errno['E' + error]}" if minus else line)
    return lines
