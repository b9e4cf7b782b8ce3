"""The files of models: reading makes a text, writing takes one, commands look into a table."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.device_models.behaviour import Command, Reader, Writer, find_command
from emu.kernel.errno import EINVAL
from emu.kernel.fs.single import SingleText
from emu.kernel.module.file import raw_command
from emu.kernel.uaccess import copy_whole
from emu.kernel.vfs.file_operations import FileOperations, Result

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

WRITE_MAX = 1 << 20


class ModelFile(FileOperations):
    """One modelled file or device."""

    def __init__(self, read: Reader | None, write: Writer | None, commands: list[Command]) -> None:
        self._read, self._write, self._commands = read, write, commands

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Nothing read yet."""
        file.private_data = SingleText()
        return None

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The text, made when reading begins. EINVAL without one."""
        if self._read is None:
            raise EINVAL("the model cannot be read")
        state: SingleText = file.private_data
        return state.read(buffer, pos, self._read)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """All at once. EINVAL if nothing takes it."""
        if self._write is None:
            raise EINVAL("the model cannot be written")
        count = min(buffer.count, WRITE_MAX)
        data = copy_whole(buffer, count)
        self._write(data)
        return count

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """What the table says. ENOTTY; EFAULT."""
        row = find_command(self._commands, raw_command(task, cmd))
        result = row.answer()
        if row.out:
            task.mm.write(arg, row.out)
        return result
