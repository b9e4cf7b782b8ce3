"""MIPS: delay slots, unaligned accesses, linked loads, and code without branches."""

import pytest

from tests.unit.cpu.support import CODE, DATA, MIPS_ISAS, R, W, X, words

EVERY_MIPS = pytest.mark.parametrize("isa", MIPS_ISAS)
HOLE = 0x600000

# Registers by number: v0 2, v1 3, a0 4, a1 5, a2 6, t0 8, ra 31.
LW_A0_A1 = 0x8CA40000
SW_A0_A1 = 0xACA40000
INC_V0 = 0x24420001
NOP = 0


def beq(offset):
    return 0x10000000 | offset


@EVERY_MIPS
@pytest.mark.parametrize("access", [LW_A0_A1, SW_A0_A1])
def test_a_tlb_fill_in_a_delay_slot_runs_the_target_once(guest, isa, access):
    g = guest(isa)
    g.map(DATA, R | W)
    g.load(words(isa, beq(2), access, 0x24420064, INC_V0, INC_V0))
    g.set("a1", DATA)
    assert g.run() is None
    assert g.reg("v0") == 2


@EVERY_MIPS
@pytest.mark.parametrize(
    "branch",
    [beq(3), 0x14A00003, 0x50000003, 0x0C000000 | CODE + 0x14 >> 2, 0x08000000 | CODE + 0x14 >> 2,
     0x04110003, 0x01000008, 0x0100F809],
    ids=["beq", "bne", "beql", "jal", "j", "bal", "jr", "jalr"],
)  # fmt: skip
def test_a_fault_in_a_delay_slot_names_the_branch_and_restarts_there(guest, isa, branch):
    g = guest(isa)
    g.load(words(isa, INC_V0, branch, LW_A0_A1, INC_V0, INC_V0, INC_V0))
    g.set("a1", HOLE)
    g.cpu.registers[8] = CODE + 0x14
    fault = g.run()
    assert (fault.signal, fault.address, fault.pc) == ("SIGSEGV", HOLE, CODE + 4)
    assert g.cpu.pc == CODE + 4
    g.map(HOLE, R | W)
    assert g.run() is None
    assert g.reg("v0") == 2


@EVERY_MIPS
def test_a_handler_entered_from_a_slot_fault_is_not_in_a_slot(guest, isa):
    g = guest(isa)
    g.load(words(isa, beq(1), LW_A0_A1, NOP))
    g.map(CODE + 0x2000, R | X, words(isa, INC_V0, INC_V0, 12))
    g.set("a1", HOLE)
    assert g.run().pc == CODE
    state = g.cpu.save()
    g.cpu.pc = CODE + 0x2000
    assert g.run() is None
    assert g.reg("v0") == 2
    assert g.trap_pcs == [CODE + 0x200C]
    g.map(HOLE, R)
    g.cpu.restore(state)
    assert g.run() is None
    assert g.trap_pcs[1] == CODE + 0x10


@EVERY_MIPS
def test_a_stop_between_a_branch_and_its_slot_is_a_stop_at_the_branch(guest, isa):
    g = guest(isa)
    g.map(CODE, R | X, bytes(0xFF8) + words(isa, INC_V0, beq(2)))
    slot = g.frame()
    code = words(isa, 0x24630001, INC_V0, INC_V0, 12)
    g.ram[slot : slot + len(code)] = code

    def late(page, access):
        g.pages[page] = slot | R | X
        g.cpu.stop()
        return g.pages[page]

    g.cpu.use(g.pages, late)
    g.cpu.pc = CODE + 0xFF8
    assert g.run() is None
    assert g.cpu.pc == CODE + 0xFFC
    assert g.run() is None
    assert (g.reg("v0"), g.reg("v1")) == (2, 1)


@EVERY_MIPS
def test_a_slot_on_a_missing_page_names_the_branch(guest, isa):
    g = guest(isa)
    g.map(CODE, R | X, bytes(0xFF8) + words(isa, INC_V0, beq(2)))
    g.cpu.pc = CODE + 0xFF8
    fault = g.run()
    assert (fault.pc, fault.address, fault.access) == (CODE + 0xFFC, CODE + 0x1000, X)


