"""Signal frames as bytes: what a handler finds in its ABI's own structures, and the way back."""

import random
import struct

import pytest

from emu.arch.abi import Abi
from emu.arch.signal_frame import BadFrame, Delivery, FaultRecord
from emu.arch.user_state import UserState
from emu.kernel.signal.sigset import sigset_size

ABIS = [
    ("x86-64", None), ("x32", None), ("i386", None), ("arm64", None), ("arm-eabi", None),
    ("arm-oabi", None), ("riscv64", None), ("riscv32", None), ("mips-o32", "big"),
    ("mips-o32", "little"), ("mips-n32", "big"), ("mips-n32", "little"), ("mips-n64", "big"),
    ("mips-n64", "little"),
]  # fmt: skip
STACK = 0x7FFF3458
HANDLER, RETURN = 0x401000, 0x402000
SEGMENTS = {"cs": 0x73, "ss": 0x7B, "ds": 0x7B, "es": 0x7B, "fs": 0, "gs": 0x33}
FLAGS = {"x86-64": 0x246, "x32": 0x246, "i386": 0x246, "arm64": 0x60000000,
         "arm-eabi": 0x60000010, "arm-oabi": 0x60000010}  # fmt: skip

every_abi = pytest.mark.parametrize(("name", "order"), ABIS)
both_kinds = pytest.mark.parametrize("siginfo", [False, True])


def some_state(abi):
    draw = random.Random(abi.name)
    bits = abi.isa.word_bits
    general = [draw.getrandbits(bits - 1) for _ in abi.isa.registers]
    if abi.name.startswith(("mips", "riscv")):
        general[0] = 0
    general[abi.convention.stack_pointer] = STACK
    special = {}
    if abi.name in ("x86-64", "x32"):
        special = {"cs": 0x33, "ss": 0x2B}
    elif abi.name == "i386":
        special = dict(SEGMENTS)
    elif abi.name.startswith("mips"):
        special = {"hi": draw.getrandbits(bits), "lo": draw.getrandbits(bits)}
    state = UserState(general, 0x400000, FLAGS.get(abi.name, 0), special, some_fp(abi, draw))
    if abi.isa.name == "arm":
        general[15] = state.pc
    return state


def some_fp(abi, draw):
    match abi.name:
        case "x86-64" | "x32" | "i386":
            head = struct.pack("<HHBBHQQII", 0x27F, 3 << 11, 0x81, 0, 0, 0, 0, 0x1FA0, 0xFFFF)
            stack = b"".join(draw.randbytes(10) + bytes(6) for _ in range(8))
            return (head + stack + draw.randbytes(256)).ljust(512, b"\0")
        case "arm64":
            return draw.randbytes(520)
        case _ if abi.name.startswith("mips"):
            return draw.randbytes(256) + bytes(4)
        case _:
            return draw.randbytes(256) + struct.pack("<I", 0x40000)


def a_delivery(abi, siginfo, **changes):
    values = {
        "signal": 10, "handler": HANDLER, "siginfo": siginfo, "info": bytes(range(128)),
        "mask": bytes(range(1, sigset_size(abi) + 1)), "return_address": RETURN,
        "altstack": (0x5000, 2, 0x2000), "fault": FaultRecord(14, 6, 0x1234),
    }  # fmt: skip
    return Delivery(**(values | changes))


class Memory:
    def __init__(self, frame):
        self.pieces = frame.pieces

    def read(self, address, count):
        data = bytearray(count)
        for start, piece in self.pieces:
            for index, byte in enumerate(piece):
                if 0 <= start + index - address < count:
                    data[start + index - address] = byte
        return bytes(data)


def copy_of(state):
    return UserState(list(state.general), state.pc, state.flags, dict(state.special), state.fp)


def back_at_sigreturn(abi, state, siginfo):
    """The stack pointer when the handler has returned and its trampoline makes the call."""
    popped = {"x86-64": 8, "x32": 8, "i386": 4 if siginfo else 8}.get(abi.name, 0)
    state.general[abi.convention.stack_pointer] += popped


@every_abi
@both_kinds
def test_sigreturn_gives_back_every_register(name, order, siginfo):
    abi = Abi.load(name, order)
    state = some_state(abi)
    before = copy_of(state)
    frame = abi.frames.build(state, STACK, a_delivery(abi, siginfo))
    assert state.pc == HANDLER
    memory = Memory(frame)
    other = copy_of(before)
    other.general = [number * 3 for number in range(len(other.general))]
    other.general[abi.convention.stack_pointer] = state.general[abi.convention.stack_pointer]
    other.special = dict.fromkeys(other.special, 0)
    other.fp = bytes(len(other.fp))
    back_at_sigreturn(abi, other, siginfo)
    rt = siginfo or name not in ("i386", "arm-eabi", "arm-oabi", "mips-o32")
    restored = abi.frames.parse(memory.read, other, rt)
    if name in ("x86-64", "x32"):
        before.special = other.special  # 64-bit segments are fixed
    assert other.general == before.general
    assert (other.pc, other.flags, other.special) == (before.pc, before.flags, before.special)
    assert same_fp(abi, other.fp, before.fp)
    assert restored.mask == a_delivery(abi, siginfo).mask
    assert restored.altstack == ((0x5000, 2, 0x2000) if rt else None)


