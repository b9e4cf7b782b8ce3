"""/proc/cpuinfo: the processor, as the ISA of who asks knows it. See arch/*/kernel/cpu/proc.c.

A machine has a CPU for each instruction set; a program sees the one that runs it. The features are
those of its AT_HWCAP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emu.kernel.fs.procfs.access import current_of

if TYPE_CHECKING:
    from emu.arch.cpu import Cpu
    from emu.kernel.kernel import Kernel


def words(text: str) -> tuple[str, ...]:
    """Names by bit; - is a bit without one."""
    return tuple(text.split())


# CPUID leaf 1.
X86_EDX = words(
    "fpu vme de pse tsc msr pae mce cx8 apic - sep mtrr pge mca cmov pat pse36 pn clflush - dts "
    "acpi mmx fxsr sse sse2 ss ht tm ia64 pbe"
)
X86_ECX = words(
    "pni pclmulqdq dtes64 monitor ds_cpl vmx smx est tm2 ssse3 cid sdbg fma cx16 xtpr pdcm - pcid "
    "dca sse4_1 sse4_2 x2apic movbe popcnt tsc_deadline_timer aes xsave - avx f16c rdrand "
    "hypervisor"
)
X86_LONG_MODE = ("syscall", "nx", "lm")
"""What 64-bit programs could not run without."""

# Bits of AT_HWCAP and AT_HWCAP2: arch/arm64/kernel/cpuinfo.c, arch/arm/kernel/setup.c.
ARM64_HWCAP = words(
    "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm jscvt fcma "
    "lrcpc dcpop sha3 sm3 sm4 asimddp sha512 sve asimdfhm dit uscat ilrcpc flagm ssbs sb paca pacg"
)
ARM64_HWCAP2 = words(
    "dcpodp sve2 sveaes svepmull svebitperm svesha3 svesm4 flagm2 frint svei8mm svef32mm svef64mm "
    "svebf16 i8mm bf16 dgh rng bti mte ecv afp rpres mte3"
)
ARM_HWCAP = words(
    "swp half thumb 26bit fastmult fpa vfp edsp java iwmmxt crunch thumbee neon vfpv3 vfpv3d16 tls "
    "vfpv4 idiva idivt vfpd32 lpae evtstrm fphp asimdhp asimddp asimdfhm asimdbf16 i8mm"
)
ARM_HWCAP2 = words("aes pmull sha1 sha2 crc32 sb ssbs")
RISCV_ORDER = "imafdqcbvh"
MIPS_LEVELS = {
    32: "mips1 mips2 mips32r1 mips32r2",
    64: "mips1 mips2 mips3 mips4 mips5 mips32r1 mips32r2 mips64r1 mips64r2",
}


def show_cpuinfo(kernel: Kernel) -> bytes:
    """The one processor."""
    task = current_of(kernel)
    describe = DESCRIPTIONS.get(task.cpu.isa.name, _mips)
    return describe(task.cpu).encode()


def named(word: int, names: tuple[str, ...]) -> list[str]:
    """The names of the bits that are set."""
    return [name for bit, name in enumerate(names) if word >> bit & 1 and name != "-"]


def _x86(cpu: Cpu) -> str:
    identity = cpu.identity
    signature = identity["signature"]
    family, model = signature >> 8 & 15, signature >> 4 & 15
    if family == 15:
        family += signature >> 20 & 0xFF
    if family >= 6:
        model |= (signature >> 16 & 15) << 4
    flags = named(identity["edx"], X86_EDX)
    flags += X86_LONG_MODE if cpu.isa.word_bits == 64 else ()
    flags += named(identity["ecx"], X86_ECX)
    bits = (
        "40 bits physical, 48 bits virtual"
        if cpu.isa.word_bits == 64
        else "36 bits physical, 32 bits virtual"
    )
    vendor = identity["vendor"].to_bytes(12, "little").decode("latin-1")
    lines = [
        ("processor", 0), ("vendor_id", vendor), ("cpu family", family), ("model", model),
        ("model name", f"emu {cpu.model}"), ("stepping", signature & 15), ("physical id", 0),
        ("siblings", 1), ("core id", 0), ("cpu cores", 1), ("apicid", 0), ("initial apicid", 0),
        ("fpu", "yes"), ("fpu_exception", "yes"), ("cpuid level", 1), ("wp", "yes"),
        ("flags", " ".join(flags)), ("bugs", ""), ("clflush size", 64), ("cache_alignment", 64),
        ("address sizes", bits), ("power management", ""),
    ]  # fmt: skip
    return "".join(_column(name, value) for name, value in lines) + "\n"


def _column(name: str, value: object) -> str:
    return f"{name}{chr(9) * (2 if len(name) < 8 else 1)}: {value}".rstrip(" ") + "\n"


def _arm_identity(cpu: Cpu, architecture: str) -> str:
    midr = cpu.identity["midr"]
    return (
        f"CPU implementer\t: 0x{midr >> 24:02x}\nCPU architecture: {architecture}\n"
        f"CPU variant\t: 0x{midr >> 20 & 15:x}\nCPU part\t: 0x{midr >> 4 & 0xFFF:03x}\n"
        f"CPU revision\t: {midr & 15}\n\n"
    )


def _arm64(cpu: Cpu) -> str:
    features = named(cpu.hwcap, ARM64_HWCAP) + named(cpu.hwcap2, ARM64_HWCAP2)
    return f"processor\t: 0\nFeatures\t: {' '.join(features)} \n" + _arm_identity(cpu, "8")


def _arm(cpu: Cpu) -> str:
    features = named(cpu.hwcap, ARM_HWCAP) + named(cpu.hwcap2, ARM_HWCAP2)
    return (
        f"processor\t: 0\nmodel name\t: emu {cpu.model} (v7l)\nFeatures\t: {' '.join(features)} \n"
        + _arm_identity(cpu, "7")
        + "Hardware\t: emu\nRevision\t: 0000\nSerial\t\t: 0000000000000000\n"
    )


def _riscv(cpu: Cpu) -> str:
    letters = [x for x in RISCV_ORDER if cpu.hwcap >> (ord(x) - ord("a")) & 1]
    return (
        f"processor\t: 0\nhart\t\t: 0\nisa\t\t: rv{cpu.isa.word_bits}{''.join(letters)}\n"
        f"mmu\t\t: {'sv39' if cpu.isa.word_bits == 64 else 'sv32'}\nuarch\t\t: emu,{cpu.model}\n\n"
    )


def _mips(cpu: Cpu) -> str:
    return (
        f"system type\t\t: emu\nmachine\t\t\t: emu\nprocessor\t\t: 0\n"
        f"cpu model\t\t: MIPS {cpu.model}\nisa\t\t\t: {MIPS_LEVELS[cpu.isa.word_bits]}\n"
        "ASEs implemented\t:\npackage\t\t\t: 0\ncore\t\t\t: 0\n\n"
    )


DESCRIPTIONS: dict[str, Callable[[Cpu], str]] = {
    "x86-64": _x86, "i386": _x86, "arm64": _arm64, "arm": _arm,
    "riscv64": _riscv, "riscv32": _riscv,
}  # fmt: skip
"""By ISA; MIPS is the rest."""
