"""Exceptions of user code, as the signals that Linux makes of them."""

import pytest

from tests.unit.cpu.support import CODE, DATA, MIPS_ISAS, R, W, assemble, words

NOP = {
    "x86-64": b"\x90" * 4, "i386": b"\x90" * 4,
    "arm64": (0xD503201F).to_bytes(4, "little"), "arm": (0xE320F000).to_bytes(4, "little"),
    "riscv64": (0x13).to_bytes(4, "little"), "riscv32": (0x13).to_bytes(4, "little"),
}  # fmt: skip
X86 = ("x86-64", "i386")
RISCV = ("riscv64", "riscv32")


def cases():
    for isa in X86:
        for text, signal, code, at, address in (
            ("ud2", "SIGILL", "ILL_ILLOPN", 0, None),
            ("xor edx, edx; xor ecx, ecx; div ecx", "SIGFPE", "FPE_INTDIV", 4, None),
            ("int3", "SIGTRAP", "SI_KERNEL", 1, 0),
            ("int 0x40", "SIGSEGV", "SI_KERNEL", 0, 0),
            ("int 0", "SIGSEGV", "SI_KERNEL", 0, 0),
            ("int 1", "SIGSEGV", "SI_KERNEL", 0, 0),
            ("int 13", "SIGSEGV", "SI_KERNEL", 0, 0),
            ("hlt", "SIGSEGV", "SI_KERNEL", 0, 0),
            ("cli", "SIGSEGV", "SI_KERNEL", 0, 0),
            ("in al, 0x60", "SIGSEGV", "SI_KERNEL", 0, 0),
            ("out 0x60, al", "SIGSEGV", "SI_KERNEL", 0, 0),
            ("wrmsr", "SIGSEGV", "SI_KERNEL", 0, 0),
        ):
            yield isa, assemble(isa, text), signal, code, at, address
    yield "i386", b"\xb8\xff\xff\xff\x7f\x83\xc0\x01\xce", "SIGSEGV", "SI_KERNEL", 9, 0  # into
    for word, signal, code in (
        (0x00000000, "SIGILL", "ILL_ILLOPC"),
        (0xD4200000, "SIGTRAP", "TRAP_BRKPT"),  # brk #0
        (0xD4000002, "SIGILL", "ILL_ILLOPC"),  # hvc #0
        (0xD51BE200, "SIGILL", "ILL_ILLOPC"),  # msr cntp_tval? privileged system register
        (0xD50342FF, "SIGILL", "ILL_ILLOPC"),  # msr daifclr, #2
    ):
        yield "arm64", words("arm64", word), signal, code, 0, None
    for word, signal, code in (
        (0xE7F000F0, "SIGILL", "ILL_ILLOPC"),  # udf
        (0xE7F001F0, "SIGTRAP", "TRAP_BRKPT"),
        (0xE1200070, "SIGTRAP", "TRAP_BRKPT"),  # bkpt
        (0xEE010F10, "SIGILL", "ILL_ILLOPC"),  # mcr p15, 0, r0, c1, c0, 0
        (0xEE0D0F70, "SIGILL", "ILL_ILLOPC"),  # mcr: TPIDRURO is read only
    ):
        yield "arm", words("arm", word), signal, code, 0, None
    for isa in RISCV:
        for word, signal, code in (
            (0xFFFFFFFF, "SIGILL", "ILL_ILLOPC"),
            (0x00100073, "SIGTRAP", "TRAP_BRKPT"),  # ebreak
            (0x90029002, "SIGTRAP", "TRAP_BRKPT"),  # c.ebreak
            (0x00000000, "SIGILL", "ILL_ILLOPC"),
            (0x10500073, "SIGILL", "ILL_ILLOPC"),  # wfi
            (0x30200073, "SIGILL", "ILL_ILLOPC"),  # mret
            (0x30001073, "SIGILL", "ILL_ILLOPC"),  # csrw mstatus, x0
        ):
            yield isa, words(isa, word), signal, code, 0, None
    for isa in MIPS_ISAS:
        for word, signal, code, address in (
            (0x0000000D, "SIGTRAP", "TRAP_BRKPT", None),  # break
            (0x0007000D, "SIGFPE", "FPE_INTDIV", None),  # break 7
            (0x0006000D, "SIGFPE", "FPE_INTOVF", None),  # break 6
            (0x000001F4, "SIGFPE", "FPE_INTDIV", None),  # teq zero, zero, 7
            (0x00000034, "SIGTRAP", "SI_KERNEL", 0),  # teq zero, zero
            (0xFC00003F ^ 0xFC00003F | 0x70000038, "SIGILL", "SI_KERNEL", 0),
            (0x40806000, "SIGILL", "SI_KERNEL", 0),  # mtc0 zero, status
            (0x42000020, "SIGILL", "SI_KERNEL", 0),  # wait
            (0x42000018, "SIGILL", "SI_KERNEL", 0),  # eret
        ):
            yield isa, words(isa, word), signal, code, 0, address


@pytest.mark.parametrize(
    ("isa", "code", "signal", "si_code", "at", "address"),
    list(cases()),
    ids=lambda value: value.hex() if isinstance(value, bytes) else str(value),
)
def test_an_exception_is_the_signal_linux_sends(guest, isa, code, signal, si_code, at, address):
    g = guest(isa)
    before = NOP.get(isa, bytes(4))
    g.load(before + code)
    if isa == "i386" and code.endswith(b"\xce"):
        code = code[:-1]
    pc = CODE + len(before) + at
    fault = g.run()
    assert (fault.signal, fault.code, fault.pc) == (signal, si_code, pc)
    assert fault.address == (pc if address is None else address)
    assert fault.access == 0
    assert g.cpu.pc == pc


