"""Signals and sets of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.numbers import signal_numbers

if TYPE_CHECKING:
    from emu.arch.abi import Abi

SIGRTMIN = 32


def signal(abi: Abi, number: int) -> str:
    """A signal of the caller's numbers by its name: SIGSEGV, SIGRTMIN, SIGRT_1."""
    if number in abi.signal_names:
        return abi.signal_names[number]
    if SIGRTMIN <= number <= signal_numbers(abi).count:
        return "SIGRTMIN" if number == SIGRTMIN else f"SIGRT_{number - SIGRTMIN}"
    return str(number)


def sigset(abi: Abi, bits: int) -> str:
    """A set of the caller's signals: ``[INT CHLD]``, or ``~[...]`` when most are in it."""
    count = signal_numbers(abi).count
    bits &= (1 << count) - 1
    inverted = bits.bit_count() >= count * 2 // 3
    if inverted:
        bits ^= (1 << count) - 1
    names = [
        signal(abi, number).removeprefix("SIG")
        for number in range(1, count + 1)
        if bits >> (number - 1) & 1
    ]
    return ("~" if inverted else "") + f"[{' '.join(names)}]"


def bits_of(abi: Abi, raw: bytes) -> int:
    """The bits of a sigset_t in the caller's own numbers."""
    word = abi.word_bytes
    parts = [raw[i : i + word] for i in range(0, len(raw), word)]
    order = abi.byte_order
    return sum(int.from_bytes(p, order) << 8 * word * i for i, p in enumerate(parts))
