"""Memory: demand paging, rights, and what a refused access says."""

import pytest

from emu.arch.cpu import ACCESS_EXEC, ACCESS_READ, ACCESS_WRITE
from tests.unit.cpu.support import ALL_ISAS, CODE, DATA, R, W, X, assemble, words

EVERY_ISA = pytest.mark.parametrize("isa", ALL_ISAS)
HOLE = 0x600000

# Load a word from, or store one to, the address in the pointer register.
POINTER = {
    "x86-64": "rbx", "i386": "ebx", "arm64": "x1", "arm": "r1", "riscv64": "a1", "riscv32": "a1",
    "mips": "a1", "mipsel": "a1", "mips64": "a1", "mips64el": "a1",
}  # fmt: skip
VALUE = {
    "x86-64": "rax", "i386": "eax", "arm64": "x0", "arm": "r0", "riscv64": "a0", "riscv32": "a0",
    "mips": "a0", "mipsel": "a0", "mips64": "a0", "mips64el": "a0",
}  # fmt: skip


def load_code(isa):
    if isa.startswith("riscv"):
        return words(isa, 0x0005A503)  # lw a0, 0(a1)
    if isa.startswith("mips"):
        return words(isa, 0x8CA40000)  # lw $a0, 0($a1)
    text = {
        "x86-64": "mov eax, [rbx]", "i386": "mov eax, [ebx]",
        "arm64": "ldr w0, [x1]", "arm": "ldr r0, [r1]",
    }  # fmt: skip
    return assemble(isa, text[isa])


def store_code(isa):
    if isa.startswith("riscv"):
        return words(isa, 0x00A5A023)  # sw a0, 0(a1)
    if isa.startswith("mips"):
        return words(isa, 0xACA40000)  # sw $a0, 0($a1)
    text = {
        "x86-64": "mov [rbx], eax", "i386": "mov [ebx], eax",
        "arm64": "str w0, [x1]", "arm": "str r0, [r1]",
    }  # fmt: skip
    return assemble(isa, text[isa])


@EVERY_ISA
@pytest.mark.parametrize("access", [ACCESS_READ, ACCESS_WRITE])
def test_an_unmapped_page_is_a_segv_at_the_instruction(guest, isa, access):
    g = guest(isa)
    g.load(load_code(isa) if access == ACCESS_READ else store_code(isa))
    g.set(POINTER[isa], HOLE + 8)
    fault = g.run()
    assert (fault.signal, fault.code) == ("SIGSEGV", "")
    assert (fault.address, fault.pc, fault.access) == (HOLE + 8, CODE, access)
    assert g.asked == [(HOLE >> 12, access)]


@EVERY_ISA
def test_the_access_succeeds_once_the_page_is_there(guest, isa):
    g = guest(isa)
    g.load(load_code(isa))
    g.set(POINTER[isa], HOLE)
    assert g.run().address == HOLE
    g.map(HOLE, R, b"\x11\x22\x22\x11")
    assert g.run() is None
    assert g.reg(VALUE[isa]) in (0x11222211, 0x11222211)


@EVERY_ISA
def test_the_page_fault_handler_can_put_a_page_there(guest, isa):
    g = guest(isa)

    def demand_zero(page, access):
        g.asked.append((page, access))
        return g.pages.setdefault(page, g.frame() | R | W)

    g.cpu.use(g.pages, demand_zero)
    g.load(store_code(isa) + load_code(isa))
    g.set(POINTER[isa], HOLE)
    g.set(VALUE[isa], 0x12344321)
    assert g.run() is None
    assert g.asked == [(HOLE >> 12, ACCESS_WRITE)]
    assert g.reg(VALUE[isa]) == 0x12344321
    assert sorted(g.read(HOLE, 4)) == [0x12, 0x21, 0x34, 0x43]


@EVERY_ISA
def test_a_store_to_a_read_only_page_can_be_given_a_copy(guest, isa):
    g = guest(isa)
    shared = g.map(DATA, R, b"\x05" * 8)

    def copy_on_write(page, access):
        assert access == ACCESS_WRITE
        frame = g.frame()
        g.ram[frame : frame + 4096] = g.ram[shared : shared + 4096]
        g.pages[page] = frame | R | W
        g.cpu.flush_tlb()
        return g.pages[page]

    g.cpu.use(g.pages, copy_on_write)
    g.load(load_code(isa) + store_code(isa))
    g.set(POINTER[isa], DATA)
    assert g.run() is None
    assert g.reg(VALUE[isa]) == 0x05050505
    assert g.ram[shared : shared + 8] == b"\x05" * 8


@EVERY_ISA
def test_a_store_to_a_read_only_page_is_refused(guest, isa):
    g = guest(isa)
    g.map(DATA, R, b"\x05" * 8)
    g.load(load_code(isa) + store_code(isa))
    g.set(POINTER[isa], DATA)
    fault = g.run()
    assert (fault.signal, fault.access) == ("SIGSEGV", ACCESS_WRITE)
    assert fault.pc == CODE + len(load_code(isa))
    assert g.read(DATA, 8) == b"\x05" * 8


