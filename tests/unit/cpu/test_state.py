"""Register state: saved, restored, reset, and the same by window and by library."""

import mmap

import pytest

from emu.arch.isa import ISAS
from emu.cpu import create_cpu, models
from emu.cpu.registers import LibraryState, WindowState
from tests.unit.cpu.support import ALL_ISAS, CODE, DATA, TRAP, R, W, assemble, words

EVERY_ISA = pytest.mark.parametrize("isa", ALL_ISAS)
FIXED = {"riscv64": (0,), "riscv32": (0,), "arm": (15,)}
MIPS_FIXED = (0,)


def writable(isa):
    fixed = MIPS_FIXED if isa.startswith("mips") else FIXED.get(isa, ())
    return [n for n in range(len(ISAS[isa].registers)) if n not in fixed]


@EVERY_ISA
def test_the_window_is_found_on_this_host(isa, monkeypatch):
    monkeypatch.delenv("EMU_REGISTER_WINDOW", raising=False)
    cpu = create_cpu(ISAS[isa], mmap.mmap(-1, 1 << 20))
    assert isinstance(cpu.state, WindowState)
    cpu.close()


@EVERY_ISA
def test_the_environment_can_forbid_the_window(isa, monkeypatch):
    monkeypatch.setenv("EMU_REGISTER_WINDOW", "0")
    cpu = create_cpu(ISAS[isa], mmap.mmap(-1, 1 << 20))
    assert isinstance(cpu.state, LibraryState)
    cpu.close()


@EVERY_ISA
def test_every_register_is_at_its_hardware_number(guest, isa):
    g = guest(isa)
    for number in writable(isa):
        g.cpu.registers[number] = 0x1000 + number
    for number in writable(isa):
        assert g.cpu.registers[number] == 0x1000 + number
        assert g.cpu.access.read(g.cpu.names.general[number]) == 0x1000 + number


@EVERY_ISA
def test_save_and_restore_are_exact(guest, isa):
    g = guest(isa)
    for number in writable(isa):
        g.cpu.registers[number] = 3 * number
    g.cpu.pc = CODE
    g.cpu.thread_pointer = 0x1234560
    state = g.cpu.save()
    pointer = g.cpu.thread_pointer
    g.cpu.reset()
    assert g.cpu.pc == 0
    g.cpu.restore(state)
    assert [g.cpu.registers[n] for n in writable(isa)][2:] == [3 * n for n in writable(isa)][
        2:
    ] or (isa.startswith("riscv"))
    assert g.cpu.pc == CODE
    assert g.cpu.thread_pointer == pointer
    assert g.cpu.save() == state


@EVERY_ISA
def test_reset_clears_what_the_last_process_left(guest, isa):
    g = guest(isa)
    for number in writable(isa):
        g.cpu.registers[number] = 5
    g.cpu.thread_pointer = 0x5000
    g.cpu.pc = CODE
    g.cpu.reset()
    assert [g.cpu.registers[n] for n in writable(isa)] == [0] * len(writable(isa))
    assert g.cpu.pc == 0
    if isa != "i386":
        assert g.cpu.thread_pointer == 0
    g.load(TRAP[isa])
    assert g.run() is None


@EVERY_ISA
def test_restoring_keeps_the_address_space(guest, isa):
    g = guest(isa)
    state = g.cpu.save()
    g.load(TRAP[isa])
    g.run()
    g.cpu.restore(state)
    g.cpu.pc = CODE
    assert g.run() is None


READ_THREAD_POINTER = {
    "x86-64": (lambda: assemble("x86-64", "mov rax, fs:[0]"), "rax"),
    "arm64": (lambda: assemble("arm64", "mrs x0, tpidr_el0; ldr x0, [x0]"), "x0"),
    "arm": (lambda: words("arm", 0xEE1D0F70) + assemble("arm", "ldr r0, [r0]"), "r0"),
    "riscv64": (lambda: words("riscv64", 0x00023503), "a0"),
    "riscv32": (lambda: words("riscv32", 0x00022503), "a0"),
    "mips": (lambda: words("mips", 0x7C03E83B, 0x8C620000), "v0"),
    "mipsel": (lambda: words("mipsel", 0x7C03E83B, 0x8C620000), "v0"),
    "mips64": (lambda: words("mips64", 0x7C03E83B, 0xDC620000), "v0"),
    "mips64el": (lambda: words("mips64el", 0x7C03E83B, 0xDC620000), "v0"),
    "i386": (lambda: assemble("i386", "mov eax, 0x33; mov gs, ax; mov eax, gs:[0]"), "eax"),
}