@EVERY_MIPS
@pytest.mark.parametrize("word", [0x0000000D, 0x00000034, 0x70000038], ids=["break", "teq", "ri"])
def test_an_exception_in_a_delay_slot_names_the_branch(guest, isa, word):
    g = guest(isa)
    g.load(words(isa, NOP, NOP, beq(3), word, NOP, NOP, NOP))
    assert g.run().pc == CODE + 8


@EVERY_MIPS
def test_a_conditional_trap_has_its_own_pc_in_the_middle_of_code(guest, isa):
    g = guest(isa)
    g.load(words(isa, 0x24060005, 0x00C001F4, INC_V0, 0x000001F4 | 4 << 21, INC_V0))
    fault = g.run()
    assert (fault.code, fault.pc) == ("FPE_INTDIV", CODE + 12)
    assert g.reg("v0") == 1


@EVERY_MIPS
@pytest.mark.parametrize("before", [0, 100, 510, 600])
def test_an_overflow_in_a_delay_slot_is_found(guest, isa, before):
    # Behind many instructions a block of the engine may begin in the slot.
    g = guest(isa)
    setup = (INC_V0, 0x3C067FFF, 0x34C6FFFF, *([NOP] * before))
    g.load(words(isa, *setup, beq(3), 0x20C60001, NOP, NOP, NOP))
    fault = g.run()
    assert (fault.code, fault.pc) == ("FPE_INTOVF", CODE + 4 * len(setup))


def unaligned_cases():
    # (instruction, bytes moved, signed, store, needs 64 bits)
    for name, opcode, size, signed, store, wide in (
        ("lh", 0x21, 2, True, False, False), ("lhu", 0x25, 2, False, False, False),
        ("lw", 0x23, 4, True, False, False), ("lwu", 0x27, 4, False, False, True),
        ("ld", 0x37, 8, False, False, True), ("sh", 0x29, 2, False, True, False),
        ("sw", 0x2B, 4, False, True, False), ("sd", 0x3F, 8, False, True, True),
    ):  # fmt: skip
        for isa in MIPS_ISAS:
            if not wide or "64" in isa:
                yield pytest.param(isa, opcode, size, signed, store, id=f"{isa}-{name}")


@pytest.mark.parametrize(("isa", "opcode", "size", "signed", "store"), list(unaligned_cases()))
@pytest.mark.parametrize("offset", [1, 0xFFF], ids=["in a page", "across pages"])
@pytest.mark.parametrize("in_slot", [False, True], ids=["plain", "slot"])
def test_an_unaligned_access_is_completed(guest, isa, opcode, size, signed, store, offset, in_slot):
    g = guest(isa)
    order = "big" if g.isa.big_endian else "little"
    data = bytes(range(0xF1, 0xF1 + size))
    g.map(DATA, R | W, bytes(offset) + (bytes(size) if store else data))
    access = opcode << 26 | 5 << 21 | 4 << 16 | offset
    code = [INC_V0, beq(2), access, INC_V0, INC_V0] if in_slot else [INC_V0, access, INC_V0]
    g.load(words(isa, *code))
    g.set("a1", DATA)
    if store:
        g.set("a0", int.from_bytes(data, order))
    assert g.run() is None
    assert g.reg("v0") == 2
    if store:
        end = b"".join(g.read(DATA + offset + index, 1) for index in range(size))
        assert end == data
    else:
        value = int.from_bytes(data, order, signed=signed)
        assert g.reg("a0") == value & g.isa.word_mask


@EVERY_MIPS
@pytest.mark.parametrize("taken", [True, False])
def test_an_unaligned_access_in_a_conditional_slot_goes_where_the_branch_goes(guest, isa, taken):
    g = guest(isa)
    g.map(DATA, R | W)
    # bne a2, zero, +3 ; lw a0, 1(a1) ; v0 += 1, three times
    g.load(words(isa, 0x14C00003, LW_A0_A1 | 1, INC_V0, INC_V0, INC_V0))
    g.set("a1", DATA)
    g.set("a2", int(taken))
    assert g.run() is None
    assert g.reg("v0") == (1 if taken else 3)


