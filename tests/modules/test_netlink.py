"""C programs of every ABI talk to netlink protocols and generic families that modules have."""

from pathlib import Path

import pytest

from tests.support.cases import ABIS
from tests.support.running import emu
from tests.support.toolchain import build, or_skip

PROGRAM = Path(__file__).parent / "programs" / "netlink.c"
FLAGS = ["-O1", "-std=gnu11", "-D_GNU_SOURCE", "-static", "-Wall"]
MODULES = ("netlink_echo", "ticker", "thermostat")

SAYS = """\
echo: 1: hello, sequence 40
echo: 2: a longer text, sequence 41
ticker: told
ticker: told
ticker: told
the file: asked
family: found, group alarms
set: 0
too hot: ERANGE, integer out of range
long name: EINVAL, Attribute failed policy validation
hot: 0
alarm: oven has 35
get: kitchen has 21 of -20 to 40
unknown room: ENOENT, no such room
nothing said: EINVAL, a room and a temperature are needed
unknown command: EOPNOTSUPP
unknown attribute: EINVAL, Unknown attribute type
dump: hall has 18 of -20 to 40
dump: kitchen has 21 of -20 to 40
dump: oven has 35 of -20 to 40
reset by a user: EPERM
"""


@pytest.mark.parametrize("abi", ABIS)
def test_programs_talk_to_modules(abi):
    program = or_skip(build, [PROGRAM], abi, FLAGS, [])
    options = [word for name in MODULES for word in ("--module", f"samples/modules/{name}.py")]
    end = emu(str(program), options=options)
    assert (end.output.decode(), end.errors) == (SAYS, "")