def same_fp(abi, one, other):
    # The software's bytes at FXSAVE's end are the frame's own.
    end = 464 if abi.name in ("x86-64", "x32", "i386") else len(one)
    return one[:end] == other[:end]


@every_abi
def test_the_frame_is_the_abis_own_structure(name, order):
    abi = Abi.load(name, order)
    state = some_state(abi)
    before = copy_of(state)
    frame = abi.frames.build(state, STACK, a_delivery(abi, True))
    layout = abi.layout("rt_sigframe")
    raw = Memory(frame).read(frame.address, layout.size)
    info = {"x86-64": "info", "arm64": "info", "riscv64": "info"}.get(name)
    info = next(field for field in (info, "info", "rs_info") if field in layout.fields)
    assert raw[layout.find(info).offset :][:128] == bytes(range(128))
    places = {
        "x86-64": ("uc.uc_mcontext.rip", "uc.uc_mcontext.rbx", 3),
        "x32": ("uc.uc_mcontext.rip", "uc.uc_mcontext.rbx", 3),
        "i386": ("uc.uc_mcontext.eip", "uc.uc_mcontext.ebx", 3),
        "arm64": ("uc.uc_mcontext.pc", "uc.uc_mcontext.sp", 31),
        "arm-eabi": ("sig.uc.uc_mcontext.arm_pc", "sig.uc.uc_mcontext.arm_ip", 12),
        "arm-oabi": ("sig.uc.uc_mcontext.arm_pc", "sig.uc.uc_mcontext.arm_ip", 12),
    }
    if name.startswith("riscv"):
        pc, one, number = "uc.uc_mcontext.sc_regs.pc", "uc.uc_mcontext.sc_regs.s11", 27
    elif name.startswith("mips"):
        pc, one, number = "rs_uc.uc_mcontext.sc_pc", "rs_uc.uc_mcontext.sc_mdhi", None
    else:
        pc, one, number = places[name]
    assert field_value(layout, raw, pc) == before.pc
    wanted = before.special["hi"] if number is None else before.general[number]
    assert field_value(layout, raw, one) & abi.isa.word_mask == wanted


def field_value(layout, raw, name):
    offset, code = layout.field(name)
    return struct.unpack_from(code, raw, offset)[0]


@pytest.mark.parametrize("name", ["x86-64", "x32"])
def test_x86_64_keeps_the_red_zone_and_alignment(name):
    abi = Abi.load(name)
    state = some_state(abi)
    frame = abi.frames.build(state, STACK - abi.frames.red_zone, a_delivery(abi, True))
    assert abi.frames.red_zone == 128
    assert (frame.address + 8) % 16 == 0
    fpstate = frame.pieces[0][0]
    assert fpstate % 64 == 0 and fpstate + 512 <= STACK - 128
    assert state.general[7] == 10
    assert state.general[6] == frame.address + abi.layout("rt_sigframe").find("info").offset
    assert state.general[2] == frame.address + 8
    assert state.general[0] == (0 if name == "x86-64" else some_state(abi).general[0])


def test_x86_handlers_begin_with_a_fresh_fpu_and_clear_flags():
    abi = Abi.load("x86-64")
    state = some_state(abi)
    state.flags = 0x246 | 0x400 | 0x100
    abi.frames.build(state, STACK, a_delivery(abi, True))
    assert state.flags == 0x246
    assert state.fp[:2] == b"\x7f\x03" and state.fp[24:28] == b"\x80\x1f\0\0"


def test_x86_64_has_no_way_back_without_a_restorer():
    abi = Abi.load("x86-64")
    with pytest.raises(BadFrame):
        abi.frames.build(some_state(abi), STACK, a_delivery(abi, True, return_address=None))


def test_i386_handlers_may_take_their_arguments_in_registers():
    abi = Abi.load("i386")
    state = some_state(abi)
    frame = abi.frames.build(state, STACK, a_delivery(abi, False))
    assert state.general[:3] == [10, 0, 0]
    assert (frame.address + 4) % 16 == 0
    assert Memory(frame).read(frame.address, 8) == struct.pack("<II", RETURN, 10)


def test_i386_takes_x87_registers_from_the_old_part_of_the_state():
    abi = Abi.load("i386")
    state = some_state(abi)
    frame = abi.frames.build(state, STACK, a_delivery(abi, True))
    pieces = [[address, bytearray(data)] for address, data in frame.pieces]
    pieces[0][1][28:38] = bytes(range(10))  # _st[0]
    back_at_sigreturn(abi, state, True)
    frame.pieces[:] = [(address, bytes(data)) for address, data in pieces]
    abi.frames.parse(Memory(frame).read, state, True)
    assert state.fp[32:42] == bytes(range(10))


