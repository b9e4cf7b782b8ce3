"""Variables in /proc/sys. See include/linux/sysctl.h."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EINVAL, KernelError
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.fs.kernfs import KernelDirectory, KernelFile
from emu.kernel.module.ambient import this_kernel, this_module
from emu.kernel.module.buffers import CharBuffer
from emu.kernel.module.cells import Cell
from emu.kernel.module.file import Position
from emu.kernel.module.guard import awaited
from emu.kernel.module.module import Resource
from emu.kernel.module.parse import kstrtoint
from emu.linux.fs import file_operations
from emu.linux.printk import printk
from emu.linux.seq_file import seq_lseek
from emu.linux.types import c_ulong
from emu.linux.uaccess import copy_from_user, copy_to_user

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

WRITE_MAX = 1 << 16
SYSCTL_ZERO, SYSCTL_ONE, SYSCTL_INT_MAX = 0, 1, (1 << 31) - 1


class ctl_table:
    """A variable: `data` is its cell, or a list of them; `extra1` and `extra2` bound numbers."""

    def __init__(
        self,
        procname: str,
        data: Any = None,
        maxlen: int = 4,
        mode: int = 0o644,
        proc_handler: Callable[..., Any] | None = None,
        extra1: int | None = None,
        extra2: int | None = None,
    ) -> None:
        self.procname = procname
        self.data = data
        self.maxlen = maxlen
        self.mode = mode
        self.proc_handler = proc_handler or proc_dointvec
        self.extra1, self.extra2 = extra1, extra2

    @property
    def cells(self) -> list[Cell]:
        """The variables."""
        return self.data if isinstance(self.data, list) else [self.data]


class ctl_table_header:
    """Variables that were registered together."""

    def __init__(self, above: Any, names: list[bytes]) -> None:
        self.above = above
        self.names = names
        self.resource: Resource | None = None

    def remove(self) -> None:
        """Show them no more."""
        for name in self.names:
            self.above.entries.pop(name, None)


def register_sysctl(path: str, table: Iterable[ctl_table]) -> ctl_table_header | None:
    """Show variables in a directory below /proc/sys, made if need be. None if one is there."""
    directory = _directory(path)
    rows = [row for row in table if row.procname]
    for row in rows:
        if directory.lookup(row.procname.encode()) is not None:
            printk("\x013sysctl duplicate entry: /%s/%s\n", path, row.procname)
            return None
    header = ctl_table_header(directory, [row.procname.encode() for row in rows])
    for row in rows:
        operations = _file(row).operations(this_module())
        directory.entries[row.procname.encode()] = KernelFile(directory.sb, row.mode, operations)
    header.resource = this_module().made(f"variables in /proc/sys/{path}", header.remove)
    return header


register_sysctl_sz = register_sysctl


def unregister_sysctl_table(header: ctl_table_header | None) -> None:
    """Show them no more. Nothing for NULL."""
    if header is not None:
        header.remove()
        this_module().returned(header.resource)


def _directory(path: str) -> Any:
    sb = this_kernel().root_mount.vfs.procfs
    assert sb is not None
    inode: Any = sb.root.inode
    for name in ("sys", *path.strip("/").split("/")):
        below: Inode | None = inode.lookup(name.encode())
        if below is None:
            below = inode.entries[name.encode()] = KernelDirectory(inode.sb, 0o555)
        inode = below
    return inode


def _file(row: ctl_table) -> file_operations:
    """The file of a variable, which hands texts to and from the row's handler."""

    async def read(file: File, buf: Any, count: int, ppos: Position) -> Any:
        buffer, length = CharBuffer(min(count, WRITE_MAX) + 1), c_ulong(min(count, WRITE_MAX))
        result = await awaited(row.proc_handler(row, 0, buffer, length, ppos))
        if result:
            return result
        left = copy_to_user(buf, buffer, length.value)
        return -EINVAL if left else length.value

    async def write(file: File, buf: Any, count: int, ppos: Position) -> Any:
        if count >= WRITE_MAX:
            return -EINVAL
        data = bytearray(count)
        if copy_from_user(data, buf, count):
            from emu.kernel.errno import EFAULT

            return -EFAULT
        text = data.decode(errors="surrogateescape")
        length = c_ulong(count)
        return await awaited(row.proc_handler(row, 1, text, length, ppos)) or count

    return file_operations(read=read, write=write, llseek=seq_lseek)


def _show(text: str, buffer: CharBuffer, lenp: Cell, ppos: Position) -> int:
    """Put a text into a reader's buffer; nothing when it was read before."""
    if ppos.value:
        lenp.value = 0
        return 0
    raw = text.encode(errors="surrogateescape")[: lenp.value]
    buffer.store(raw)
    lenp.value = len(raw)
    ppos.value += len(raw)
    return 0


def _numbers(table: ctl_table, least: int, most: int, text: str) -> Any:
    """Take numbers for the first of the variables, or none if one is out of bounds."""
    words = text.split()
    try:
        values = [kstrtoint(word, 0, least, most) for word in words]
    except KernelError:
        return ErrnoValue(EINVAL)
    if not values or len(values) > len(table.cells):
        return ErrnoValue(EINVAL)
    for cell, value in zip(table.cells, values, strict=False):
        cell.value = value
    return 0


def proc_dointvec(table: ctl_table, write: int, buffer: Any, lenp: Cell, ppos: Position) -> Any:
    """Numbers with tabs between them."""
    return _vector(table, write, buffer, lenp, ppos, -(1 << 31), (1 << 31) - 1)


def proc_dointvec_minmax(
    table: ctl_table, write: int, buffer: Any, lenp: Cell, ppos: Position
) -> Any:
    """The same between the bounds."""
    least = -(1 << 31) if table.extra1 is None else table.extra1
    most = (1 << 31) - 1 if table.extra2 is None else table.extra2
    return _vector(table, write, buffer, lenp, ppos, least, most)


def proc_douintvec(table: ctl_table, write: int, buffer: Any, lenp: Cell, ppos: Position) -> Any:
    """Numbers without a sign."""
    return _vector(table, write, buffer, lenp, ppos, 0, (1 << 32) - 1)


def proc_doulongvec_minmax(
    table: ctl_table, write: int, buffer: Any, lenp: Cell, ppos: Position
) -> Any:
    """Large numbers between the bounds."""
    most = (1 << 64) - 1 if table.extra2 is None else table.extra2
    return _vector(table, write, buffer, lenp, ppos, table.extra1 or 0, most)


def _vector(
    table: ctl_table, write: int, buffer: Any, lenp: Cell, ppos: Position, least: int, most: int
) -> Any:
    if write:
        return _numbers(table, least, most, buffer)
    return _show("\t".join(str(c.value) for c in table.cells) + "\n", buffer, lenp, ppos)


def proc_dobool(table: ctl_table, write: int, buffer: Any, lenp: Cell, ppos: Position) -> Any:
    """A truth value, as 0 or 1."""
    if not write:
        return _show(f"{int(bool(table.data))}\n", buffer, lenp, ppos)
    if buffer.strip() not in ("0", "1"):
        return ErrnoValue(EINVAL)
    table.data.value = buffer.strip() == "1"
    return 0


def proc_dostring(table: ctl_table, write: int, buffer: Any, lenp: Cell, ppos: Position) -> Any:
    """A line of text, at most `maxlen` bytes with its NUL."""
    if not write:
        return _show(f"{table.data}\n", buffer, lenp, ppos)
    table.data.value = buffer.partition("\n")[0][: table.maxlen - 1]
    return 0
