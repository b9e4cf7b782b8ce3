"""What an arm64 model can do, as its ID registers say and as Linux tells user code.

See Documentation/arch/arm64/{elf_hwcaps,cpu-feature-registers}.rst.
"""

from __future__ import annotations

from collections.abc import Mapping

_Place = tuple[int, int, int, int, int]

# Name -> (crn, crm, op0, op1, op2).
ID_REGISTERS: dict[str, _Place] = {
    "MIDR": (0, 0, 3, 0, 0),
    "PFR0": (0, 4, 3, 0, 0),
    "ISAR0": (0, 6, 3, 0, 0),
    "ISAR1": (0, 6, 3, 0, 1),
    "MMFR2": (0, 7, 3, 0, 2),
}

# Capability bit -> (register, field's lowest bit, least value). What EL0 cannot use here although
# the model has it is left out: SVE (trapped) and pointer authentication (no keys are enabled).
_HWCAP = {
    3: ("ISAR0", 4, 1), 4: ("ISAR0", 4, 2), 5: ("ISAR0", 8, 1), 6: ("ISAR0", 12, 1),
    7: ("ISAR0", 16, 1), 8: ("ISAR0", 20, 2), 12: ("ISAR0", 28, 1), 13: ("ISAR1", 12, 1),
    14: ("ISAR1", 16, 1), 15: ("ISAR1", 20, 1), 16: ("ISAR1", 0, 1), 17: ("ISAR0", 32, 1),
    18: ("ISAR0", 36, 1), 19: ("ISAR0", 40, 1), 20: ("ISAR0", 44, 1), 21: ("ISAR0", 12, 2),
    23: ("ISAR0", 48, 1), 24: ("PFR0", 48, 1), 25: ("MMFR2", 32, 1), 26: ("ISAR1", 20, 2),
    27: ("ISAR0", 52, 1), 29: ("ISAR1", 36, 1),
}  # fmt: skip
_HWCAP2 = {
    0: ("ISAR1", 0, 2), 7: ("ISAR0", 52, 2), 8: ("ISAR1", 32, 1), 13: ("ISAR1", 52, 1),
    14: ("ISAR1", 44, 1), 16: ("ISAR0", 60, 1),
}  # fmt: skip
_FP, _ASIMD, _FPHP, _ASIMDHP, _CPUID = 1 << 0, 1 << 1, 1 << 9, 1 << 10, 1 << 11
_PFR0_FP, _PFR0_ASIMD = 16, 20
_ABSENT = 15

# Fields of an ID register that user code may see: (crm, op2) -> (register, fields' lowest bits).
_VISIBLE = {
    (4, 0): ("PFR0", (16, 20, 48)),
    (6, 0): ("ISAR0", tuple(range(4, 24, 4)) + tuple(range(28, 64, 4))),
    (6, 1): ("ISAR1", (0, 12, 16, 20, 32, 36, 44, 52)),
    (7, 2): ("MMFR2", (32,)),
}


def _field(value: int, lowest_bit: int) -> int:
    return value >> lowest_bit & 15


def hwcaps(registers: Mapping[str, int]) -> tuple[int, int]:
    """AT_HWCAP and AT_HWCAP2 of a processor with these ID registers."""
    words = []
    for table in (_HWCAP, _HWCAP2):
        word = 0
        for bit, (register, lowest_bit, least) in table.items():
            if _field(registers[register], lowest_bit) >= least:
                word |= 1 << bit
        words.append(word)
    for lowest_bit, plain, half in ((_PFR0_FP, _FP, _FPHP), (_PFR0_ASIMD, _ASIMD, _ASIMDHP)):
        level = _field(registers["PFR0"], lowest_bit)
        if level != _ABSENT:
            words[0] |= plain | (half if level else 0)
    return words[0] | _CPUID, words[1]


def visible(registers: Mapping[str, int]) -> dict[tuple[int, int], int]:
    """What MRS of an ID register gives at EL0, by (crm, op2); the others read as 0."""
    values = {(0, 0): registers["MIDR"], (0, 5): 1 << 31}
    for place, (register, fields) in _VISIBLE.items():
        mask = sum(15 << lowest_bit for lowest_bit in fields)
        values[place] = registers[register] & mask
    # EL0 and EL1 are AArch64 only, as far as user code is told.
    values[4, 0] |= 0x11
    return values
