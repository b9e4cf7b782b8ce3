"""Code without branches must not end the host process, whatever it repeats."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cpu.support import ALL_ISAS, CODE, MIPS_ISAS, TRAP, assemble, words

ROOT = Path(__file__).parents[3]

# Runs in a process of its own, for a failure is a crash.
WITHOUT_SHORT_BLOCKS = """
import sys
import emu.cpu.hardware
emu.cpu.hardware.limit_blocks = lambda library, isa: False
from tests.unit.cpu.support import CODE, Guest, words

isa = sys.argv[1]
for count in (250, 360, 400, 900, 3000):
    g = Guest(isa)
    branchy = [0x24420001, 0x10000000, 0] * 100
    g.load(words(isa, *branchy, *[0x24420001] * count))
    assert g.run() is None
    assert g.reg("v0") == 100 + count
    guarded = g.cpu.straight._guarded
    assert all(begin >= CODE + 4 * len(branchy) - 8 for begin, end in guarded), guarded
    assert guarded
print("survived")
"""


@pytest.mark.parametrize("isa", MIPS_ISAS)
def test_mips_is_guarded_where_blocks_cannot_be_made_short(isa):
    command = [sys.executable, "-c", WITHOUT_SHORT_BLOCKS, isa]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "survived\n"), done.stderr


@pytest.mark.parametrize("isa", ["x86-64", "i386"])
@pytest.mark.parametrize("text", ["fcomi st(1)", "fucomi st(2)", "bsf eax, edx", "adc eax, ecx"])
def test_x86_repeats_any_instruction(guest, isa, text):
    g = guest(isa)
    g.load(assemble(isa, "fld1; fld1; fld1; " + "; ".join([text] * 700)))
    assert g.run() is None
    assert g.traps


@pytest.mark.parametrize("isa", ALL_ISAS)
def test_thousands_of_no_operations_run(guest, isa):
    nop = {
        "x86-64": b"\x90" * 4, "i386": b"\x90" * 4, "arm64": words("arm64", 0xD503201F),
        "arm": words("arm", 0xE320F000), "riscv64": words("riscv64", 0x13),
        "riscv32": words("riscv32", 0x13),
    }.get(isa, bytes(4))  # fmt: skip
    g = guest(isa)
    g.load(nop * 5000)
    assert g.run() is None
    assert g.trap_pcs == [CODE + 20000 + len(TRAP[isa])]
