"""Ending a run: from handlers, other threads and the tick."""

import threading
import time

import pytest

from emu.cpu.ticker import Ticker
from tests.unit.cpu.support import ALL_ISAS, CODE, DATA, TRAP, WAY, R, W, X, assemble, words

EVERY_ISA = pytest.mark.parametrize("isa", ALL_ISAS)


def endless_loop(isa):
    if isa.startswith("riscv"):
        return words(isa, 0x00150513, 0xFFDFF06F)  # addi a0, a0, 1; j -4
    if isa.startswith("mips"):
        return words(isa, 0x1000FFFF, 0x24420001)  # b .; addiu v0, v0, 1
    text = {
        "x86-64": "x: inc rax; jmp x", "i386": "x: inc eax; jmp x",
        "arm64": "x: add x0, x0, #1; b x", "arm": "x: add r0, r0, #1; b x",
    }  # fmt: skip
    return assemble(isa, text[isa])


@EVERY_ISA
def test_a_stop_before_the_run_is_not_lost(guest, isa):
    g = guest(isa)
    g.load(endless_loop(isa))
    g.cpu.stop()
    assert g.run() is None
    assert g.cpu.pc == CODE


@EVERY_ISA
def test_another_thread_stops_an_endless_loop(guest, isa):
    g = guest(isa)
    g.load(endless_loop(isa))
    timer = threading.Timer(0.01, g.cpu.stop)
    timer.start()
    assert g.run() is None
    timer.join()
    assert CODE <= g.cpu.pc < CODE + len(endless_loop(isa))


def test_a_stop_at_any_moment_ends_exactly_one_run(guest):
    g = guest("x86-64")
    g.load(endless_loop("x86-64"))
    for delay in range(40):
        timer = threading.Timer(delay * 2e-5, g.cpu.stop)
        timer.start()
        assert g.run() is None
        timer.join()
    g.load(TRAP["x86-64"], CODE + 0x1000)
    assert g.run() is None
    assert g.traps == ["syscall"]


@pytest.mark.parametrize("isa", ["x86-64", "arm", "mips", "mips64el"])
def test_the_tick_lets_go_on_exactly_where_it_was(guest, isa):
    """A loop of a known length, interrupted many times, counts right."""
    rounds = 10_000_000
    if isa.startswith("mips"):
        code = words(isa, 0x3C050000 | rounds >> 16, 0x34A50000 | rounds & 0xFFFF,
                     0x24A5FFFF, 0x14A0FFFE, 0x24420001)  # fmt: skip
        counter = "v0"
    elif isa == "arm":
        code = assemble("arm", "x: add r0, r0, #1; subs r1, r1, #1; bne x")
        counter = "r0"
    else:
        code = assemble("x86-64", "x: inc rax; dec rbx; jnz x")
        counter = "rax"
    g = guest(isa)
    g.load(code)
    if isa == "arm":
        g.set("r1", rounds)
    if isa == "x86-64":
        g.set("rbx", rounds)
    ticks = 0
    with Ticker(1_000_000, lambda: g.cpu):
        while not g.traps:
            assert g.run() is None
            ticks += 1
    assert g.reg(counter) == rounds
    assert ticks > 1


def test_the_tick_ends_with_the_block(guest):
    g = guest("x86-64")
    ticker = Ticker(1_000_000, lambda: g.cpu)
    with ticker:
        time.sleep(0.003)
    assert not [each for each in threading.enumerate() if each.name == "emu-tick"]
    g.load(TRAP["x86-64"])
    g.run()
    assert g.traps == ["syscall"]


def test_a_tick_needs_a_positive_interval():
    with pytest.raises(ValueError, match="not possible"):
        Ticker(0, lambda: None)


@EVERY_ISA
def test_a_stop_in_the_page_fault_handler_ends_the_run_after_the_access(guest, isa):
    g = guest(isa)
    g.load(TRAP[isa] * 2)
    frame = g.pages[CODE >> 12]
    del g.pages[CODE >> 12]

    def late(page, access):
        g.pages[page] = frame
        g.cpu.stop()
        return frame

    g.cpu.use(g.pages, late)
    assert g.run() is None
    assert g.traps in ([], [WAY[isa]])
    assert g.pages[CODE >> 12] & (R | X) == R | X


