"""Behind proc_file: /proc files by a function that tells a text and one that takes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.module.ambient import this_module
from emu.kernel.module.file import Position
from emu.kernel.module.guard import awaited
from emu.kernel.module.show import as_line, stored_by
from emu.linux.fs import file_operations
from emu.linux.seq_file import seq_lseek, seq_read, seq_write, single_open
from emu.linux.uaccess import copy_from_user

if TYPE_CHECKING:
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

WRITE_MAX = 4096


def operations(show: Callable[[], Any] | None, store: Callable[..., Any] | None) -> file_operations:
    """The file operations."""

    async def show_text(m: Any, v: Any) -> None:
        assert show is not None
        seq_write(m, as_line(await awaited(show())))

    def open(inode: Inode, file: File) -> Any:
        return single_open(file, show_text, None)

    def write(file: File, buf: Any, count: int, ppos: Position) -> Any:
        from emu.linux.errno import EFAULT, EINVAL

        assert store is not None
        if count > WRITE_MAX:
            return -EINVAL
        data = bytearray(count)
        if copy_from_user(data, buf, count):
            return -EFAULT
        ppos.value += count
        return stored_by(this_module(), store, bytes(data), lambda text, n: (None, text))

    return file_operations(
        open=open if show else None,
        read=seq_read if show else None,
        llseek=seq_lseek,
        write=write if store else None,
    )
