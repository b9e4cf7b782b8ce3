"""The engine's translator gives up, or leaves halfway: that is a fault of the guest, not ours.

Each test runs in a process of its own, for a failure is a crash.
"""

import platform
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cpu.support import MIPS_ISAS

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"),
    reason="the guard is machine code for x86-64 Linux hosts",
)

# fmaxnm.8h and its kin with an opcode that nobody has: unallocated, and an assertion fails.
PRELUDE = """
import sys, threading
from emu.arch.cpu import Fault
from tests.unit.cpu.support import CODE, TRAP, Guest, words

INCREMENT, GIVES_UP = 0x91000400, 0x0E402C00
UNALLOCATED = (0x0E402C00, 0x0EC01C00, 0x0EC02400, 0x2E400C00, 0x2EC03C00, 0x6EC01C00)

def guest(window=True):
    g = Guest("arm64", window=window)
    assert g.cpu.guard.active
    return g

def illegal_at(pc):
    return Fault("SIGILL", "ILL_ILLOPC", pc, pc)
"""


def run(text):
    command = [sys.executable, "-c", PRELUDE + text]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("window", [True, False])
def test_it_is_an_illegal_instruction_and_nothing_is_printed(window):
    text = f"""
g = guest({window})
for index, word in enumerate(UNALLOCATED):
    at = CODE + 0x1000 * index
    g.load(words("arm64", word), at)
    assert g.run() == illegal_at(at)
    assert g.cpu.pc == at
"""
    assert run(text) == (0, "", "")


def test_the_instructions_before_it_are_executed_and_the_guest_can_go_on():
    text = """
g = guest()
g.load(words("arm64", *[INCREMENT] * 5, GIVES_UP, *[INCREMENT] * 3))
for _ in range(3):
    assert g.run() == illegal_at(CODE + 20)
    assert g.reg("x0") == 5
g.cpu.pc += 4
assert g.run() is None
assert g.reg("x0") == 8
assert g.traps == ["svc"]
"""
    assert run(text) == (0, "", "")


def test_code_that_branches_around_it_never_meets_it():
    text = """
g = guest()
taken = 0xB5000060  # cbnz x0, over the next two
g.load(words("arm64", INCREMENT, taken, GIVES_UP, GIVES_UP))
assert g.run() is None
assert g.traps == ["svc"]
g.load(words("arm64", taken, GIVES_UP, INCREMENT), CODE + 0x1000)
assert g.run() is None
"""
    assert run(text) == (0, "", "")


def test_without_short_blocks_the_fault_is_at_the_start_of_the_block():
    text = """
import emu.cpu.hardware
emu.cpu.hardware.limit_blocks = lambda library, isa: False
g = guest()
g.load(words("arm64", INCREMENT, GIVES_UP))
assert g.run() == illegal_at(CODE)
assert g.reg("x0") == 0
"""
    assert run(text) == (0, "", "")


def test_each_thread_leaves_its_own_engine():
    text = """
faults = []

def work(number):
    g = guest()
    for _ in range(50):
        g.load(words("arm64", *[INCREMENT] * number, GIVES_UP))
        faults.append(g.run() == illegal_at(CODE + 4 * number))

threads = [threading.Thread(target=work, args=(number,)) for number in (0, 3, 9)]
for each in threads: each.start()
for each in threads: each.join()
assert faults == [True] * 150
"""
    assert run(text) == (0, "", "")


def test_a_closed_engine_leaves_its_guard_to_the_next():
    text = """
from emu.cpu import abort_guard
for _ in range(5):
    g = guest()
    g.load(words("arm64", GIVES_UP))
    assert g.run() == illegal_at(CODE)
    g.cpu.close()
assert len(abort_guard._guards._all) == 1
"""
    assert run(text) == (0, "", "")


@pytest.mark.parametrize("isa", MIPS_ISAS)
@pytest.mark.parametrize("window", [True, False])
def test_an_unaligned_fetch_does_not_break_the_next_translation(isa, window):
    text = f"""
g = Guest({isa!r}, window={window})
for attempt in range(3):
    at = CODE + 0x1000 * attempt
    g.load(words({isa!r}, 0x24420001, 0x24420001), at)
    g.cpu.pc = at + 2
    assert g.run() == Fault("SIGBUS", "SI_KERNEL", 0, at + 2)
    g.cpu.pc = at
    assert g.run() is None
assert g.reg("v0") == 6
g.load(words({isa!r}, 0x03E00008, 0x24420001))  # jr ra; addiu v0, v0, 1
g.set("ra", CODE + 10)
assert g.run() == Fault("SIGBUS", "SI_KERNEL", 0, CODE + 10)
g.load(words({isa!r}, 0x24420001), at)
assert g.run() is None
assert g.reg("v0") == 8
"""
    assert run(text) == (0, "", "")


def test_outside_a_run_the_process_ends():
    text = """
import ctypes
g = guest()
g.load(TRAP["arm64"])
g.run()
print("so far", flush=True)
ctypes.CFUNCTYPE(None, ctypes.c_void_p)(g.cpu.library.symbol("cpu_abort_aarch64"))(0)
"""
    assert run(text)[:2] == (-signal.SIGABRT, "so far\n")
