"""Whatever words a program passes, the tracer writes a line and nothing worse."""

import io
import random

import pytest

from emu.kernel.errno import EFAULT
from emu.kernel.events import SyscallEvent
from emu.trace.format.style import Style, everybody, nobody
from emu.trace.strace import Strace
from tests.unit.sys.caller import ABIS, Caller

ROUNDS = 3


def words(dice, caller, count):
    """Words of all sorts: small, huge, and addresses of readable garbage."""
    some = (0, 1, 2, 3, 16, 33, 4096, 0x7FFFFFFF, 0x80000000, (1 << 64) - 1, (1 << 64) - 100)
    near = [caller.buffer + offset for offset in (0, 8, 1000, 0xFFFF)]
    mask = (1 << caller.abi.convention.word_bits) - 1
    return tuple(dice.choice([*some, *near]) & mask for _ in range(count))


STYLES = {
    "plain": Style(),
    "in full": Style(abbreviated=nobody, hexadecimal=2),
    "undecoded": Style(dereferenced=nobody, hexadecimal=1),
    "raw": Style(raw=everybody),
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("abi", ABIS)
def test_every_call_survives_hostile_arguments(abi, style):
    caller, dice, out = Caller(abi), random.Random(abi), io.StringIO()
    caller.mm.write(caller.buffer, dice.randbytes(0x8000))
    tracer = Strace(out, style=STYLES[style], expressions=["read=all", "write=all"])
    handlers = {row: caller.kernel.handler(caller.abi, row.entry) for row in
                caller.abi.syscalls.values()}  # fmt: skip
    for row, syscall in handlers.items():
        for round_number in range(ROUNDS):
            count = len(syscall.parameters()) if syscall else 6
            event = SyscallEvent(caller.task, row.name, row.nr, syscall, words(dice, caller, count))
            tracer.enter(event)
            if round_number % 3:
                event.result = dice.choice([0, 1, 40, 5000, -1 & 0xFFFFFFFF])
            else:
                event.error = EFAULT()
            tracer.leave(event)
    lines = [line for line in out.getvalue().splitlines() if not line.startswith((" |", " *"))]
    assert len(lines) == ROUNDS * len(handlers)