def test_arm_handlers_leave_their_instruction_set_behind():
    abi = Abi.load("arm-eabi")
    state = some_state(abi)
    state.flags = 0x10 | 0x20 | 0x0600FC00 | 0x80000000
    abi.frames.build(state, STACK, a_delivery(abi, False))
    assert (state.pc, state.flags) == (HANDLER, 0x10)
    abi.frames.build(state, STACK, a_delivery(abi, False, handler=HANDLER | 1))
    assert (state.pc, state.flags) == (HANDLER, 0x30)


def test_arm64_has_a_frame_record_above_and_tells_of_the_fault():
    abi = Abi.load("arm64")
    state = some_state(abi)
    fp, lr = state.general[29], state.general[30]
    frame = abi.frames.build(state, STACK, a_delivery(abi, True))
    memory = Memory(frame)
    assert memory.read(state.general[29], 16) == struct.pack("<QQ", fp, lr)
    records = frame.address + abi.layout("rt_sigframe").find("uc.uc_mcontext.__reserved").offset
    raw = memory.read(records, 576)
    assert struct.unpack_from("<II", raw) == (0x46508001, 528)
    assert struct.unpack_from("<IIQ", raw, 528) == (0x45535201, 16, 6)
    assert struct.unpack_from("<II", raw, 544) == (0, 0)


def damaged(abi, siginfo, change):
    """A frame's memory after `change` was made to the bytes at an address."""
    state = some_state(abi)
    frame = abi.frames.build(state, STACK, a_delivery(abi, siginfo))
    where, data = change(abi, frame)
    frame.pieces.append((where, data))
    back_at_sigreturn(abi, state, siginfo)
    return state, Memory(frame)


def at(name, data):
    def change(abi, frame):
        return frame.address + abi.layout("rt_sigframe").find(name).offset, data

    return change


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("x86-64", lambda abi, frame: (frame.pieces[0][0] + 24, b"\xff\xff\xff\xff")),
        ("arm64", at("uc.uc_mcontext.__reserved", bytes(8))),
        ("arm64", at("uc.uc_mcontext.__reserved", struct.pack("<II", 0x46508001, 8))),
        ("arm64", at("uc.uc_mcontext.__reserved", struct.pack("<II", 0x12345678, 16))),
        ("arm64", at("uc.uc_mcontext.pstate", struct.pack("<Q", 5))),
        ("arm-eabi", at("sig.uc.uc_mcontext.arm_cpsr", struct.pack("<I", 0x13))),
        ("arm-eabi", at("sig.uc.uc_regspace", bytes(8))),
        ("riscv64", at("uc.uc_mcontext.sc_extdesc.reserved", b"\1\0\0\0")),
        ("riscv64", at("uc.uc_mcontext.sc_extdesc.hdr.magic", b"\1\0\0\0")),
        ("mips-n64", at("rs_uc.uc_mcontext.sc_used_math", struct.pack(">I", 16))),
    ],
)
def test_nonsense_in_a_frame_is_refused(name, change):
    abi = Abi.load(name)
    state, memory = damaged(abi, True, change)
    with pytest.raises(BadFrame):
        abi.frames.parse(memory.read, state, True)


@pytest.mark.parametrize(("name", "step"), [("arm64", 8), ("arm-eabi", 4)])
def test_a_crooked_stack_is_refused(name, step):
    abi = Abi.load(name)
    state = some_state(abi)
    frame = abi.frames.build(state, STACK, a_delivery(abi, True))
    state.general[abi.convention.stack_pointer] += step
    with pytest.raises(BadFrame):
        abi.frames.parse(Memory(frame).read, state, True)


def test_x86_decides_which_flags_a_frame_sets():
    abi = Abi.load("x86-64")
    state, memory = damaged(abi, True, at("uc.uc_mcontext.eflags", b"\xff" * 8))
    state.flags = 0x202
    abi.frames.parse(memory.read, state, True)
    assert state.flags == 0x202 | 0x50DD5


def test_pending_mips_exceptions_become_a_signal():
    abi = Abi.load("mips-o32")
    change = at("rs_uc.uc_mcontext.sc_fpc_csr", struct.pack(">I", 0x10000 | 0x800 | 3))
    state, memory = damaged(abi, True, change)
    assert abi.frames.parse(memory.read, state, True).trap == "SIGFPE"
    assert state.fp[256:] == struct.pack(">I", 0x803)


def test_registers_of_32_bit_mips_are_sign_extended():
    abi = Abi.load("mips-o32")
    state = some_state(abi)
    state.general[5] = 0x80000001
    frame = abi.frames.build(state, STACK, a_delivery(abi, True))
    layout = abi.layout("rt_sigframe")
    offset = layout.find("rs_uc.uc_mcontext.sc_regs").offset + 5 * 8
    assert Memory(frame).read(frame.address + offset, 8) == bytes.fromhex("ffffffff80000001")
