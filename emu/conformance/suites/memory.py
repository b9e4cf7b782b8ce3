"""Mappings and their rights, brk, and what mincore, mremap and madvise make of them."""

from __future__ import annotations

from emu.conformance.checks import Argument, Checks, Wide
from emu.conformance.suites.conventions import the_largest

_PAGE = 4096
_PLACE = 0x31000000
_PROT_READ, _PROT_WRITE = 1, 2


def map_pages(
    c: Checks, count: int, flags: str = "MAP_PRIVATE|MAP_ANONYMOUS", file: Argument = -1
) -> int:
    """Anonymous or file pages at an address that checks use one after the other."""
    value = c.constant(flags) | c.constant("MAP_FIXED")
    map_at(c, _PLACE, count, value, file)
    c.result(_PLACE)
    return _PLACE


def map_at(c: Checks, address: int, count: int, flags: int, file: Argument = -1) -> None:
    """mmap or mmap2, as the ABI has it."""
    size = count * _PAGE
    if "mmap2" in c.numbers:
        c.call("mmap2", address, size, _PROT_READ | _PROT_WRITE, flags, file, 0)
    else:
        c.call("mmap", address, size, _PROT_READ | _PROT_WRITE, flags, file, 0)


def anonymous(c: Checks) -> None:
    """Zeroes that can be written, and are gone afterwards."""
    c.check("anonymous memory is zero and can be written")
    at = map_pages(c, 2)
    c.memory(at, bytes(32))
    c.store(at + _PAGE, 4, 7)
    c.word(at + _PAGE, 4, 7)
    c.check("munmap takes it away: a write there is EFAULT")
    c.call("munmap", at, 2 * _PAGE)
    c.succeeds()
    c.call("write", 1, at, 1)
    c.error("EFAULT")
    c.check("munmap of nothing succeeds")
    c.call("munmap", at, 2 * _PAGE)
    c.succeeds()
    c.check("MAP_FIXED replaces what was there")
    at = map_pages(c, 1)
    c.store(at, 4, 9)
    map_pages(c, 1)
    c.word(at, 4, 0)
    c.call("munmap", at, _PAGE)


def files(c: Checks) -> None:
    """Shared and private mappings of a file."""
    for flags, seen in (("MAP_SHARED", b"Yz"), ("MAP_PRIVATE", b"xz")):
        is_seen = "seen" if seen.startswith(b"Y") else "not seen"
        c.check(f"a store to a {flags} mapping is {is_seen} by read")
        c.call("memfd_create", c.text("conform"), 0)
        file = c.descriptor()
        c.call("pwrite64", file, c.text("xz"), 2, Wide(0))
        at = map_pages(c, 1, flags, file)
        c.memory(at, b"xz\0\0")
        c.store(at, 1, ord("Y"))
        got = c.space(2)
        c.call("pread64", file, got, 2, Wide(0))
        c.memory(got, seen)
        c.call("munmap", at, _PAGE)
        c.call("close", file)
    c.check("a write to the file is seen in a shared mapping")
    c.call("memfd_create", c.text("conform"), 0)
    file = c.descriptor()
    c.call("pwrite64", file, c.text("ab"), 2, Wide(0))
    at = map_pages(c, 1, "MAP_SHARED", file)
    c.call("pwrite64", file, c.text("Q"), 1, Wide(1))
    c.memory(at, b"aQ")
    c.call("munmap", at, _PAGE)
    c.call("close", file)


def protection(c: Checks) -> None:
    """What mprotect forbids, the kernel does not do for a program either."""
    c.check("the kernel does not write to read-only memory")
    at = map_pages(c, 1)
    c.call("mprotect", at, _PAGE, _PROT_READ)
    c.succeeds()
    c.call("getcwd", at, _PAGE)
    c.error("EFAULT")
    c.check("the kernel does not read PROT_NONE memory")
    c.call("mprotect", at, _PAGE, 0)
    c.call("write", 1, at, 1)
    c.error("EFAULT")
    c.call("munmap", at, _PAGE)
    c.check("mprotect of unmapped memory is ENOMEM")
    c.call("mprotect", at, _PAGE, _PROT_READ)
    c.error("ENOMEM")
    c.check("mprotect wants a page boundary")
    c.call("mprotect", at + 1, _PAGE, _PROT_READ)
    c.error("EINVAL")


