"""sigset_t in user memory: words of the caller's long, in its own numbers and byte order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emu.kernel.signal.numbers import signal_numbers

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.task import Task


def sigset_size(abi: Abi) -> int:
    """sizeof(sigset_t) in the kernel: 8 bytes, on MIPS 16."""
    return signal_numbers(abi).count // 8


def pack_sigset(abi: Abi, signals: int) -> bytes:
    """A set of the kernel's signals as the ABI's sigset_t."""
    numbers = signal_numbers(abi)
    bits = numbers.encode_set(signals) & ((1 << numbers.count) - 1)
    return _order(abi, bits.to_bytes(numbers.count // 8, "little"))


def unpack_sigset(abi: Abi, raw: bytes) -> int:
    """The kernel's signals in an ABI's sigset_t, which may be a shorter old one."""
    return signal_numbers(abi).decode_set(int.from_bytes(_order(abi, raw), "little"))


def read_sigset(task: Task, address: int) -> int:
    """The set at a user address. EFAULT."""
    return unpack_sigset(task.abi, task.mm.read(address, sigset_size(task.abi)))


def write_sigset(task: Task, address: int, signals: int) -> None:
    """Store a set at a user address. EFAULT."""
    task.mm.write(address, pack_sigset(task.abi, signals))


def _order(abi: Abi, raw: bytes) -> bytes:
    """Each word's bytes between the caller's order and little-endian; the words stay in theirs."""
    if not abi.big_endian:
        return raw
    word = abi.word_bytes
    return b"".join(raw[i : i + word][::-1] for i in range(0, len(raw), word))
