"""Directories given by a table: what an entry is stands in a row, its inode is made when looked up.

A row names its function as ``module:function``, of this package or by its full name. The module is
imported when the function is first called, so that who reads one file does not pay for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from emu.kernel.fs.procfs.inode import ProcDirectory, ProcFile, ProcInode, ProcLink
from emu.kernel.fs.procfs.text import BUFFER_TEXT, GENERATED, TASK_TEXT
from emu.kernel.uapi.stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from emu.kernel.vfs.inode import DirEntry, Inode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emu.kernel.vfs.file_operations import FileOperations
    from emu.kernel.vfs.super_block import SuperBlock

PACKAGE = "emu.kernel.fs.procfs"


class Lazy:
    """A function of a module that is imported when it is first called: ``module:function``."""

    __slots__ = ("_found", "where")

    def __init__(self, where: str) -> None:
        self.where = where
        self._found: Any = None

    def resolve(self) -> Any:
        """The function, or whatever else the name stands for."""
        if self._found is None:
            module, _, name = self.where.partition(":")
            home = module if "." in module else f"{PACKAGE}.{module}"
            self._found = getattr(import_module(home), name)
        return self._found

    def __call__(self, *arguments: Any) -> Any:
        """Call it."""
        return self.resolve()(*arguments)


MakeInode = Callable[["TableDirectory", int], Inode]


class Row(NamedTuple):
    """One entry: its type and mode, and who makes its inode. `parts` are its lazy functions."""

    mode: int
    make: MakeInode
    parts: tuple[Lazy, ...] = ()


Table = Mapping[bytes, Row]


class TableDirectory(ProcDirectory):
    """A directory of rows about one `subject`: a task, or the kernel."""

    __slots__ = ("_first_ino", "subject", "table")

    def __init__(
        self,
        sb: SuperBlock,
        subject: Any,
        table: Table,
        mode: int = 0o555,
        *,
        uid: int = 0,
        gid: int = 0,
        ino: int = 0,
    ) -> None:
        super().__init__(sb, mode, uid=uid, gid=gid, ino=ino)
        self.subject = subject
        self.set_table(table)

    def set_table(self, table: Table) -> None:
        """Give it its rows; inode numbers are set aside for all of them."""
        self.table = table
        self._first_ino = self.sb.reserve_inos(len(table))
        self.nlink = 2 + sum(row.mode & S_IFMT == S_IFDIR for row in table.values())

    def find(self, name: bytes) -> Inode | None:
        """An entry of the table, made when it is first looked up."""
        row = self.table.get(name)
        if row is None:
            return None
        ino = self._first_ino + list(self.table).index(name)
        inode = self.entries[name] = row.make(self, ino)
        return inode

    def iterate(self) -> Sequence[DirEntry]:
        """The table in its order, then what was added, then what a subclass has."""
        rows = [
            DirEntry(name, ino, row.mode & S_IFMT)
            for ino, (name, row) in enumerate(self.table.items(), self._first_ino)
        ]
        added = [
            DirEntry(name, inode.ino, inode.mode & S_IFMT)
            for name, inode in self.entries.items()
            if name not in self.table
        ]
        return [*rows, *added, *self.others()]


def text(
    show: str,
    store: str | None = None,
    *,
    mode: int | None = None,
    operations: FileOperations = GENERATED,
) -> Row:
    """A file by ``show(subject)`` and ``store(subject, data)``."""
    shows, stores = Lazy(show), Lazy(store) if store else None
    bits = mode if mode is not None else 0o644 if store else 0o444

    def make(directory: TableDirectory, ino: int) -> Inode:
        subject = directory.subject
        return ProcFile(
            directory.sb,
            bits,
            partial(shows, subject),
            partial(stores, subject) if stores else None,
            uid=directory.uid,
            gid=directory.gid,
            ino=ino,
            operations=operations,
        )

    return Row(S_IFREG | bits, make, (shows, stores) if stores else (shows,))


def task_text(
    show: str, store: str | None = None, *, mode: int | None = None, whole: bool = True
) -> Row:
    """A file of /proc/PID; not `whole` is one that is read like a plain buffer."""
    return text(show, store, mode=mode, operations=TASK_TEXT if whole else BUFFER_TEXT)


def link(target: str) -> Row:
    """A symbolic link to what ``target(subject)`` answers: a text or a place."""
    where = Lazy(target)

    def make(directory: TableDirectory, ino: int) -> Inode:
        leads = partial(where, directory.subject)
        return ProcLink(directory.sb, leads, uid=directory.uid, gid=directory.gid, ino=ino)

    return Row(S_IFLNK | 0o777, make, (where,))


def folder(made_by: str, mode: int = 0o555) -> Row:
    """A directory that ``made_by(parent, mode, ino)`` makes."""
    maker = Lazy(made_by)

    def make(directory: TableDirectory, ino: int) -> Inode:
        made: Inode = maker(directory, mode, ino)
        return made

    return Row(S_IFDIR | mode, make, (maker,))


def special(operations: str, mode: int) -> Row:
    """A file with operations of its own, which find the subject in the inode's `private`."""
    found = Lazy(operations)

    def make(directory: TableDirectory, ino: int) -> Inode:
        inode = SpecialFile(
            directory.sb, S_IFREG | mode, uid=directory.uid, gid=directory.gid, ino=ino
        )
        inode.private = directory.subject
        inode.fop = found.resolve()
        return inode

    return Row(S_IFREG | mode, make, (found,))


class SpecialFile(ProcInode):
    """A file that is not a generated text."""

    __slots__ = ()

    def truncate(self, size: int) -> None:
        """What a shell's > does before it writes: nothing to cut."""
