"""A module's file_operations as the VFS calls them: C's arguments, C's position, C's results."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from emu.kernel.errno import EINVAL, EIO, ENODEV, ENOTTY, ESPIPE, KernelError
from emu.kernel.module.buffers import UserPointer
from emu.kernel.module.guard import at_once, call, checked, later
from emu.kernel.uaccess import IovecBuffer, UserBuffer
from emu.kernel.uapi.fcntl import FASYNC
from emu.kernel.uapi.ioctl import IOCTL_COMMAND
from emu.kernel.uapi.poll import POLLERR
from emu.kernel.vfs.file_operations import FileOperations, PollTable, Result

if TYPE_CHECKING:
    from emu.kernel.mm.vma import Vma
    from emu.kernel.module.module import Module
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

Callback = Callable[..., Any]
COMMAND_MASK = 0xFFFFFFFF


class Position:
    """C's ``loff_t *ppos``."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


class ModuleFile(FileOperations):
    """The operations of one kind of file of a module; `callbacks` are by their C names.

    `exists` is asked before each of them: what is removed while it is open answers EIO.
    """

    advances = False

    def __init__(self, module: Module, callbacks: dict[str, Callback]) -> None:
        self.module = module
        self.callbacks = callbacks
        self._read = callbacks.get("read")
        self._write = callbacks.get("write")
        self.exists = True
        self.has_fasync = "fasync" in callbacks

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Use the module, and call its open."""
        self.module.get()
        function = self.callbacks.get("open")
        if function is None:
            return None
        try:
            opening = later(call(self.module, function, inode, file), checked)
            if isinstance(opening, int):
                self._hand_over(file)
        except BaseException:
            self.module.put()
            raise
        return None if isinstance(opening, int) else self._opened(file, opening)

    def _hand_over(self, file: File) -> None:
        """An open may have said that others serve the file, as C does: ``file->f_op = &others``."""
        given: Any = file.f_op
        if isinstance(given, FileOperations):
            return
        if not hasattr(given, "operations"):
            file.replace_fops(self)
            raise EINVAL("f_op is no file_operations")
        file.replace_fops(given.operations(self.module))

    async def _opened(self, file: File, opening: Awaitable[int]) -> None:
        try:
            await opening
            self._hand_over(file)
        except BaseException:
            self.module.put()
            raise

    def release(self, inode: Inode, file: File) -> None:
        """Call its release, and use the module no more."""
        function = self.callbacks.get("release")
        if file.flags & FASYNC and self.has_fasync:
            self._at_once(self.callbacks["fasync"], -1, file, 0)
        try:
            if function is not None:
                self._at_once(function, inode, file)
        finally:
            self.module.put()

    def flush(self, file: File) -> None:
        """Call its flush."""
        function = self.callbacks.get("flush")
        if function is not None:
            self._at_once(function, file, None)

    def _at_once(self, function: Callback, *arguments: Any) -> None:
        """Closing has no place to sleep and no error that anybody would see."""
        with contextlib.suppress(KernelError):
            at_once(self.module, function, *arguments)

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Read at the file's position, which its read moves."""
        return self._move(self._read, file, buffer, pos, own=True)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Write at the file's position, which its write moves."""
        return self._move(self._write, file, buffer, pos, own=True)

    def pread(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Read at another position."""
        return self._move(self._read, file, buffer, pos, own=False)

    def pwrite(self, file: File, buffer: Buffer, pos: int) -> Result:
        """Write at another position."""
        return self._move(self._write, file, buffer, pos, own=False)

    def _move(
        self, function: Callback | None, file: File, buffer: Buffer, pos: int, *, own: bool
    ) -> Result:
        if function is None:
            raise EINVAL("the driver has no such operation")
        if not self.exists:
            raise EIO("it was removed")
        place = Position(pos)
        pointer, count = front_of(buffer)
        done = later(call(self.module, function, file, pointer, count, place), checked)
        if not isinstance(done, int):
            return self._moved_later(file, place, done, own=own)
        if own:
            file.pos = place.value
        if 0 < done < buffer.count and done == count:
            return self._go_on(function, file, buffer, place, done, own=own)
        return done

    async def _moved_later(
        self, file: File, place: Position, doing: Awaitable[int], *, own: bool
    ) -> int:
        done = await doing
        if own:
            file.pos = place.value
        return done

    async def _go_on(
        self, function: Callback, file: File, buffer: Buffer, place: Position, done: int, *,
        own: bool,
    ) -> int:  # fmt: skip
        """The other pieces of a readv(2) or writev(2), one call each."""
        total = count = done
        try:
            while done == count:
                buffer.advance(count)
                if not buffer.count:
                    break
                pointer, count = front_of(buffer)
                more = later(call(self.module, function, file, pointer, count, place), checked)
                done = more if isinstance(more, int) else await more
                total += done
        except KernelError:
            pass  # what was moved before counts
        if own:
            file.pos = place.value
        return total

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """Ask its llseek. ESPIPE if it has none."""
        function = self.callbacks.get("llseek")
        if function is None:
            raise ESPIPE
        return checked(call(self.module, function, file, offset, whence))

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Ask its poll; without one it is always ready. What goes wrong in it is POLLERR.

        Others call this, too, when they wake somebody: it has no error of its own.
        """
        function = self.callbacks.get("poll")
        if function is None:
            return super().poll(file, waits)
        try:
            return checked(call(self.module, function, file, waits))
        except KernelError:
            return POLLERR

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """Call its ioctl with the number as this caller has it.

        Callers with words of 32 bits reach `compat_ioctl` if the driver has one, as on a 64-bit
        kernel; without it they reach the other, as on a kernel of their own. ENOTTY.
        """
        function = self.callbacks.get("unlocked_ioctl")
        if task.abi.word_bits == 32:
            function = self.callbacks.get("compat_ioctl", function)
            arg &= 0xFFFFFFFF
        if function is None:
            raise ENOTTY
        if not self.exists:
            raise EIO("it was removed")
        number = raw_command(task, cmd)
        pointer = UserPointer(arg, task.mm)
        return later(call(self.module, function, file, number, pointer), checked)

    def mmap(self, file: File, vma: Vma) -> None:
        """Ask its mmap. ENODEV if it has none."""
        function = self.callbacks.get("mmap")
        if function is None:
            raise ENODEV("it cannot be mapped")
        checked(call(self.module, function, file, vma))

    def fasync(self, task: Task, fd: int, file: File, on: bool) -> None:
        """Call its fasync: O_ASYNC was switched."""
        self._at_once(self.callbacks["fasync"], fd, file, int(on))

    def fsync(self, file: File, datasync: bool) -> None:
        """Ask its fsync. EINVAL if it has none."""
        function = self.callbacks.get("fsync")
        if function is None:
            raise EINVAL("it cannot be synced")
        self._at_once(function, file, 0, (1 << 63) - 1, datasync)


class NonSeekable(ModuleFile):
    """The same for a file that said nonseekable_open or stream_open."""

    seekable = False

    def __init__(self, original: ModuleFile) -> None:
        super().__init__(original.module, original.callbacks)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The VFS keeps no position of such files, but they have one."""
        return super().write(file, buffer, file.pos)


def front_of(buffer: Buffer) -> tuple[UserPointer, int]:
    """C's buf and count: the piece at a buffer's front.

    EINVAL for the kernel's own memory: drivers with a plain read or write have no splice.
    """
    if not isinstance(buffer, (UserBuffer, IovecBuffer)):
        raise EINVAL("the driver does not splice")
    address, length = buffer.front()
    return UserPointer(address, buffer.mm), length


def raw_command(task: Task, cmd: int) -> int:
    """The number of a command as the caller gave it; the VFS knows some by another."""
    if cmd >> 32:
        return cmd & COMMAND_MASK
    for name, value in IOCTL_COMMAND.values:
        if value == cmd:
            return task.abi.constants.get(name, cmd)
    return cmd
