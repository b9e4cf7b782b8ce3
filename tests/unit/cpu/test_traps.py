"""Ways into the kernel: where the pc is, what handlers may change, what they may raise."""

import pytest

from tests.unit.cpu.support import ALL_ISAS, CODE, TRAP, WAY, assemble

EVERY_ISA = pytest.mark.parametrize("isa", ALL_ISAS)


@EVERY_ISA
def test_the_pc_in_a_trap_is_after_the_instruction(guest, isa):
    g = guest(isa)
    g.load(TRAP[isa] * 3)
    assert [g.run() for _ in range(3)] == [None] * 3
    size = len(TRAP[isa])
    assert g.traps == [WAY[isa]] * 3
    assert g.trap_pcs == [CODE + size, CODE + 2 * size, CODE + 3 * size]
    assert g.cpu.pc == CODE + 3 * size


@EVERY_ISA
def test_writing_the_pc_in_a_trap_redirects_exactly(guest, isa):
    g = guest(isa)
    g.load(TRAP[isa] * 2)
    pcs = []

    def handler():
        pcs.append(g.cpu.pc)
        if len(pcs) == 3:
            g.cpu.stop()
        else:
            g.cpu.pc = CODE

    g.cpu.on_trap(WAY[isa], handler)
    assert g.run() is None
    assert pcs == [CODE + len(TRAP[isa])] * 3


@EVERY_ISA
def test_a_handler_returns_values_in_registers(guest, isa):
    g = guest(isa)
    g.load(TRAP[isa])
    seen = []

    def handler():
        seen.append(g.cpu.registers[2])
        g.cpu.registers[2] = 0x1234567
        if len(seen) == 1:
            g.cpu.pc -= len(TRAP[isa])
        else:
            g.cpu.stop()

    g.cpu.on_trap(WAY[isa], handler)
    assert g.run() is None
    assert seen == [0, 0x1234567]


@EVERY_ISA
def test_restoring_another_state_in_a_trap_switches_threads(guest, isa):
    g = guest(isa)
    g.load(TRAP[isa] * 4)
    states = {"a": g.cpu.save()}
    g.cpu.pc = CODE + 2 * len(TRAP[isa])
    g.cpu.registers[3] = 77
    states["b"] = g.cpu.save()
    order, pcs = ["a", "b"] * 3, []
    g.cpu.restore(states[order[0]])

    def handler():
        name = order.pop(0)
        pcs.append((name, g.cpu.pc - CODE, g.cpu.registers[3]))
        states[name] = g.cpu.save()
        if len(order) < 3:
            g.cpu.stop()
            return
        g.cpu.restore(states[order[0]])

    g.cpu.on_trap(WAY[isa], handler)
    size = len(TRAP[isa])
    assert g.run() is None
    assert pcs[:4] == [
        ("a", size, 0), ("b", 3 * size, 77), ("a", 2 * size, 0), ("b", 4 * size, 77),
    ]  # fmt: skip


@EVERY_ISA
def test_what_goes_wrong_in_a_handler_comes_out_of_run(guest, isa):
    g = guest(isa)
    g.load(TRAP[isa] * 2)
    g.cpu.on_trap(WAY[isa], lambda: g.cpu.abandon(KeyError("a bug in the kernel")))
    with pytest.raises(KeyError, match="a bug in the kernel"):
        g.run()
    assert g.cpu.pc == CODE + len(TRAP[isa])


@EVERY_ISA
def test_an_unknown_way_is_refused(guest, isa):
    with pytest.raises(ValueError, match="no way in called 'hypercall'"):
        guest(isa).cpu.on_trap("hypercall", lambda: None)


@EVERY_ISA
def test_two_trap_instructions_in_a_loop_keep_their_own_pcs(guest, isa):
    # One engine build took the pc of the trap translated last instead.
    g = guest(isa)
    g.load(TRAP[isa] * 2)
    pcs = []

    def handler():
        pcs.append(g.cpu.pc - CODE)
        if len(pcs) == 6:
            g.cpu.stop()
        elif len(pcs) % 2 == 0:
            g.cpu.pc = CODE

    g.cpu.on_trap(WAY[isa], handler)
    g.run()
    size = len(TRAP[isa])
    assert pcs == [size, 2 * size] * 3


def test_syscall_leaves_the_return_address_and_flags_as_the_hardware_does(guest):
    g = guest("x86-64")
    g.asm("mov r11, -1; mov rcx, -1; stc; nop")
    assert g.run() is None
    assert g.reg("rcx") == g.cpu.pc
    assert g.reg("r11") & ~0x8D4 == 0x203  # IF, the fixed bit, and the carry just set
    assert g.cpu.flags & 1


def test_syscall_reports_lazily_computed_flags(guest):
    g = guest("x86-64")
    g.asm("mov eax, 5; cmp eax, 5")
    g.run()
    assert g.reg("r11") == 0x246


@pytest.mark.parametrize(("way", "text"), [("int80", "int 0x80"), ("sysenter", "sysenter")])
@pytest.mark.parametrize("isa", ["x86-64", "i386"])
def test_both_widths_of_x86_have_the_older_ways(guest, isa, way, text):
    g = guest(isa)
    g.load(assemble(isa, text))
    assert g.run() is None
    assert (g.traps, g.trap_pcs, g.cpu.pc) == ([way], [CODE + 2], CODE + 2)
    assert g.run() is None
    assert g.traps[1] == WAY[isa]


def test_sysenter_can_be_redirected_exactly(guest):
    g = guest("i386")
    g.load(assemble("i386", "sysenter; nop; nop; int 0x80"))
    g.cpu.on_trap("sysenter", lambda: setattr(g.cpu, "pc", CODE + 4))
    assert g.run() is None
    assert g.trap_pcs == [CODE + 6]


def test_a_way_without_a_handler_is_what_hardware_makes_of_it(guest):
    g = guest("x86-64", has_kernel=False)
    for text, signal, code in (
        ("syscall", "SIGILL", "ILL_ILLOPN"),
        ("sysenter", "SIGILL", "ILL_ILLOPN"),
        ("int 0x80", "SIGSEGV", "SI_KERNEL"),
    ):
        g.asm(text, CODE)
        g.cpu.invalidate_code(g.pages[CODE >> 12] & -4096)
        fault = g.run()
        assert (fault.signal, fault.code, fault.pc) == (signal, code, CODE)


def test_syscall_is_undefined_on_i386(guest):
    g = guest("i386")
    g.load(b"\x0f\x05")
    fault = g.run()
    assert (fault.signal, fault.code, fault.pc) == ("SIGILL", "ILL_ILLOPN", CODE)
