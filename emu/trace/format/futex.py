"""The operation of a futex call."""

from __future__ import annotations

from emu.kernel.uapi.futex import FUTEX_CLOCK_REALTIME, FUTEX_COMMANDS, FUTEX_PRIVATE_FLAG


def operation(op: int) -> str:
    """FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME."""
    command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)
    if not 0 <= command < len(FUTEX_COMMANDS):
        return f"{op & 0xFFFFFFFF:#x} /* FUTEX_??? */"
    name = FUTEX_COMMANDS[command]
    if op & FUTEX_PRIVATE_FLAG:
        name += "_PRIVATE"
    return name + ("|FUTEX_CLOCK_REALTIME" if op & FUTEX_CLOCK_REALTIME else "")


def arguments_shown(op: int) -> int:
    """How many of a futex call's arguments its operation has."""
    command = op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME)
    if not 0 <= command < len(FUTEX_COMMANDS):
        return 6
    return {
        "FUTEX_WAIT": 4, "FUTEX_WAKE": 3, "FUTEX_FD": 3, "FUTEX_REQUEUE": 5,
        "FUTEX_CMP_REQUEUE": 6, "FUTEX_WAKE_OP": 6, "FUTEX_LOCK_PI": 4, "FUTEX_UNLOCK_PI": 2,
        "FUTEX_TRYLOCK_PI": 2,
    }.get(FUTEX_COMMANDS[command], 6)  # fmt: skip
