"""Instructions around an address, by Capstone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from emu.kernel.errno import KernelError

if TYPE_CHECKING:
    from emu.arch.isa import Isa
    from emu.kernel.mm.address_space import AddressSpace

LONGEST_X86 = 15
BEFORE_X86 = 32
"""How far back to look for a place where x86's instructions can begin."""


class Instruction(NamedTuple):
    """One instruction as text."""

    address: int
    text: str


def around(
    mm: AddressSpace,
    isa: Isa,
    address: int,
    *,
    thumb: bool = False,
    before: int = 2,
    after: int = 1,
) -> list[Instruction]:
    """The instruction at an address, some before and some after; fewer where none can be read.

    x86's are of any length, so those before are a guess: the longest sequence that ends there.
    """
    disassembler = make_disassembler(isa, thumb)
    if isa.name in ("x86-64", "i386"):
        earlier = guessed_before(disassembler, mm, address)[-before:] if before else []
        window = read(mm, address, LONGEST_X86 * (after + 1))
    else:
        length = 2 if thumb else 4  # of most instructions
        start = address - length * before
        earlier = decode(disassembler, read(mm, start, length * before), start)
        window = read(mm, address, length * (after + 1))
    return [*earlier, *decode(disassembler, window, address)[: after + 1]]


def guessed_before(disassembler: Any, mm: AddressSpace, address: int) -> list[Instruction]:
    """What seems to come before an x86 instruction."""
    for back in range(BEFORE_X86, 0, -1):
        start = address - back
        code = read(mm, start, back)
        found = list(disassembler.disasm(code, start)) if len(code) == back else []
        if found and found[-1].address + found[-1].size == address:
            return [Instruction(each.address, text_of(each)) for each in found]
    return []


def decode(disassembler: Any, code: bytes, address: int) -> list[Instruction]:
    """The instructions of some bytes."""
    return [Instruction(each.address, text_of(each)) for each in disassembler.disasm(code, address)]


def text_of(instruction: Any) -> str:
    """Mnemonic and operands in columns."""
    return f"{instruction.mnemonic:<7} {instruction.op_str}".rstrip()


def read(mm: AddressSpace, address: int, count: int) -> bytes:
    """As many bytes as can be read, from the first on."""
    while count > 0 and address >= 0:
        try:
            return bytes(mm.read(address, count))
        except KernelError:
            count -= 1
    return b""


def make_disassembler(isa: Isa, thumb: bool) -> Any:
    """A disassembler for an instruction set."""
    import capstone as cs

    name = isa.name
    kinds = {
        "x86-64": (cs.CS_ARCH_X86, cs.CS_MODE_64),
        "i386": (cs.CS_ARCH_X86, cs.CS_MODE_32),
        "arm": (cs.CS_ARCH_ARM, cs.CS_MODE_THUMB if thumb else cs.CS_MODE_ARM),
        "riscv64": (cs.CS_ARCH_RISCV, cs.CS_MODE_RISCV64 | cs.CS_MODE_RISCVC),
        "riscv32": (cs.CS_ARCH_RISCV, cs.CS_MODE_RISCV32 | cs.CS_MODE_RISCVC),
        "mips": (cs.CS_ARCH_MIPS, cs.CS_MODE_MIPS32),
        "mipsel": (cs.CS_ARCH_MIPS, cs.CS_MODE_MIPS32),
        "mips64": (cs.CS_ARCH_MIPS, cs.CS_MODE_MIPS64),
        "mips64el": (cs.CS_ARCH_MIPS, cs.CS_MODE_MIPS64),
        # Capstone 6 renames it.
        "arm64": (getattr(cs, "CS_ARCH_ARM64", None) or cs.CS_ARCH_AARCH64, cs.CS_MODE_ARM),
    }
    architecture, mode = kinds[name]
    order = cs.CS_MODE_BIG_ENDIAN if isa.big_endian else cs.CS_MODE_LITTLE_ENDIAN
    return cs.Cs(architecture, mode | order)
