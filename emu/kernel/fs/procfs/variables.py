"""Rows of /proc/sys: numbers and strings that are attributes of the kernel or of its parts.

A variable is named by its path from the kernel, ``ipc.shmmax``. See kernel/sysctl.c.
"""

from __future__ import annotations

import re
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EINVAL
from emu.kernel.fs.procfs.inode import ProcFile
from emu.kernel.fs.procfs.rows import Row, Table, TableDirectory, text
from emu.kernel.fs.procfs.text import STRING_VARIABLE, VARIABLE
from emu.kernel.uapi.stat import S_IFDIR, S_IFREG

if TYPE_CHECKING:
    from collections.abc import Callable

    from emu.kernel.vfs.file_operations import FileOperations
    from emu.kernel.vfs.inode import Inode

INT_MAX = (1 << 31) - 1
ULONG_MAX = (1 << 64) - 1

_NUMBER = re.compile(rb"-?(0[xX][0-9a-fA-F]+|[0-9]+)")


def number(where: str, minimum: int = 0, maximum: int = INT_MAX, mode: int = 0o644) -> Row:
    """A number from `minimum` to `maximum`: see proc_dointvec_minmax."""

    def show(subject: Any) -> bytes:
        return b"%d\n" % attrgetter(where)(subject)

    def store(subject: Any, data: bytes) -> None:
        value = parse_number(data, maximum)
        if value < minimum:
            raise EINVAL(f"not a number from {minimum} on")
        assign(subject, where, value)

    return _row(mode, show, store)


def numbers(where: str, minimum: int = 0, maximum: int = INT_MAX) -> Row:
    """Several numbers with tabs between them: see proc_dointvec. Fewer change the first ones."""

    def show(subject: Any) -> bytes:
        return b"\t".join(b"%d" % each for each in attrgetter(where)(subject)) + b"\n"

    def store(subject: Any, data: bytes) -> None:
        old = attrgetter(where)(subject)
        new = [parse_number(word, maximum) for word in data.split()]
        if not 0 < len(new) <= len(old) or min(new) < minimum:
            raise EINVAL(f"up to {len(old)} numbers from {minimum} on")
        assign(subject, where, (*new, *old[len(new) :]))

    return _row(0o644, show, store)


def string(where: str, maximum: int, mode: int = 0o644) -> Row:
    """A line of at most `maximum` bytes: see proc_dostring. EINVAL for a longer one."""

    def show(subject: Any) -> bytes:
        found: bytes = attrgetter(where)(subject)
        return found + b"\n"

    def store(subject: Any, data: bytes) -> None:
        line = data.split(b"\n")[0].split(b"\0")[0]
        if len(line) > maximum:
            raise EINVAL("too long")
        assign(subject, where, line)

    return _row(mode, show, store, STRING_VARIABLE)


def fixed(value: object) -> Row:
    """What cannot be changed here."""
    shown = str(value).encode() + b"\n"
    return _row(0o444, lambda subject: shown, None)


def computed(
    show: str, store: str | None = None, *, mode: int | None = None, line: bool = False
) -> Row:
    """By functions of this package, as in `text`; a `line` can be read in pieces."""
    operations = STRING_VARIABLE if line else VARIABLE
    return text(show, store, mode=mode, operations=operations)


def group(table: Table) -> Row:
    """A directory of variables."""

    def make(directory: TableDirectory, ino: int) -> Inode:
        return TableDirectory(directory.sb, directory.subject, table, ino=ino)

    return Row(S_IFDIR | 0o555, make, tuple(part for row in table.values() for part in row.parts))


def assign(subject: Any, where: str, value: object) -> None:
    """Set an attribute by its path."""
    owner, _, name = where.rpartition(".")
    setattr(attrgetter(owner)(subject) if owner else subject, name, value)


def parse_number(data: bytes, maximum: int) -> int:
    """The first number of a text, in C's notation. EINVAL if it is none, or too large."""
    word = next(iter(data.strip(b"\0").split()), b"")
    if not _NUMBER.fullmatch(word):
        raise EINVAL("not a number")
    digits = word.lstrip(b"-").lower()
    if digits.startswith(b"0x"):
        value = int(digits[2:], 16)
    else:
        try:
            value = int(digits, 8 if digits.startswith(b"0") and digits != b"0" else 10)
        except ValueError:
            raise EINVAL("not a number") from None
    if word.startswith(b"-"):
        value = -value
    if value > maximum:
        raise EINVAL(f"not a number up to {maximum}")
    return value


def _row(
    mode: int,
    show: Callable[[Any], bytes],
    store: Callable[[Any, bytes], None] | None,
    operations: FileOperations = VARIABLE,
) -> Row:
    def make(directory: TableDirectory, ino: int) -> Inode:
        subject = directory.subject
        stores = None if store is None or not mode & 0o222 else partial(store, subject)
        return ProcFile(
            directory.sb, mode, partial(show, subject), stores, ino=ino, operations=operations
        )

    return Row(S_IFREG | mode, make)