@EVERY_ISA
@pytest.mark.parametrize("target", [0, HOLE, DATA], ids=["null", "unmapped", "not executable"])
def test_a_jump_to_where_no_code_may_be_is_a_segv_there(guest, isa, target):
    g = guest(isa)
    g.map(DATA, R | W, b"\0" * 64)
    g.cpu.pc = target
    fault = g.run()
    assert (fault.signal, fault.code, fault.access) == ("SIGSEGV", "", ACCESS_EXEC)
    assert (fault.address, fault.pc) == (target, target)


@EVERY_ISA
def test_taking_rights_away_needs_a_flush_only(guest, isa):
    g = guest(isa)
    g.map(DATA, R | W)
    g.load(store_code(isa))
    g.set(POINTER[isa], DATA)
    assert g.run() is None
    g.pages[DATA >> 12] &= ~W
    g.cpu.flush_tlb()
    g.cpu.pc = CODE
    assert g.run().access == ACCESS_WRITE


@EVERY_ISA
def test_another_address_space_shows_other_frames_at_once(guest, isa):
    g = guest(isa)
    g.map(DATA, R, b"\x01" * 4)
    g.load(load_code(isa))
    other = dict(g.pages)
    frame = g.frame()
    g.ram[frame : frame + 4] = b"\x02" * 4
    other[DATA >> 12] = frame | R
    g.set(POINTER[isa], DATA)
    g.run()
    assert g.reg(VALUE[isa]) == 0x01010101
    g.cpu.use(other, g.fault)
    g.cpu.pc = CODE
    g.run()
    assert g.reg(VALUE[isa]) == 0x02020202


@EVERY_ISA
def test_an_exception_in_the_page_fault_handler_comes_out_of_run(guest, isa):
    g = guest(isa)

    def broken(page, access):
        raise MemoryError("out of frames")

    g.cpu.use(g.pages, broken)
    g.load(load_code(isa))
    g.set(POINTER[isa], HOLE)
    with pytest.raises(MemoryError, match="out of frames"):
        g.run()
    g.map(HOLE, R)
    assert g.cpu.pc == CODE
    assert g.run() is None


@EVERY_ISA
def test_a_store_across_two_pages_writes_nothing_when_the_second_refuses(guest, isa):
    g = guest(isa)
    g.map(DATA, R | W, b"\xee" * 4096)
    g.load(store_code(isa))
    g.set(POINTER[isa], DATA + 0xFFE)
    fault = g.run()
    assert (fault.signal, fault.address, fault.access) == ("SIGSEGV", DATA + 0x1000, ACCESS_WRITE)
    assert fault.pc == CODE
    assert g.read(DATA + 0xFF0, 16) == b"\xee" * 16
    g.map(DATA + 0x1000, R | W)
    g.set(VALUE[isa], 0x11223344)
    assert g.run() is None
    both = g.read(DATA + 0xFFE, 2) + g.read(DATA + 0x1000, 2)
    assert both in (b"\x44\x33\x22\x11", b"\x11\x22\x33\x44")


@pytest.mark.parametrize("isa", ["x86-64"])
def test_an_execute_only_page_runs(guest, isa):
    g = guest(isa)
    g.load(b"\x90")
    g.pages[CODE >> 12] = g.pages[CODE >> 12] & ~R | X
    assert g.run() is None


def test_a_non_canonical_address_is_a_protection_fault_without_address(guest):
    g = guest("x86-64")
    g.load(load_code("x86-64"))
    g.set("rbx", 0x8000000000000000)
    fault = g.run()
    assert (fault.signal, fault.code, fault.address, fault.pc) == ("SIGSEGV", "SI_KERNEL", 0, CODE)


@pytest.mark.parametrize("isa", ["mips", "mipsel"])
def test_a_kernel_address_is_an_address_error_on_mips(guest, isa):
    g = guest(isa)
    g.load(load_code(isa))
    g.set("a1", 0x80001000)
    fault = g.run()
    assert (fault.signal, fault.code, fault.pc) == ("SIGBUS", "SI_KERNEL", CODE)


@pytest.mark.parametrize("isa", ["x86-64", "arm64", "riscv64", "mips64", "mips64el"])
def test_high_addresses_of_64_bit_processes_work(guest, isa):
    g = guest(isa)
    high = 0x7F12_3456_7000 if not isa.startswith("mips") else 0xFF_1234_5000
    g.map(high, R | W, b"\x09" * 4)
    g.load(load_code(isa))
    g.set(POINTER[isa], high)
    assert g.run() is None
    assert g.reg(VALUE[isa]) == 0x09090909


def test_the_i386_descriptor_table_cannot_be_written(guest):
    g = guest("i386")
    g.load(store_code("i386"))
    g.set("ebx", 0xFFFFF000)
    fault = g.run()
    assert (fault.signal, fault.address, fault.access) == ("SIGSEGV", 0xFFFFF000, ACCESS_WRITE)


@EVERY_ISA
def test_a_large_working_set_is_right_while_the_tlb_grows(guest, isa):
    g = guest(isa)
    count = 1500
    for index in range(count):
        g.map(0x1000000 + index * 4096, R | W, index.to_bytes(4, "little"))
    g.load(load_code(isa))
    order = "big" if g.isa.big_endian else "little"
    for index in range(0, count, 7):
        g.set(POINTER[isa], 0x1000000 + index * 4096)
        g.cpu.pc = CODE
        assert g.run() is None
        value = g.reg(VALUE[isa]) & 0xFFFFFFFF
        assert value.to_bytes(4, order) == index.to_bytes(4, "little")
