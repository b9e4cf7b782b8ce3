"""Translated code: it must never outlive the bytes it came from."""

import pytest

from emu.arch.cpu import PAGE_SIZE
from tests.unit.cpu.support import ALL_ISAS, CODE, DATA, TRAP, R, W, X, assemble, words

EVERY_ISA = pytest.mark.parametrize("isa", ALL_ISAS)
RESULT = {
    "x86-64": "rax", "i386": "eax", "arm64": "x0", "arm": "r0", "riscv64": "a0", "riscv32": "a0",
    "mips": "v1", "mipsel": "v1", "mips64": "v1", "mips64el": "v1",
}  # fmt: skip
ALIAS = 0x900000


def answer(isa, value):
    """Code that puts a small number into the result register, and traps."""
    if isa.startswith("riscv"):
        code = words(isa, value << 20 | 10 << 7 | 0x13)  # li a0, value
    elif isa.startswith("mips"):
        code = words(isa, 0x24030000 | value)  # li $v1, value
    else:
        text = {
            "x86-64": f"mov eax, {value}", "i386": f"mov eax, {value}",
            "arm64": f"mov x0, #{value}", "arm": f"mov r0, #{value}",
        }  # fmt: skip
        code = assemble(isa, text[isa])
    return code + TRAP[isa]


def run_at(g, address):
    g.cpu.pc = address
    assert g.run() is None
    return g.reg(RESULT[g.isa.name])


@EVERY_ISA
def test_a_host_write_is_seen_after_invalidation(guest, isa):
    g = guest(isa)
    frame = g.map(CODE, R | X, answer(isa, 1))
    assert run_at(g, CODE) == 1
    assert frame in g.cpu.code_frames
    g.ram[frame : frame + len(answer(isa, 2))] = answer(isa, 2)
    g.cpu.invalidate_code(frame)
    assert frame not in g.cpu.code_frames
    assert run_at(g, CODE) == 2


@EVERY_ISA
def test_invalidation_reaches_code_of_other_address_spaces(guest, isa):
    g = guest(isa)
    frame = g.map(CODE, R | X, answer(isa, 1))
    assert run_at(g, CODE) == 1
    g.cpu.use({}, g.fault)
    g.ram[frame : frame + len(answer(isa, 2))] = answer(isa, 2)
    g.cpu.invalidate_code(frame)
    g.cpu.use({0x777: frame | R | X, CODE >> 12: frame | R | X}, g.fault)
    assert run_at(g, 0x777000) == 2
    assert run_at(g, CODE) == 2


@EVERY_ISA
def test_invalidation_does_not_disturb_a_page_of_the_guest_anywhere(guest, isa):
    g = guest(isa)
    frame = g.map(CODE, R | X, answer(isa, 1))
    g.map(0x7FFFF000, R | X, answer(isa, 3))
    assert run_at(g, 0x7FFFF000) == 3
    run_at(g, CODE)
    g.cpu.invalidate_code(frame)
    assert run_at(g, 0x7FFFF000) == 3
    assert g.asked == []


@EVERY_ISA
def test_translations_survive_a_switch_of_address_spaces(guest, isa):
    g = guest(isa)
    frame = g.map(CODE, R | X, answer(isa, 1))
    run_at(g, CODE)
    g.cpu.use(dict(g.pages), g.fault)
    assert frame in g.cpu.code_frames
    assert run_at(g, CODE) == 1


@EVERY_ISA
def test_code_written_by_the_guest_between_mprotects_is_seen(guest, isa):
    """W^X: run, make writable, write through the CPU, make executable, run."""
    g = guest(isa)
    frame = g.map(CODE, R | X, answer(isa, 1))
    assert run_at(g, CODE) == 1
    for value in (2, 3, 4):
        g.pages[CODE >> 12] = frame | R | W
        g.cpu.flush_tlb()
        guest_copies(g, answer(isa, value), CODE)
        g.pages[CODE >> 12] = frame | R | X
        g.cpu.flush_tlb()
        assert run_at(g, CODE) == value


