"""How a program starts: its stack, its registers, and the auxiliary vector."""

from __future__ import annotations

from emu.conformance.checks import INITIAL_STACK, Checks, Missing

_STACK_ALIGNMENT = {"arm-oabi": 8, "arm-eabi": 8, "i386": 16}
_RDX, _RSP = 2, 4
_MIPS_V0 = 2
_RANDOM_BYTES = 16


def stack(c: Checks) -> None:
    """argc, argv, and where the stack pointer points."""
    if c.target.is_foreign:
        raise Missing("the program is of another ABI")
    word = c.abi.word_bytes
    alignment = _STACK_ALIGNMENT.get(c.abi.name, 16)
    c.check(f"the stack pointer is a multiple of {alignment}")
    c.value(INITIAL_STACK, 0, alignment - 1)
    c.check("argc is 1, and argv ends with 0")
    at = c.space(4 * word)
    c.fetch(at, INITIAL_STACK, 3 * word)
    c.word(at, word, 1)
    c.word(at + 2 * word, word, 0)
    c.check("argv[0] is the program's path")
    text = c.space(1)
    c.fetch(text, c.read(at + word, word), 1)
    c.memory(text, b"/")


def registers(c: Checks) -> None:
    """What the ABI says of registers at the start."""
    width = c.abi.convention.word_bits // 8
    if c.target.isa in ("x86-64", "i386") and not c.target.is_foreign:
        c.check("rdx, the function to call at exit, is 0")
        c.word(c.runner.entry + width * _RDX, width, 0)
        c.check("rsp is the stack pointer")
        c.value(c.read(c.runner.entry + width * _RSP, width), INITIAL_STACK)
    elif c.target.isa == "arm64":
        c.check("x0 to x30 are 0")
        c.memory(c.runner.entry, bytes(8 * 31))
    elif c.target.isa.startswith("mips"):
        c.check("v0, the function to call at exit, is 0")
        c.word(c.runner.entry + width * _MIPS_V0, width, 0)


def auxiliary_vector(c: Checks) -> None:
    """The entries that a C library cannot do without."""
    if c.target.is_foreign:
        raise Missing("the program is of another ABI")
    for name in ("AT_PHDR", "AT_PHNUM", "AT_ENTRY", "AT_UID", "AT_GID", "AT_SECURE", "AT_EXECFN"):
        c.check(f"there is an {name}")
        c.auxiliary(name)
    c.check("AT_PAGESZ is a multiple of 4096")
    c.value(c.auxiliary("AT_PAGESZ"), 0, 0xFFF)
    c.check("AT_PHENT is the size of a program header")
    c.value(c.auxiliary("AT_PHENT"), 56 if c.abi.word_bits == 64 else 32)
    c.check("AT_CLKTCK is 100")
    c.value(c.auxiliary("AT_CLKTCK"), 100)
    c.check("AT_RANDOM points at 16 bytes")
    c.fetch(c.space(_RANDOM_BYTES), c.auxiliary("AT_RANDOM"), _RANDOM_BYTES)
    c.check("AT_UID and AT_EUID are the same")
    c.value(c.auxiliary("AT_UID"), c.auxiliary("AT_EUID"))
    c.check("AT_SECURE is 0")
    c.value(c.auxiliary("AT_SECURE"), 0)


CHECKS = (stack, registers, auxiliary_vector)
