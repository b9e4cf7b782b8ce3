"""The operation of a futex call."""

from __future__ import annotations

from emu.kernel.uapi.futex import FUTEX_CLOCK_REALTIME, FUTEX_COMMANDS, FUTEX_PRIVATE_FLAG
from emu.trace.format.text import hexadecimal

WITH_CLOCK = ("FUTEX_WAIT", "FUTEX_WAIT_BITSET", "FUTEX_WAIT_REQUEUE_PI", "FUTEX_LOCK_PI2")


def operation(op: int) -> str:
    """FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME."""
    command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)
    if not 0 <= command < len(FUTEX_COMMANDS):
        return f"{op & 0xFFFFFFFF:#x} /* FUTEX_??? */"
    name = FUTEX_COMMANDS[command]
    if op & FUTEX_CLOCK_REALTIME and name not in WITH_CLOCK:
        return f"{op & 0xFFFFFFFF:#x} /* FUTEX_??? */"
    if op & FUTEX_PRIVATE_FLAG:
        name += "|FUTEX_PRIVATE_FLAG" if name == "FUTEX_FD" else "_PRIVATE"
    return name + ("|FUTEX_CLOCK_REALTIME" if op & FUTEX_CLOCK_REALTIME else "")


def arguments_shown(op: int) -> int:
    """How many of a futex call's arguments its operation has."""
    command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)
    if not 0 <= command < len(FUTEX_COMMANDS):
        return 6
    return {
        "FUTEX_WAIT": 4, "FUTEX_WAKE": 3, "FUTEX_FD": 3, "FUTEX_REQUEUE": 5,
        "FUTEX_CMP_REQUEUE": 6, "FUTEX_WAKE_OP": 6, "FUTEX_LOCK_PI": 4, "FUTEX_UNLOCK_PI": 2,
        "FUTEX_TRYLOCK_PI": 2, "FUTEX_LOCK_PI2": 4, "FUTEX_WAIT_REQUEUE_PI": 5,
    }.get(FUTEX_COMMANDS[command], 6)  # fmt: skip


def changes(op: int) -> str:
    """What FUTEX_WAKE_OP does to the other word and compares it with: see FUTEX_OP."""
    kinds = ("SET", "ADD", "OR", "ANDN", "XOR")
    compared = ("EQ", "NE", "LT", "LE", "GT", "GE")
    change, comparison = op >> 28 & 7, op >> 24 & 15
    parts = ["FUTEX_OP_OPARG_SHIFT<<28"] if op >> 31 else []
    parts.append(
        f"FUTEX_OP_{kinds[change]}<<28"
        if change < len(kinds)
        else f"{change:#x}<<28 /* FUTEX_OP_??? */"
    )
    parts.append(f"{hexadecimal(op >> 12 & 0xFFF)}<<12")
    parts.append(
        f"FUTEX_OP_CMP_{compared[comparison]}<<24"
        if comparison < len(compared)
        else f"{comparison:#x}<<24 /* FUTEX_OP_CMP_??? */"
    )
    return "|".join([*parts, hexadecimal(op & 0xFFF)])