# A store of the first general register, and the trap of another way in where there is one.
STORE_AND_TRAP = {
    ("x86-64", "syscall"): "mov [rbx], rax; syscall",
    ("x86-64", "sysenter"): "mov [rbx], rax; sysenter",
    ("x86-64", "int80"): "mov [rbx], rax; int 0x80",
    ("i386", "sysenter"): "nop; mov [ebx], eax; sysenter",
    ("i386", "int80"): "mov [ebx], eax; int 0x80",
    ("arm64", "svc"): "str x0, [x3]; svc #0",
    ("arm", "svc"): "str r0, [r3]; svc #0",
    ("mips", "syscall"): "sw $v0, 0($v1); syscall",
    ("mipsel", "syscall"): "sw $v0, 0($v1); syscall",
    ("mips64", "syscall"): "sd $v0, 0($v1); syscall",
    ("mips64el", "syscall"): "sd $v0, 0($v1); syscall",
    ("riscv64", "ecall"): (0x00A1B023, 0x73),  # sd a0, 0(gp)
    ("riscv32", "ecall"): (0x00A1A023, 0x73),  # sw a0, 0(gp)
}


@pytest.mark.parametrize(("isa", "way"), STORE_AND_TRAP)
def test_a_trap_just_after_a_stop_is_taken_or_is_still_to_come(guest, isa, way):
    g = guest(isa, model="haswell") if isa == "x86-64" else guest(isa)
    text = STORE_AND_TRAP[isa, way]
    code = words(isa, *text) if isinstance(text, tuple) else assemble(isa, text)
    g.load(code)
    g.cpu.registers[3] = DATA
    frame = g.frame()

    def stop_in_the_store(page, access):
        assert (page, access) == (DATA >> 12, W)
        g.pages[page] = frame | R | W
        g.cpu.stop()
        return g.pages[page]

    g.cpu.use(g.pages, stop_in_the_store)
    assert g.run() is None
    if not g.traps:
        assert CODE <= g.cpu.pc < CODE + len(code)
        assert g.run() is None
    assert g.traps == [way]
    assert g.trap_pcs == [CODE + len(code)]


def test_i386_has_no_syscall_instruction_even_just_after_a_stop(guest):
    g = guest("i386")
    code = assemble("i386", "mov [ebx], eax") + b"\x0f\x05"
    g.load(code)
    g.cpu.registers[3] = DATA
    frame = g.frame()

    def stop_in_the_store(page, access):
        g.pages[page] = frame | R | W
        g.cpu.stop()
        return g.pages[page]

    g.cpu.use(g.pages, stop_in_the_store)
    fault = g.run() or g.run()
    assert (fault.signal, fault.pc) == ("SIGILL", CODE + len(code) - 2)


@pytest.mark.parametrize("isa", ALL_ISAS)
def test_counted_runs_end_after_their_blocks_the_same_every_time(guest, isa):
    ends = []
    for _ in range(3):
        g = guest(isa, blocks_per_run=1000)
        g.load(endless_loop(isa))
        for _ in range(3):
            assert g.run() is None
            assert 1000 <= g.cpu.work_done <= 1002
        ends.append((g.cpu.pc, [g.cpu.registers[n] for n in range(len(g.cpu.names.general))]))
    assert ends[0] == ends[1] == ends[2]
    assert g.run() is None
    assert [g.cpu.registers[n] for n in range(len(g.cpu.names.general))] != ends[0][1]


@EVERY_ISA
def test_a_counted_run_that_traps_tells_what_it_has_done(guest, isa):
    g = guest(isa, blocks_per_run=1000)
    g.load(TRAP[isa])
    assert g.run() is None
    assert g.traps == [WAY[isa]]
    assert g.cpu.work_done == 1