def resizing(c: Checks) -> None:
    """mremap keeps the contents."""
    c.check("mremap grows in place, and keeps what is there")
    at = map_pages(c, 1)
    c.store(at, 4, 0x1234)
    c.call("mremap", at, _PAGE, 2 * _PAGE, 0)
    c.result(at)
    c.word(at, 4, 0x1234)
    c.word(at + _PAGE, 4, 0)
    c.check("mremap does not grow over its neighbour")
    c.call("mremap", at, _PAGE, 8 * _PAGE, 0)
    c.error("ENOMEM")
    c.check("mremap shrinks")
    c.call("mremap", at, 2 * _PAGE, _PAGE, 0)
    c.result(at)
    c.call("write", 1, at + _PAGE, 1)
    c.error("EFAULT")
    c.check("mremap moves where it is told")
    there = at + 64 * _PAGE
    c.call("mremap", at, _PAGE, _PAGE, c.constant("MREMAP_MAYMOVE|MREMAP_FIXED"), there)
    c.result(there)
    c.word(there, 4, 0x1234)
    c.call("munmap", there, _PAGE)


def program_break(c: Checks) -> None:
    """brk answers the break, moved or not."""
    c.check("brk(0) answers the break, and a larger one moves it")
    c.call("brk", 0)
    c.result_in(1, the_largest(c))
    start = c.saved()
    c.call("brk", start + 8192)
    c.value(c.saved(), start + 8192)
    c.call("brk", start)
    c.value(c.saved(), start)
    c.check("brk answers the old break when it cannot move")
    c.call("brk", 1)
    c.value(c.saved(), start)


def residency(c: Checks) -> None:
    """mincore, madvise."""
    c.check("mincore tells what was touched")
    at = map_pages(c, 2)
    c.store(at, 1, 1)
    vector = c.space(2, 0xFF)
    c.call("mincore", at, 2 * _PAGE, vector)
    c.succeeds()
    c.memory(vector, b"\1\0")
    c.check("mincore of a hole is ENOMEM")
    c.call("munmap", at + _PAGE, _PAGE)
    c.call("mincore", at, 2 * _PAGE, vector)
    c.error("ENOMEM")
    c.check("MADV_DONTNEED makes private memory zero")
    c.store(at, 4, 5)
    c.call("madvise", at, _PAGE, c.constant("MADV_DONTNEED"))
    c.succeeds()
    c.word(at, 4, 0)
    c.check("madvise refuses an unknown advice")
    c.call("madvise", at, _PAGE, 999)
    c.error("EINVAL")
    c.call("munmap", at, _PAGE)


def locking(c: Checks) -> None:
    """mlock, msync."""
    c.check("mlock and munlock of a page succeed")
    at = map_pages(c, 1)
    for call in ("mlock", "munlock"):
        c.call(call, at, _PAGE)
        c.succeeds()
    c.check("msync of a mapped page succeeds")
    c.call("msync", at, _PAGE, c.constant("MS_SYNC"))
    c.succeeds()
    c.call("munmap", at, _PAGE)
    c.check("mlock of a hole is ENOMEM")
    c.call("mlock", at, _PAGE)
    c.error("ENOMEM")


def sealed_memory(c: Checks) -> None:
    """memfd seals."""
    c.check("a sealed memfd does not grow, shrink or change")
    c.call("memfd_create", c.text("conform"), c.constant("MFD_ALLOW_SEALING"))
    file = c.descriptor()
    c.call("write", file, c.text("abc"), 3)
    c.call(
        "fcntl",
        file,
        c.constant("F_ADD_SEALS"),
        c.constant("F_SEAL_WRITE|F_SEAL_GROW|F_SEAL_SHRINK"),
    )
    c.succeeds()
    c.call("pwrite64", file, c.text("X"), 1, Wide(0))
    c.error("EPERM")
    name = "ftruncate64" if c.has("ftruncate64") else "ftruncate"
    for size in (1, 100):
        c.call(name, file, Wide(size))
        c.error("EPERM")
    c.call("fcntl", file, c.constant("F_GET_SEALS"))
    c.result(c.constant("F_SEAL_WRITE|F_SEAL_GROW|F_SEAL_SHRINK"))
    c.call("close", file)


CHECKS = (
    anonymous, files, protection, resizing, program_break, residency, locking, sealed_memory,
)  # fmt: skip
