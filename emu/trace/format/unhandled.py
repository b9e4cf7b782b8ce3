"""Calls that no handler answers: by the C types of the kernel's own signature."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from emu.arch.abi import signatures
from emu.kernel.errno import KernelError
from emu.trace.format.text import hexadecimal, octal, pointer, quoted, signed

if TYPE_CHECKING:
    from emu.trace.format.call import Call

SIGNED = ("int", "pid_t", "key_t", "clockid_t", "timer_t", "long", "loff_t", "off_t")
UNSIGNED = ("unsigned int", "unsigned", "uid_t", "gid_t", "size_t", "qid_t")
WORDS = ("long", "size_t", "loff_t", "off_t")
PATH_NAMES = ("path", "name")
FD_NAMES = ("dfd", "olddfd", "newdfd")
# Sizes, signatures and flags that strace shows in hexadecimal.
HEXADECIMAL = ("rseq_len", "sig_hex")

Parameters = tuple[tuple[str, str], ...]


@functools.cache
def signature(entry: str, abi: str) -> Parameters | None:
    """The parameters of an entry point as ``(C type, name)``; None if nobody declares it."""
    table = all_signatures()
    for name in (entry, entry.removeprefix("compat_")):
        for candidate in table.get(name, ()):
            if not candidate.abis or abi in candidate.abis:
                return candidate.parameters
    return None


all_signatures = functools.cache(signatures)


def arguments(call: Call) -> list[str]:
    """All arguments; six words in hexadecimal if nothing is known of the call."""
    words = call.event.arguments
    row = call.abi.syscalls.get(call.event.number)
    parameters = signature(row.entry, call.abi.name) if row else None
    if parameters is None:
        return [f"{word:#x}" if word else "0" for word in words]
    if call.name == "rseq":
        return [pointer(words[0]), *(hexadecimal(word & 0xFFFFFFFF) for word in words[1:4])]
    shown = zip(parameters, words, strict=False)
    return [argument(call, kind, name, word) for (kind, name), word in shown]


def argument(call: Call, kind: str, name: str, word: int) -> str:
    """One argument by its C type."""
    kind = kind.removeprefix("const ").removeprefix("__user ").strip()
    if kind.endswith("*"):
        if kind.startswith("char") and name.endswith(PATH_NAMES) and word:
            try:
                return quoted(call.mm.read_string(word, 4096))
            except KernelError:
                return pointer(word)
        return pointer(word)
    if kind == "umode_t":
        return octal(word & 0xFFFF)
    bits = call.word_bits if kind in WORDS else 32
    if kind in SIGNED or (kind == "unsigned int" and name in ("fd", *FD_NAMES)):
        value = signed(word, bits)
        return "AT_FDCWD" if value == -100 and name in FD_NAMES else str(value)
    if kind in UNSIGNED:
        return str(word & ((1 << bits) - 1))
    return hexadecimal(word)