@pytest.mark.parametrize("isa", X86)
def test_exceptions_can_repeat_without_end(guest, isa):
    g = guest(isa)
    g.asm("xor edx, edx; xor ecx, ecx; div ecx")
    for _ in range(8):
        g.cpu.pc = CODE
        assert g.run().signal == "SIGFPE"
    g.load(b"\xf4", CODE + 0x1000)
    for _ in range(8):
        g.cpu.pc = CODE + 0x1000
        assert g.run().code == "SI_KERNEL"


@pytest.mark.parametrize("isa", X86)
def test_single_stepping_traps_after_each_instruction(guest, isa):
    g = guest(isa)
    g.asm("nop; nop; nop")
    g.cpu.flags |= 0x100
    fault = g.run()
    assert (fault.signal, fault.code, fault.pc) == ("SIGTRAP", "TRAP_TRACE", CODE + 1)


@pytest.mark.parametrize("isa", X86)
def test_an_unmasked_x87_exception_is_a_sigfpe(guest, isa):
    g = guest(isa)
    stack = "rsp" if isa == "x86-64" else "esp"
    g.set(stack, g.sp)
    g.asm(f"mov word ptr [{stack}], 0x37b; fldcw [{stack}]; fldz; fld1; fdivrp st(1), st; fwait")
    fault = g.run()
    assert (fault.signal, fault.code) == ("SIGFPE", "FPE_FLTDIV")


@pytest.mark.parametrize("isa", MIPS_ISAS)
def test_signed_overflow_is_a_sigfpe_on_mips(guest, isa):
    g = guest(isa)
    g.load(words(isa, 0x3C027FFF, 0x3442FFFF, 0x20420001))  # lui, ori, addi v0, v0, 1
    fault = g.run()
    assert (fault.signal, fault.code, fault.pc) == ("SIGFPE", "FPE_INTOVF", CODE + 8)
    assert g.reg("v0") == 0x7FFFFFFF


@pytest.mark.parametrize("isa", RISCV)
def test_a_misaligned_atomic_is_a_bus_error(guest, isa):
    g = guest(isa)
    g.map(DATA, R | W)
    g.load(words(isa, 0x13, 0x00A5A02F))  # amoadd.w zero, a0, (a1)
    g.set("a1", DATA + 2)
    fault = g.run()
    assert (fault.signal, fault.code, fault.pc) == ("SIGBUS", "BUS_ADRALN", CODE + 4)


@pytest.mark.parametrize("isa", ["arm64", "arm"])
def test_a_misaligned_exclusive_is_a_bus_error(guest, isa):
    g = guest(isa)
    g.map(DATA, R | W)
    g.asm("ldxr w0, [x1]" if isa == "arm64" else "ldrex r0, [r1]")
    g.set("x1" if isa == "arm64" else "r1", DATA + 2)
    fault = g.run()
    assert (fault.signal, fault.code, fault.pc) == ("SIGBUS", "BUS_ADRALN", CODE)


@pytest.mark.parametrize("isa", ["arm64", *RISCV])
def test_a_misaligned_jump_target_does_not_run(guest, isa):
    g = guest(isa)
    g.load(NOP[isa] * 4)
    g.cpu.pc = CODE + (2 if isa == "arm64" else 1)
    fault = g.run()
    if isa == "arm64":
        assert (fault.signal, fault.code) == ("SIGBUS", "BUS_ADRALN")


@pytest.mark.parametrize("isa", RISCV)
@pytest.mark.parametrize(("word", "shift"), [(0xC01022F3, 0), (0xC81022F3, 32)])
def test_rdtime_reads_the_guests_clock(guest, isa, word, shift):
    g = guest(isa)
    g.cpu.time_source = lambda: 0x0000_0007_89AB_CDEF
    g.load(words(isa, word))
    fault = g.run()
    if shift and isa == "riscv64":
        assert fault.signal == "SIGILL"  # There is no timeh.
    else:
        assert fault is None
        assert g.reg("t0") == 0x7_89AB_CDEF >> shift & g.isa.word_mask


@pytest.mark.parametrize(
    ("isa", "word"),
    [("arm64", word) for word in (0xD503203F, 0xD503205F, 0xD503207F, 0xD503209F)]
    + [("arm", word) for word in (0xE320F001, 0xE320F002, 0xE320F003, 0xE320F004)],
    ids=str,
)
def test_hints_do_nothing(guest, isa, word):
    """yield, wfe, wfi and sev."""
    g = guest(isa)
    g.load(words(isa, word, word) + NOP[isa])
    assert g.run() is None
    assert g.traps == ["svc"]
    assert g.trap_pcs == [CODE + 16]


@pytest.mark.parametrize("hint", ["yield", "wfe", "wfi", "sev"])
def test_thumb_hints_do_nothing(guest, hint):
    g = guest("arm")
    g.load(assemble("thumb", f"{hint}; {hint}.w; movs r0, #5; svc #0"))
    g.cpu.branch(CODE | 1)
    assert g.run() is None
    assert g.reg("r0") == 5
    assert g.trap_pcs == [CODE + 10]


@pytest.mark.parametrize("crm_op2", [(0, 0), (4, 0), (6, 0), (6, 1), (7, 2)])
def test_arm64_id_registers_are_emulated(guest, crm_op2):
    g = guest("arm64")
    crm, op2 = crm_op2
    g.load(words("arm64", 0xD5380000 | crm << 8 | op2 << 5 | 3))
    assert g.run() is None
    if crm_op2 == (6, 0):
        assert g.reg("x3") >> 20 & 15 == 2  # atomics, as AT_HWCAP says
    if crm_op2 == (4, 0):
        assert g.reg("x3") & 0xFF == 0x11
