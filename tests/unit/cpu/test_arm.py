"""ARM: two instruction sets, conditional blocks, and the page of user helpers."""

import pytest

from tests.unit.cpu.support import CODE, DATA, TRAP, R, W, X, assemble, words

HOLE = 0x600000


def thumb(g, text, address=CODE):
    g.map(address, R | X, assemble("thumb", text + "; svc #0", address))
    g.cpu.branch(address | 1)


def test_branching_to_an_odd_address_selects_thumb(guest):
    g = guest("arm")
    thumb(g, "movs r0, #7")
    assert (g.cpu.pc, g.cpu.thumb) == (CODE, True)
    assert g.run() is None
    assert g.reg("r0") == 7
    assert (g.cpu.pc, g.cpu.thumb, g.cpu.trap_length) == (CODE + 4, True, 2)


def test_an_odd_pc_selects_thumb_and_an_even_one_keeps_it(guest):
    g = guest("arm")
    thumb(g, "movs r0, #7; svc #0; movs r0, #8")
    assert g.run() is None
    g.cpu.pc -= g.cpu.trap_length
    g.traps.clear()
    assert g.run() is None
    assert g.trap_pcs == [CODE + 4, CODE + 4]
    g.cpu.pc = CODE + 4 | 1
    assert g.run() is None
    assert g.reg("r0") == 8


def test_branching_to_an_even_address_selects_arm(guest):
    g = guest("arm")
    thumb(g, "movs r0, #7")
    g.run()
    g.load(assemble("arm", "mov r0, #9"), CODE + 0x1000)
    g.cpu.branch(CODE + 0x1000)
    assert not g.cpu.thumb
    assert g.run() is None
    assert (g.reg("r0"), g.cpu.trap_length) == (9, 4)


@pytest.mark.parametrize("target_is_thumb", [True, False])
def test_a_trap_can_be_redirected_into_either_instruction_set(guest, target_is_thumb):
    g = guest("arm")
    g.load(TRAP["arm"] * 2)
    other = CODE + 0x1000
    text = "movs r0, #3; svc #0"
    g.map(other, R | X, assemble("thumb" if target_is_thumb else "arm", text, other))
    seen = []

    def handler():
        seen.append(g.cpu.pc)
        if len(seen) == 1:
            g.cpu.branch(other | target_is_thumb)
        else:
            g.cpu.stop()

    g.cpu.on_trap("svc", handler)
    assert g.run() is None
    assert g.reg("r0") == 3
    assert seen == [CODE + 4, other + (4 if target_is_thumb else 8)]


def test_interworking_branches_are_followed(guest):
    g = guest("arm")
    other = CODE + 0x1000
    g.map(other, R | X, assemble("thumb", "movs r0, #5; bx lr", other))
    g.load(assemble("arm", f"mov r1, #{CODE:#x}; orr r1, r1, #0x1000; orr r1, r1, #1; blx r1"))
    assert g.run() is None
    assert g.reg("r0") == 5
    assert not g.cpu.thumb


def test_a_fault_in_an_it_block_restarts_inside_it(guest):
    g = guest("arm")
    thumb(g, "cmp r3, r3; ittt eq; addeq r0, #1; ldreq r2, [r1]; addeq r0, #1; adds r0, #1")
    g.set("r1", HOLE)
    fault = g.run()
    assert (fault.signal, fault.address, fault.pc) == ("SIGSEGV", HOLE, CODE + 6)
    assert g.reg("r0") == 1
    state = g.cpu.save()
    g.load(assemble("arm", "mov r5, #1"), CODE + 0x1000)
    g.cpu.branch(CODE + 0x1000)
    assert g.run() is None
    g.map(HOLE, R)
    g.cpu.restore(state)
    assert g.run() is None
    assert g.reg("r0") == 3


@pytest.mark.parametrize(
    ("text", "signal"),
    [("udf #1", "SIGTRAP"), ("udf #0x10", "SIGILL"), ("bkpt #0", "SIGTRAP")],
)
def test_thumb_exceptions_have_the_instructions_address(guest, text, signal):
    g = guest("arm")
    thumb(g, f"movs r0, #1; {text}")
    fault = g.run()
    assert (fault.signal, fault.pc) == (signal, CODE + 2)
    assert g.cpu.thumb


def test_user_code_cannot_leave_user_mode(guest):
    g = guest("arm")
    g.load(words("arm", 0xE321F0D3) + assemble("arm", "mrs r0, cpsr"))  # msr cpsr_c, #0xd3
    assert g.run() is None
    assert g.reg("r0") & 0x1F == 0x10


class Kuser:
    """Calls one of the helpers with a return to a trap."""

    def __init__(self, g):
        self.g = g
        address, content = g.cpu.vector_page
        g.map(address, R | X, content)
        g.map(DATA, R | W)
        g.map(CODE, R | X, TRAP["arm"])

    def call(self, address, *arguments):
        for number, value in enumerate(arguments):
            self.g.set(f"r{number}", value)
        self.g.set("lr", CODE)
        self.g.set("sp", self.g.sp)
        self.g.cpu.branch(address)
        assert self.g.run() is None
        assert self.g.cpu.pc == CODE + 4
        return self.g.reg("r0")


def test_the_helper_page_says_its_version(guest):
    address, content = guest("arm").cpu.vector_page
    assert address == 0xFFFF0000
    assert len(content) == 4096
    assert int.from_bytes(content[0xFFC:0x1000], "little") == 5


def test_the_helper_reads_the_thread_pointer(guest):
    g = guest("arm")
    g.cpu.thread_pointer = 0xABCD0
    assert Kuser(g).call(0xFFFF0FE0) == 0xABCD0


def test_the_barrier_helper_keeps_registers(guest):
    kuser = Kuser(guest("arm"))
    assert kuser.call(0xFFFF0FA0, 1, 2, 3) == 1
    assert kuser.g.reg("r2") == 3


def test_the_helper_compares_and_exchanges_a_word(guest):
    g = guest("arm")
    kuser = Kuser(g)
    place = g.pages[DATA >> 12] & -4096
    g.ram[place : place + 4] = words("arm", 5)
    assert kuser.call(0xFFFF0FC0, 4, 9, DATA) != 0
    assert not g.cpu.flags & 1 << 29
    assert g.read(DATA, 4) == words("arm", 5)
    assert kuser.call(0xFFFF0FC0, 5, 9, DATA) == 0
    assert g.cpu.flags & 1 << 29
    assert g.read(DATA, 4) == words("arm", 9)


def test_the_helper_compares_and_exchanges_a_doubleword(guest):
    g = guest("arm")
    kuser = Kuser(g)
    place = g.pages[DATA >> 12] & -4096
    old, new, there = words("arm", 1, 2), words("arm", 3, 4), words("arm", 1, 2)
    g.ram[place : place + 24] = old + new + there
    assert kuser.call(0xFFFF0F60, DATA, DATA + 8, DATA + 16) == 0
    assert g.cpu.flags & 1 << 29
    assert g.read(DATA + 16, 8) == new
    assert kuser.call(0xFFFF0F60, DATA, DATA + 8, DATA + 16) != 0
    assert g.read(DATA + 16, 8) == new
    assert g.reg("sp") == g.sp
