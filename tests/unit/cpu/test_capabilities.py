"""AT_HWCAP tells the truth: what is advertised executes, on every model."""

import mmap

import pytest

from emu.arch.isa import ISAS
from emu.cpu import create_cpu, models
from tests.unit.cpu.support import ALL_ISAS, CODE, DATA, TRAP, R, W, X, words

# Bit of AT_HWCAP (or AT_HWCAP2) -> an instruction that needs it.
ARM64 = {
    0: 0x1E622820, 1: 0x4EA28420, 3: 0x4E284820, 4: 0x0EE0E000, 5: 0x5E280800, 6: 0x5E282800,
    7: 0x1AC24020, 8: 0xB8200021, 9: 0x1EE22820, 10: 0x4E421420, 11: 0xD5380000, 12: 0x6E828420,
    13: 0x1E7E0020, 14: 0x6E42C420, 15: 0xB8BFC020, 16: 0xD50B7C21, 17: 0xCE020C20, 18: 0xCE63C020,
    19: 0xCEC08420, 20: 0x4E829420, 21: 0xCE708420, 23: 0x0E22EC20, 24: 0xD53B42A0, 26: 0x99400020,
    27: 0xBA00842D, 29: 0xD50330FF,
}  # fmt: skip
ARM64_2 = {0: 0xD50B7D21, 7: 0xD500401F, 8: 0x1E684020, 16: 0xD53B2400}
ARM = {
    1: 0xE1D100B0, 6: 0xEE310A01, 7: 0xE1010280, 12: 0xF2200840, 13: 0xEEB70A00, 15: 0xEE1D0F70,
    16: 0xEEA10A01, 17: 0xE710F110, 19: 0xEE701BA0, 20: 0xE1C120D0,
}  # fmt: skip
ARM_2 = {0: 0xF3B00300, 1: 0xF2A00E80, 2: 0xF3B902C0, 3: 0xF3BA03C0, 4: 0xE1010042}


def executes(isa, model, word):
    """Whether one instruction raises no SIGILL."""
    ram = mmap.mmap(-1, 1 << 20)
    cpu = create_cpu(ISAS[isa], ram, model=model)
    code = words(isa, word) + TRAP[isa]
    ram[0x1000 : 0x1000 + len(code)] = code
    cpu.use({CODE >> 12: 0x1000 | R | X, DATA >> 12: 0x2000 | R | W}, lambda page, access: 0)
    cpu.on_trap("svc", cpu.stop)
    cpu.registers[1] = DATA
    cpu.pc = CODE
    fault = cpu.run()
    cpu.close()
    return fault is None or fault.signal != "SIGILL"


@pytest.mark.parametrize("model", models(ISAS["arm64"]))
def test_every_arm64_capability_executes(model):
    cpu = create_cpu(ISAS["arm64"], mmap.mmap(-1, 1 << 20), model=model)
    words_and_tables = ((cpu.hwcap, ARM64), (cpu.hwcap2, ARM64_2))
    cpu.close()
    wrong = [
        bit
        for hwcap, table in words_and_tables
        for bit, word in table.items()
        if hwcap >> bit & 1 and not executes("arm64", model, word)
    ]
    assert wrong == []


@pytest.mark.parametrize("model", models(ISAS["arm"]))
def test_every_arm_capability_executes(model):
    cpu = create_cpu(ISAS["arm"], mmap.mmap(-1, 1 << 20), model=model)
    words_and_tables = ((cpu.hwcap, ARM), (cpu.hwcap2, ARM_2))
    cpu.close()
    wrong = [
        bit
        for hwcap, table in words_and_tables
        for bit, word in table.items()
        if hwcap >> bit & 1 and not executes("arm", model, word)
    ]
    assert wrong == []


def test_an_old_arm64_model_does_not_claim_new_instructions():
    cpu = create_cpu(ISAS["arm64"], mmap.mmap(-1, 1 << 20), model="cortex-a72")
    assert cpu.hwcap & 1 << 8 == 0  # atomics
    assert cpu.hwcap2 == 0
    cpu.close()
    assert not executes("arm64", "cortex-a72", ARM64[8])


def test_x86_capabilities_are_those_of_cpuid(guest):
    for isa in ("x86-64", "i386"):
        g = guest(isa)
        g.asm("mov eax, 1; cpuid")
        assert g.run() is None
        assert g.reg("rdx" if isa == "x86-64" else "edx") == g.cpu.hwcap
        assert g.cpu.hwcap & 1 << 26  # SSE2


@pytest.mark.parametrize("isa", ["x86-64", "i386"])
def test_no_x86_model_claims_avx(isa):
    # VEX encoded instructions compute wrong results in this engine.
    for model in models(ISAS[isa]):
        cpu = create_cpu(ISAS[isa], mmap.mmap(-1, 1 << 20), model=model)
        ram = cpu.ram
        code = b"\xb8\x01\0\0\0\x0f\xa2" + TRAP[isa]
        ram[0x1000 : 0x1000 + len(code)] = code
        cpu.use({CODE >> 12: 0x1000 | R | X}, lambda page, access: 0)
        for way in cpu.ways:
            cpu.on_trap(way, cpu.stop)
        cpu.pc = CODE
        assert cpu.run() is None
        assert cpu.registers[1] & 1 << 28 == 0, model
        cpu.close()


@pytest.mark.parametrize(
    ("isa", "platform"),
    [("x86-64", b"x86_64"), ("i386", b"i686"), ("arm64", b"aarch64"), ("arm", b"v7l")],
)
def test_the_platform_is_what_linux_says(guest, isa, platform):
    assert guest(isa).cpu.platform == platform


@pytest.mark.parametrize("isa", [isa for isa in ALL_ISAS if isa.startswith(("mips", "riscv"))])
def test_mips_and_riscv_have_no_platform(guest, isa):
    assert guest(isa).cpu.platform is None


def test_riscv_capabilities_are_the_letters(guest):
    assert guest("riscv64").cpu.hwcap == 0x112D