@EVERY_ISA
def test_user_code_reaches_its_thread_local_storage(guest, isa):
    g = guest(isa)
    code, result = READ_THREAD_POINTER[isa]
    order = "big" if g.isa.big_endian else "little"
    g.map(DATA, R | W, (0x5EC0DE).to_bytes(g.isa.word_bits // 8, order))
    g.load(code())
    g.cpu.thread_pointer = DATA
    assert g.cpu.thread_pointer == DATA
    assert g.run() is None
    assert g.reg(result) == 0x5EC0DE


def test_i386_has_three_thread_segments(guest):
    g = guest("i386")
    g.map(DATA, R | W, bytes(range(16)))
    for index in (6, 7, 8):
        g.cpu.set_tls_entry(index, DATA + index, 0xFFFFF, 0x51)
        g.asm(f"mov eax, {8 * index + 3}; mov gs, ax; movzx eax, byte ptr gs:[1]")
        g.cpu.invalidate_code(g.pages[CODE >> 12] & -4096)
        assert g.run() is None
        assert g.reg("eax") == index + 1
        assert g.cpu.tls_base(index) == DATA + index
    with pytest.raises(ValueError, match="not for threads"):
        g.cpu.set_tls_entry(9, 0, 0, 0)


def test_i386_threads_have_their_own_segments(guest):
    g = guest("i386")
    g.map(DATA, R | W, bytes(range(64)))
    load = "mov eax, 0x33; mov gs, ax; int 0x80; "
    g.asm(load + "movzx eax, byte ptr gs:[0]; int 0x80; mov gs, bx; movzx eax, byte ptr gs:[0]")
    g.cpu.thread_pointer = DATA + 10
    assert g.run() is None
    one = g.cpu.save()
    g.cpu.thread_pointer = DATA + 20
    g.set("ebx", 0x33)
    two = g.cpu.save()
    assert g.run() is None
    assert g.reg("eax") == 20  # Changing the entry in use takes effect at once.
    g.cpu.restore(one)
    g.set("ebx", 0x33)
    assert (g.run(), g.reg("eax")) == (None, 10)
    assert (g.run(), g.reg("eax")) == (None, 10)
    g.cpu.restore(two)
    g.run()
    assert (g.run(), g.reg("eax")) == (None, 20)


def test_i386_segments_have_limits(guest):
    g = guest("i386")
    g.map(DATA, R | W)
    g.cpu.set_tls_entry(6, DATA, 15, 0x41)
    g.asm("mov eax, 0x33; mov gs, ax; mov eax, gs:[12]; mov eax, gs:[14]")
    fault = g.run()
    assert fault is None or (fault.signal, fault.code) == ("SIGSEGV", "SI_KERNEL")


def test_i386_refuses_kernel_segments(guest):
    g = guest("i386")
    g.asm("mov eax, 0x60; mov ds, ax")
    fault = g.run()
    assert (fault.signal, fault.code, fault.pc) == ("SIGSEGV", "SI_KERNEL", CODE + 5)


def test_x86_64_has_a_gs_base(guest):
    g = guest("x86-64")
    g.map(DATA, R | W, b"\x2a")
    g.cpu.gs_base = DATA
    g.asm("movzx eax, byte ptr gs:[0]")
    assert g.run() is None
    assert (g.reg("rax"), g.cpu.gs_base) == (42, DATA)


@pytest.mark.parametrize("isa", ["x86-64", "i386", "arm", "arm64"])
def test_only_user_flags_can_be_written(guest, isa):
    g = guest(isa)
    before = g.cpu.flags
    g.cpu.flags = 0xFFFFFFFF & ~0x40100 if isa != "arm" else 0xF000001F
    if isa in ("x86-64", "i386"):
        assert g.cpu.flags & 0x3000 == 0  # the I/O privilege level
        assert g.cpu.flags & 0x200
        g.cpu.flags = before
    if isa == "arm":
        assert g.cpu.flags & 0x1F == 0x10  # still user mode
        assert g.cpu.flags >> 28 == 0xF
    g.load(TRAP[isa])
    assert g.run() is None


@EVERY_ISA
def test_every_model_runs(isa):
    for model in models(ISAS[isa]):
        cpu = create_cpu(ISAS[isa], mmap.mmap(-1, 1 << 20), model=model)
        cpu.use({CODE >> 12: 0x1000 | 5}, lambda page, access: 0)
        cpu.ram[0x1000 : 0x1000 + len(TRAP[isa])] = TRAP[isa]
        cpu.on_trap(next(iter(cpu.ways)), cpu.stop)
        for way in cpu.ways:
            cpu.on_trap(way, cpu.stop)
        cpu.pc = CODE
        assert cpu.run() is None, model
        cpu.close()


def test_an_unknown_model_is_refused():
    with pytest.raises(ValueError, match="x86-64 has no CPU model 'z80'"):
        create_cpu(ISAS["x86-64"], mmap.mmap(-1, 1 << 20), model="z80")
