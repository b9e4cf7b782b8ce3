"""Files of records, of any length, read in pieces of any size. See include/linux/seq_file.h."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EFAULT, EINVAL
from emu.kernel.errno_base import ErrnoValue
from emu.kernel.module.file import Position
from emu.kernel.module.format import ENCODERS
from emu.kernel.module.guard import awaited
from emu.kernel.uapi.fs import SEEK_CUR, SEEK_SET
from emu.kernel.vfs.file_operations import seek
from emu.linux.printk import printk
from emu.linux.uaccess import copy_to_user

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

SEQ_SKIP = 1
PAGE_SIZE = 4096
Callback = Callable[..., Any]


class StartToken:
    """What `start` answers to have a heading shown first."""


SEQ_START_TOKEN = StartToken()


class seq_operations:
    """How to go through records: start, next and stop; `show` makes a record's text."""

    def __init__(self, start: Callback, next: Callback, stop: Callback, show: Callback) -> None:
        self.start = start
        self.next = next
        self.stop = stop
        self.show = show


class seq_file:
    """One open file of records. `private` is the module's own."""

    def __init__(self, file: File, op: seq_operations, private: Any = None) -> None:
        self.file = file
        self.op = op
        self.private = private
        self.index = 0
        self.read_pos = 0
        self.text = bytearray()
        """What was made and not given yet."""

    @property
    def count(self) -> int:
        """How much text there is."""
        return len(self.text)


def seq_open(file: File, op: seq_operations) -> int:
    """Make an open file one of records."""
    file.private_data = seq_file(file, op)
    return 0


def seq_open_private(file: File, ops: seq_operations, private: Any) -> int:
    """The same with something of the module's own."""
    file.private_data = seq_file(file, ops, private)
    return 0


def single_open(file: File, show: Callback, data: Any) -> int:
    """Make an open file one of a single record: ``show(m, None)``."""
    file.private_data = seq_file(file, seq_operations(_start, _next, _stop, show), data)
    return 0


def _start(m: seq_file, pos: Position) -> Any:
    return SEQ_START_TOKEN if pos.value == 0 else None


def _next(m: seq_file, v: Any, pos: Position) -> Any:
    pos.value += 1


def _stop(m: seq_file, v: Any) -> None:
    pass


def seq_release(inode: Inode, file: File) -> int:
    """Let go of it."""
    file.private_data = None
    return 0


single_release = seq_release_private = seq_release


async def seq_read(file: File, buf: Any, size: int, ppos: Position) -> Any:
    """The text from a position: what is left of the last read first, then more records."""
    m: seq_file = file.private_data
    if ppos.value == 0:
        m.index = 0
        m.text.clear()
    if ppos.value != m.read_pos:
        error = await _traverse(m, ppos.value)
        if error < 0:
            m.read_pos = m.index = 0
            m.text.clear()
            return error
        m.read_pos = ppos.value
    if len(m.text) < size:
        error = await _fill(m, size)
        if error < 0 and not m.text:
            return error
    piece = bytes(m.text[:size])
    if piece and copy_to_user(buf, piece, len(piece)):
        return -EFAULT
    del m.text[: len(piece)]
    ppos.value += len(piece)
    m.read_pos = ppos.value
    return len(piece)


async def _traverse(m: seq_file, offset: int) -> Any:
    """Make records from the first on, and drop what lies before an offset."""
    m.index = 0
    m.text.clear()
    dropped = 0
    while dropped < offset:
        error = await _fill(m, min(offset - dropped, PAGE_SIZE))
        if error < 0:
            return error
        if not m.text:
            break
        size = min(offset - dropped, len(m.text))
        del m.text[:size]
        dropped += size
    return 0


async def _fill(m: seq_file, size: int) -> Any:
    """Make records until there is so much text, or no record is left. 0 or an error."""
    op, pos, result = m.op, Position(m.index), 0
    v = await awaited(op.start(m, pos))
    while v is not None and not isinstance(v, ErrnoValue):
        before = len(m.text)
        shown = await awaited(
            op.show(m, None if v is SEQ_START_TOKEN and op.start is _start else v)
        )
        if shown is not None and shown < 0:
            del m.text[before:]
            result = shown
            break
        if shown == SEQ_SKIP:
            del m.text[before:]
        at = pos.value
        v = await awaited(op.next(m, v, pos))
        if pos.value == at:
            printk("\x014buggy .next function %ps did not update position index\n", op.next)
            pos.value += 1
        m.index = pos.value
        if len(m.text) >= size:
            break
    if isinstance(v, ErrnoValue):
        result = v
    await awaited(op.stop(m, v))
    return result


def seq_lseek(file: File, offset: int, whence: int) -> Any:
    """lseek by offset; there is no end to seek from: -EINVAL."""
    if whence not in (SEEK_SET, SEEK_CUR):
        return -EINVAL
    return seek(file, offset, whence, 0)


def seq_printf(m: seq_file, fmt: str, *args: Any) -> None:
    """Add formatted text."""
    m.text += ENCODERS[fmt](args)


def seq_puts(m: seq_file, s: str) -> None:
    """Add a text."""
    m.text += s.encode(errors="surrogateescape")


def seq_putc(m: seq_file, c: str | int) -> None:
    """Add a letter."""
    m.text += bytes([c]) if isinstance(c, int) else c.encode()


def seq_write(m: seq_file, data: bytes | str, length: int | None = None) -> int:
    """Add bytes."""
    raw = data.encode(errors="surrogateescape") if isinstance(data, str) else data
    m.text += raw if length is None else raw[:length]
    return 0


def seq_put_decimal_ull(m: seq_file, delimiter: str, num: int) -> None:
    """Add a number behind a text."""
    seq_printf(m, "%s%llu", delimiter, num)


def seq_has_overflowed(m: seq_file) -> bool:
    """Never: there is always room."""
    return False


def seq_list_start(head: Any, pos: int) -> Any:
    """The entry at a place of a list."""
    items = list(head)
    return items[pos] if pos < len(items) else None


def seq_list_next(v: Any, head: Any, ppos: Position) -> Any:
    """The entry behind one."""
    ppos.value += 1
    return seq_list_start(head, ppos.value)


def DEFINE_SHOW_ATTRIBUTE(show: Callback) -> Any:
    """The file operations of a file of one record; what it was made with is ``m.private``."""
    from emu.linux.fs import file_operations

    def open(inode: Inode, file: File) -> Any:
        return single_open(file, show, inode.private)

    return file_operations(open=open, read=seq_read, llseek=seq_lseek, release=single_release)


DEFINE_PROC_SHOW_ATTRIBUTE = DEFINE_SHOW_ATTRIBUTE


def DEFINE_SEQ_ATTRIBUTE(ops: seq_operations) -> Any:
    """The file operations of a file of records."""
    from emu.linux.fs import file_operations

    def open(inode: Inode, file: File) -> Any:
        return seq_open_private(file, ops, inode.private)

    return file_operations(open=open, read=seq_read, llseek=seq_lseek, release=seq_release)
