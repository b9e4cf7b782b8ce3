"""Flags and numbers with names, by the caller's own values."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from emu.trace.format.text import hexadecimal

if TYPE_CHECKING:
    from emu.arch.abi import Abi
    from emu.kernel.args import FlagFamily

# What a word without any flag is called.
NOTHING = {"mmap protection": "PROT_NONE", "access mode": "F_OK", "personality": "PER_LINUX"}
# What an unknown member is called where that is not what all names begin with.
UNKNOWN = {"timerfd flags": "TFD_???", "seccomp operation": "SECCOMP_SET_MODE_???"}
ACCESS_MODES = ("O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE")

MAP_HUGE_SHIFT = 26
MAP_HUGE_MASK = 0x3F << MAP_HUGE_SHIFT

# The kernel's names where strace has others.
RENAMED = {"FASYNC": "O_ASYNC", "__O_TMPFILE": "__O_TMPFILE", "SCHED_NORMAL": "SCHED_OTHER"}

# strace's order where it is not that of the values.
ORDER = {
    "open flags": (
        "O_CREAT", "O_EXCL", "O_NOCTTY", "O_TRUNC", "O_APPEND", "O_NONBLOCK", "O_SYNC", "O_DSYNC",
        "FASYNC", "O_DIRECT", "O_LARGEFILE", "O_NOFOLLOW", "O_NOATIME", "O_CLOEXEC", "O_PATH",
        "O_TMPFILE", "__O_TMPFILE", "O_DIRECTORY",
    ),
    "mmap flags": (
        "MAP_SHARED_VALIDATE", "MAP_SHARED", "MAP_PRIVATE", "MAP_FIXED", "MAP_ANONYMOUS",
        "MAP_32BIT", "MAP_NORESERVE", "MAP_POPULATE", "MAP_NONBLOCK", "MAP_GROWSDOWN",
        "MAP_DENYWRITE", "MAP_EXECUTABLE", "MAP_LOCKED", "MAP_HUGETLB", "MAP_STACK", "MAP_SYNC",
        "MAP_FIXED_NOREPLACE",
    ),
    "sigaction flags": (
        "SA_RESTORER", "SA_ONSTACK", "SA_RESTART", "SA_INTERRUPT", "SA_NODEFER", "SA_RESETHAND",
        "SA_SIGINFO", "SA_NOCLDSTOP", "SA_NOCLDWAIT",
    ),
    "wait options": ("WNOHANG", "WSTOPPED"),
    "getrandom flags": ("GRND_NONBLOCK", "GRND_RANDOM", "GRND_INSECURE"),
}  # fmt: skip


def flags(abi: Abi, family: FlagFamily, value: int) -> str:
    """A set of flags: ``O_RDONLY|O_CLOEXEC``, with what has no name in hexadecimal."""
    names = []
    rest = value
    if family.name == "open flags":
        names.append(ACCESS_MODES[value & family.mask])
        rest &= ~family.mask
    elif family.name == "personality":
        return personality(abi, family, value)
    for name in ordered(family):
        bits = abi.constants.get(name, 0)
        if bits and rest & bits == bits:
            names.append(shown_name(family, name))
            rest &= ~bits
    if family.name == "mmap flags" and rest & MAP_HUGE_MASK:
        names.append(f"{(rest & MAP_HUGE_MASK) >> MAP_HUGE_SHIFT}<<MAP_HUGE_SHIFT")
        rest &= ~MAP_HUGE_MASK
    if not names and not rest:
        return NOTHING.get(family.name, "0")
    if not names:
        return f"{rest:#x} /* {unknown(family)} */"
    if rest:
        names.append(f"{rest:#x}")
    return "|".join(names)


def number(abi: Abi, family: FlagFamily, value: int, bits: int = 32) -> str:
    """One of several numbers by its name."""
    mask = (1 << (bits or 64)) - 1
    for name, generic in family.values:
        if abi.constants.get(name, generic) & mask == value & mask:
            return shown_name(family, name)
    return f"{hexadecimal(value & mask)} /* {unknown(family)} */"


def ordered(family: FlagFamily) -> list[str]:
    """The family's names as strace orders them, those of several bits before their parts."""
    names = [name for name, _ in family.values]
    wanted = ORDER.get(family.name, ())
    return [n for n in wanted if n in names or n == "O_TMPFILE"] + [
        n for n in names if n not in wanted
    ]


def shown_name(family: FlagFamily, name: str) -> str:
    """What strace calls it."""
    if family.name == "wait options" and name == "WUNTRACED":
        return "WSTOPPED"
    return RENAMED.get(name, name)


def unknown(family: FlagFamily) -> str:
    """What stands for an unknown member: ``MAP_???``."""
    if family.name in UNKNOWN:
        return UNKNOWN[family.name]
    columns = zip(*(name for name, _ in family.values), strict=False)
    common = "".join(column[0] for column in takewhile(lambda c: len(set(c)) == 1, columns))
    prefix = common.rpartition("_")[0]
    return f"{prefix}_???" if prefix else "???"


def personality(abi: Abi, family: FlagFamily, value: int) -> str:
    """A personality: its number's name and then flags."""
    domain = value & family.mask
    names = [{0: "PER_LINUX", 8: "PER_LINUX32"}.get(domain) or f"{domain:#x} /* PER_??? */"]
    names += [name for name, bit in family.values if value & bit]
    return "|".join(names)
