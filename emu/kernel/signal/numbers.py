"""Signal numbers at the boundary: an ABI's own and the kernel's generic ones.

Only MIPS differs, in the order of its classic signals and in having 128 of them. Its SIGEMT and
the others' SIGSTKFLT, which have no counterpart, stand for each other.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from emu.kernel.errno import EINVAL
from emu.kernel.uapi.signal import SIGNAL_NAMES, SIGRTMIN, SIGSTKFLT
from emu.record import record

if TYPE_CHECKING:
    from emu.arch.abi import Abi

GENERIC_NSIG = 64
MIPS_NSIG = 128


@record
class SignalNumbers:
    """Both directions for one ABI, as tables indexed by a classic signal's number."""

    count: int
    theirs: tuple[int, ...]
    ours: tuple[int, ...]

    @property
    def same(self) -> bool:
        """Whether the ABI uses the generic numbers."""
        return self.theirs == self.ours

    def decode(self, number: int) -> int:
        """The kernel's number of an ABI's, 0 for 0. EINVAL if the ABI has no such signal."""
        if not 0 <= number <= self.count:
            raise EINVAL(f"no signal {number}")
        return self.ours[number] if number < SIGRTMIN else number

    def encode(self, signal: int) -> int:
        """The ABI's number of one of the kernel's."""
        return self.theirs[signal] if signal < SIGRTMIN else signal

    def decode_set(self, bits: int) -> int:
        """A set in the kernel's numbers; bit 0 is signal 1."""
        return bits if self.same else _permute(bits, self.ours)

    def encode_set(self, bits: int) -> int:
        """A set in the ABI's numbers."""
        return bits if self.same else _permute(bits, self.theirs)


@functools.lru_cache(maxsize=64)
def signal_numbers(abi: Abi) -> SignalNumbers:
    """The translation for an ABI."""
    return _from_names(tuple(abi.signals.items()), abi.isa.name.startswith("mips"))


def signal_name(signal: int) -> str:
    """The name of one of the kernel's numbers: SIGSEGV, or SIGRT_3 as strace has it."""
    if signal < SIGRTMIN:
        return SIGNAL_NAMES[signal]
    return f"SIGRT_{signal - SIGRTMIN}"


@functools.cache
def _from_names(names: tuple[tuple[str, int], ...], mips: bool) -> SignalNumbers:
    numbers = dict(names)
    theirs = [numbers.get(name, 0) for name in SIGNAL_NAMES]
    theirs[SIGSTKFLT] = numbers.get("SIGSTKFLT") or numbers["SIGEMT"]
    ours = [0] * SIGRTMIN
    for signal, number in enumerate(theirs):
        ours[number] = signal
    return SignalNumbers(MIPS_NSIG if mips else GENERIC_NSIG, tuple(theirs), tuple(ours))


def _permute(bits: int, table: tuple[int, ...]) -> int:
    classic = (1 << (SIGRTMIN - 1)) - 1
    result = bits & ~classic
    bits &= classic
    while bits:
        lowest = bits & -bits
        result |= 1 << (table[lowest.bit_length()] - 1)
        bits ^= lowest
    return result
