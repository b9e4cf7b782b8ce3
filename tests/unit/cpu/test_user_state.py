"""All registers at once, floating point included, as signal frames save and set them."""

import random
import struct

import pytest

from tests.unit.cpu.support import ALL_ISAS, CODE, DATA, R, W, assemble, words

EVERY_ISA = pytest.mark.parametrize("isa", ALL_ISAS)
X86 = pytest.mark.parametrize("isa", ["x86-64", "i386"])
RISCV = pytest.mark.parametrize("isa", ["riscv64", "riscv32"])


def some_fp(g):
    draw = random.Random(g.isa.name)
    match g.isa.name:
        case "x86-64" | "i386":
            head = struct.pack("<HHBBHQQII", 0x27F, 3 << 11, 0x81, 0, 0, 0, 0, 0x1FA0, 0xFFFF)
            stack = b"".join(draw.randbytes(10) + bytes(6) for _ in range(8))
            vectors = draw.randbytes(256 if g.isa.name == "x86-64" else 128)
            return (head + stack + vectors).ljust(512, b"\0")
        case "arm64":
            return draw.randbytes(512) + struct.pack("<II", 0x13, 1 << 22)
        case "arm":
            return draw.randbytes(256) + struct.pack("<I", 0x60000013)
        case "riscv64" | "riscv32":
            return draw.randbytes(256) + struct.pack("<I", 0x33)
        case "mips" | "mipsel":
            doubles = b"".join(draw.randbytes(8) + bytes(8) for _ in range(16))
            return doubles + struct.pack(g.isa.byte_order + "I", 0x83)
        case _:
            return draw.randbytes(256) + struct.pack(g.isa.byte_order + "I", 0x83)


@EVERY_ISA
def test_what_is_set_is_what_is_read(guest, isa):
    g = guest(isa)
    state = g.cpu.user_state()
    state.general = [0x1000 + number for number in range(len(state.general))]
    state.pc = CODE
    if isa.startswith(("riscv", "mips")):
        state.general[0] = 0
    if isa == "arm":
        state.general[15] = CODE
    if isa.startswith("mips"):
        state.special = {"hi": 77, "lo": 78}
    state.flags |= {"x86-64": 0x8D5, "i386": 0x8D5, "arm": 0xF0000000, "arm64": 0xF0000000}.get(
        isa, 0
    )
    state.fp = some_fp(g)
    g.cpu.set_user_state(state)
    assert g.cpu.user_state() == state


@X86
def test_the_x86_image_is_what_fxsave_stores(guest, isa):
    g = guest(isa)
    g.map(DATA, W | R)
    state = g.cpu.user_state()
    state.fp = some_fp(g)
    g.cpu.set_user_state(state)
    g.asm(f"fxsave [{DATA:#x}]")
    assert g.run() is None
    stored = g.read(DATA, 416)
    assert stored == g.cpu.fp[:416]


@X86
def test_an_x86_program_sees_the_image(guest, isa):
    g = guest(isa)
    g.map(DATA, W | R)
    image = bytearray(g.cpu.fp)
    image[2:4] = struct.pack("<H", 7 << 11)
    image[4] = 0x80
    image[32:42] = struct.pack("<QH", 0xC000000000000000, 0x4000)  # 3.0
    image[160:176] = bytes(range(16))
    g.cpu.fp = bytes(image)
    g.asm(f"fstp qword ptr [{DATA:#x}]; movups [{DATA + 16:#x}], xmm0")
    assert g.run() is None
    assert g.read(DATA, 8) == struct.pack("<d", 3.0)
    assert g.read(DATA + 16, 16) == bytes(range(16))


def test_o32_doubles_are_pairs_of_registers(guest):
    g = guest("mips")
    g.map(DATA, W | R)
    image = bytearray(g.cpu.fp)
    image[16:24] = struct.pack(">d", 1.25)
    g.cpu.fp = bytes(image)
    g.asm(f"lui $t0, {DATA >> 16:#x}; sdc1 $f2, 0($t0); mtc1 $zero, $f3; nop")
    assert g.run() is None
    assert g.read(DATA, 8) == struct.pack(">d", 1.25)
    assert g.cpu.fp[16:24] == bytes(8)


@RISCV
def test_exception_flags_are_part_of_what_is_saved(guest, isa):
    g = guest(isa)
    clean = g.cpu.save()
    state = g.cpu.user_state()
    state.fp = state.fp[:256] + struct.pack("<I", 0x1F)
    g.cpu.set_user_state(state)
    dirty = g.cpu.save()
    g.cpu.restore(clean)
    assert g.cpu.fp[256:] == bytes(4)
    g.cpu.restore(dirty)
    assert g.cpu.fp[256:] == struct.pack("<I", 0x1F)


@RISCV
def test_a_riscv_program_sees_its_rounding_mode(guest, isa):
    g = guest(isa)
    g.cpu.fp = bytes(256) + struct.pack("<I", 0x41)
    g.load(words(isa, 0x00302573))  # csrr a0, fcsr
    assert g.run() is None
    assert g.reg("a0") == 0x41


@pytest.mark.parametrize("selector", [0, 3, 0x33, 0x3B, 0x73, 0x7B, 0x60, 0x68, 0x77, 0xFFFF])
def test_no_i386_selector_can_hurt(guest, selector):
    g = guest("i386")
    state = g.cpu.user_state()
    old = dict(state.special)
    state.special.update(dict.fromkeys(("ds", "es", "fs", "gs", "ss", "cs"), selector))
    g.cpu.set_user_state(state)
    now = g.cpu.special
    usable = selector in (0x73, 0x7B)
    assert {now[name] for name in ("ds", "es", "fs", "gs")} <= {selector if usable else 0}
    assert (now["cs"], now["ss"]) == (old["cs"], old["ss"])


def test_i386_thread_segments_come_back(guest):
    g = guest("i386")
    g.cpu.set_tls_entry(6, 0x1234, 0xFFFFF, 0x51)
    state = g.cpu.user_state()
    state.special["gs"] = 0x33
    g.cpu.set_user_state(state)
    assert g.cpu.special["gs"] == 0x33


def test_arm_state_keeps_its_instruction_set(guest):
    g = guest("arm")
    g.map(CODE, R | W)
    state = g.cpu.user_state()
    state.pc, state.flags = CODE, state.flags | 0x20
    g.cpu.set_user_state(state)
    assert g.cpu.thumb and g.cpu.pc == CODE
    g.load(assemble("thumb", "movs r0, #7; svc #0"))
    g.cpu.set_user_state(state)
    assert g.run() is None
    assert g.reg("r0") == 7


def test_a_mips_exception_is_not_raised_again_by_restoring_its_state(guest):
    g = guest("mips")
    pending = 0x8000 | 0x400 | 3  # division by zero, happened and enabled
    g.cpu.fp = g.cpu.fp[:256] + struct.pack(">I", pending)
    assert g.cpu.fp[256:] == struct.pack(">I", 0x403)


def test_a_mips_handler_can_run_after_a_floating_point_exception(guest):
    g = guest("mips")
    g.cpu.fp = g.cpu.fp[:256] + struct.pack(">I", 0x400)
    g.asm("mtc1 $zero, $f4; mtc1 $zero, $f5; div.d $f0, $f2, $f4; nop")
    g.cpu.fp = bytes(16) + struct.pack(">d", 1.0) + bytes(232) + struct.pack(">I", 0x400)
    fault = g.run()
    assert (fault.signal, fault.code) == ("SIGFPE", "FPE_FLTDIV")
    g.cpu.set_user_state(g.cpu.user_state())