@EVERY_MIPS
@pytest.mark.parametrize(("load", "store"), [(0x31, 0x39), (0x35, 0x3D)], ids=["word", "double"])
def test_an_unaligned_fpu_access_is_completed(guest, isa, load, store):
    g = guest(isa)
    size = 4 if load == 0x31 else 8
    data = bytes(range(1, 1 + size))
    g.map(DATA, R | W, b"\0" + data)
    # to f4 from 1(a1), and from there to 33(a1)
    g.load(words(isa, load << 26 | 5 << 21 | 4 << 16 | 1, store << 26 | 5 << 21 | 4 << 16 | 33))
    g.set("a1", DATA)
    assert g.run() is None
    assert g.read(DATA + 33, size) == data


@EVERY_MIPS
def test_an_unaligned_access_to_no_memory_is_a_segv(guest, isa):
    g = guest(isa)
    g.load(words(isa, NOP, LW_A0_A1))
    g.set("a1", HOLE + 1)
    fault = g.run()
    assert (fault.signal, fault.address, fault.pc) == ("SIGSEGV", HOLE, CODE + 4)


@EVERY_MIPS
def test_an_unaligned_linked_load_is_a_bus_error(guest, isa):
    g = guest(isa)
    g.map(DATA, R | W)
    g.load(words(isa, NOP, 0xC0A40000))
    g.set("a1", DATA + 1)
    fault = g.run()
    assert (fault.signal, fault.pc) == ("SIGBUS", CODE + 4)


@EVERY_MIPS
def test_a_jump_to_an_unaligned_address_is_a_bus_error(guest, isa):
    g = guest(isa)
    g.load(words(isa, 0x01000008, NOP))
    g.cpu.registers[8] = CODE + 2
    fault = g.run()
    assert (fault.signal, fault.pc) == ("SIGBUS", CODE + 2)


LINKED = [(isa, address) for isa in MIPS_ISAS for address in (DATA, 0x7000_0000)]
LINKED += [(isa, 0xFF_0000_0000) for isa in MIPS_ISAS if "64" in isa]


@pytest.mark.parametrize(("isa", "address"), LINKED)
def test_linked_loads_work_everywhere(guest, isa, address):
    g = guest(isa)
    g.map(address, R | W, words(isa, 41))
    # ll a0, (a1); addiu a0, a0, 1; sc a0, (a1)
    g.load(words(isa, 0xC0A40000, 0x24840001, 0xE0A40000))
    g.set("a1", address)
    assert g.run() is None
    assert g.reg("a0") == 1
    assert g.read(address, 4) == words(isa, 42)


@EVERY_MIPS
@pytest.mark.parametrize("count", [250, 360, 400, 900, 1022, 3000])
@pytest.mark.parametrize("start", [0, 5])
def test_code_without_branches_runs_at_any_length(guest, isa, count, start):
    g = guest(isa)
    g.load(words(isa, *[INC_V0] * count), CODE + 4 * start)
    assert g.run() is None
    assert g.reg("v0") == count


@EVERY_MIPS
def test_a_page_of_zeros_runs_to_its_end(guest, isa):
    g = guest(isa)
    g.map(CODE, R | X)
    g.cpu.pc = CODE
    fault = g.run()
    assert (fault.signal, fault.pc) == ("SIGSEGV", CODE + 0x1000)


@EVERY_MIPS
def test_straight_code_written_by_the_guest_is_guarded_too(guest, isa):
    g = guest(isa)
    frame = g.map(DATA, R | W | X, words(isa, 12))
    g.cpu.pc = DATA
    assert g.run() is None
    g.ram[frame : frame + 4096] = words(isa, *[INC_V0] * 1023, 12)
    g.cpu.invalidate_code(frame)
    g.cpu.pc = DATA
    assert g.run() is None
    assert g.reg("v0") == 1023


@EVERY_MIPS
def test_a_trap_in_a_delay_slot_does_not_confuse_what_follows(guest, isa):
    g = guest(isa)
    g.load(words(isa, beq(4), 12, INC_V0, INC_V0, 12, 12, 12))
    for _ in range(3):
        fault = g.run()
        assert fault is None
    assert g.cpu.pc <= CODE + 0x1C
