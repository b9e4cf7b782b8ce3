"""Programs of every ABI use the samples: ioctl in all directions, a new system call by every trap."""

from pathlib import Path

import pytest

from emu.arch.abi import Abi
from tests.support.running import emu
from tests.support.toolchain import TARGETS, build_freestanding, build_with_libc, or_skip

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
# Without a C library in Debian: see tests/programs/test_libc.py.
WITH_LIBRARY = [abi for abi in TARGETS if abi not in ("x32", "arm-oabi", "riscv32")]
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


POLLING = """\
at first: 2 bytes, 0
write: 2
after a write: 2 bytes, 5
nothing new: 0, 0
write: 1
a change: 1, 0xa
the change: 2 bytes, 7
nothing new again: 0, 0
an empty mailbox: 1, 0x4
posted: 8
a full mailbox: 1, 0x1
read: 8, a letter
posted: 8
read asleep: 8, a letter
posted: 8
select: 1
posted: 8
told: 1
interrupted: -1, Interrupted system call
not blocking: -1, Resource temporarily unavailable
too long: -1, Message too long
"""


@pytest.mark.parametrize("abi", WITH_LIBRARY)
def test_two_processes_talk_by_poll_and_notify(abi):
    program = or_skip(build_with_libc, FOLDER / "poll.c", abi)
    end = emu(str(program), options=("--module", "samples/modules/mailbox.py"))
    assert (end.output.decode(), end.errors) == (POLLING, "")


def test_another_user_is_refused_what_only_the_owner_may_read():
    program = or_skip(build_with_libc, FOLDER / "read.c", "mips-n64")
    names = ("/sys/kernel/my_state/system_enabled", "/sys/kernel/my_state/clock", "/proc/modules")
    options = ("--module", "samples/modules/my_state.py", "--user")
    owner, other = (emu(str(program), *names, options=(*options, user)) for user in ("0", "1000"))
    assert owner.output == b"1\n0\nmy_state 16384 0 - Live 0x0000000000000000 (O)\n"
    assert other.output == b"Permission denied\n" * 2 + owner.output.splitlines(True)[-1]


INPUT = """\
version: 0
0x10001
id: 0
6 0 1 0
name: 15
Remote control
cut name: 6
phys: 14
uniq: ENOENT
bits of keys: 96
axis: EINVAL
repeat: ENOSYS
unknown: EINVAL
of another kind: EINVAL
too short: EINVAL
nothing: EAGAIN
poll: 0
poll: 1
0x1
key 3: 1/4/1 0/0/0 1/4/0 0/0/0 with a time
press: EINVAL
refused: EAGAIN
grab: 0
grab again: EBUSY
while it is grabbed: EAGAIN
who grabbed: 1/2/1 0/0/0 1/2/0 0/0/0 with a time
let go: 0
the other: 1/3/1 0/0/0 1/3/0 0/0/0 with a time
clock: 0
dropped: 0/3/0 0/0/0 with a time
a light it has not: {size}
inject: {size}
sync: {size}
state: {word}
0x400
injected: 1/10/1 0/0/0 with a time
too many: 0/3/0 0/0/0 1/5/0 0/0/0 1/5/1 0/0/0 1/5/0 0/0/0 with a time
revoke: 0
revoked: ENODEV
"""


@pytest.mark.parametrize("abi", WITH_LIBRARY)
def test_the_events_of_an_input_device(abi):
    program = or_skip(build_with_libc, FOLDER / "input.c", abi)
    end = emu(str(program), options=("--module", "samples/modules/remote.py"))
    tables = Abi.load(abi_name(abi))
    sizes = {"size": tables.layout("input_event").size, "word": tables.word_bytes}
    assert (end.output.decode(), end.errors) == (INPUT.format(**sizes), "")