@EVERY_ISA
def test_code_written_through_another_mapping_is_seen(guest, isa):
    g = guest(isa)
    frame = g.map(CODE, R | X, answer(isa, 1))
    g.map(ALIAS, R | W, frame=frame)
    run_at(g, CODE)
    for value in (2, 3, 4, 5):
        guest_copies(g, answer(isa, value), ALIAS)
        assert run_at(g, CODE) == value


@EVERY_ISA
def test_code_written_in_a_writable_and_executable_page_is_seen(guest, isa):
    g = guest(isa)
    g.map(DATA, R | W | X, answer(isa, 1))
    assert run_at(g, DATA) == 1
    for value in (2, 3, 4, 5):
        guest_copies(g, answer(isa, value), DATA)
        assert run_at(g, DATA) == value


def guest_copies(g, data, target):
    """Let the guest's own instructions store `data`, byte by byte."""
    isa = g.isa.name
    if isa.startswith("riscv"):
        store = words(isa, 0x00B60023)  # sb a1, 0(a2)
        pointer, value = "a2", "a1"
    elif isa.startswith("mips"):
        store = words(isa, 0xA0A40000)  # sb $a0, 0($a1)
        pointer, value = "a1", "a0"
    else:
        text, pointer, value = {
            "x86-64": ("mov [rbx], cl", "rbx", "rcx"), "i386": ("mov [ebx], cl", "ebx", "ecx"),
            "arm64": ("strb w1, [x2]", "x2", "x1"), "arm": ("strb r1, [r2]", "r2", "r1"),
        }[isa]  # fmt: skip
        store = assemble(isa, text)
    stub = 0xA00000
    if stub >> 12 not in g.pages:
        g.map(stub, R | X, store + TRAP[isa])
    for offset, byte in enumerate(data):
        g.set(pointer, target + offset)
        g.set(value, byte)
        g.cpu.pc = stub
        assert g.run() is None


@pytest.mark.parametrize("isa", ["x86-64", "i386"])
@pytest.mark.parametrize("rounds", [1, 5])
def test_x86_sees_a_store_into_the_very_next_instruction(guest, isa, rounds):
    g = guest(isa)
    wide = "r" if isa == "x86-64" else "e"
    text = f"""
        mov ecx, {rounds}
    again:
        mov byte ptr [{wide}bx], cl
        mov al, 0x55
        add edx, eax
        dec ecx
        jnz again
    """
    code = assemble(isa, text)
    g.map(DATA, R | W | X, code + TRAP[isa])
    g.set(f"{wide}bx", DATA + code.index(b"\xb0\x55") + 1)
    g.set(f"{wide}ax", 0)
    g.set(f"{wide}dx", 0)
    g.cpu.pc = DATA
    assert g.run() is None
    assert g.reg(f"{wide}dx") == sum(range(1, rounds + 1))


@pytest.mark.parametrize("isa", ["x86-64", "i386"])
def test_an_executable_stack_with_a_trampoline_works(guest, isa):
    """As gcc's nested functions: code on the stack that pushes and calls on the same page."""
    g = guest(isa)
    sp = "rsp" if isa == "x86-64" else "esp"
    wide = sp[0]
    body = f"push {wide}ax; pop {wide}dx; push {wide}dx; add {sp}, 8; inc {wide}ax"
    code = assemble(isa, "; ".join([body] * 20))
    if isa == "i386":
        code = assemble(isa, "; ".join([body.replace("8", "4")] * 20))
    g.map(DATA, R | W | X, code + TRAP[isa])
    g.set(sp, DATA + PAGE_SIZE - 64)
    g.set(f"{wide}ax", 0)
    g.cpu.pc = DATA
    assert g.run() is None
    assert g.reg(f"{wide}ax") == 20


@EVERY_ISA
def test_remapping_a_page_to_other_code_needs_a_flush_only(guest, isa):
    g = guest(isa)
    g.map(CODE, R | X, answer(isa, 1))
    assert run_at(g, CODE) == 1
    g.map(CODE, R | X, answer(isa, 2))
    g.cpu.flush_tlb()
    assert run_at(g, CODE) == 2
