"""Reading events from a descriptor: what inotify and fanotify have in common."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

from emu.kernel.errno import EAGAIN
from emu.kernel.fs.anon_inode import AnonFile
from emu.kernel.uapi.fcntl import O_NONBLOCK
from emu.kernel.uapi.ioctl import FIONREAD
from emu.kernel.uapi.poll import POLLIN
from emu.kernel.wait import WaitQueue

if TYPE_CHECKING:
    from emu.kernel.task import Task
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.file_operations import PollTable, Result
    from emu.kernel.vfs.inode import Inode


class EventGroup(Protocol):
    """Events that wait to be read."""

    queue: deque[Any]
    wait: WaitQueue

    def close(self) -> None:
        """Nobody can read any more."""


class EventOperations(AnonFile):
    """The file operations of a group of events, which is the file's private data."""

    def take(self, file: File, buffer: Buffer) -> int:
        """Give a reader the events that fit: how many bytes. EINVAL if not even one fits."""
        raise NotImplementedError

    def waiting(self, file: File) -> int:
        """How many bytes all events take."""
        raise NotImplementedError

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """As many events as fit, at least one."""
        group: EventGroup = file.private_data
        if group.queue:
            return self.take(file, buffer)
        if file.flags & O_NONBLOCK:
            raise EAGAIN
        return self._read_later(file, group, buffer)

    async def _read_later(self, file: File, group: EventGroup, buffer: Buffer) -> int:
        while not group.queue:
            await group.wait.wait()
        return self.take(file, buffer)

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Readable while there are events."""
        group: EventGroup = file.private_data
        if waits is not None:
            waits.append(group.wait)
        return POLLIN if group.queue else 0

    def unlocked_ioctl(self, file: File, task: Task, cmd: int, arg: int) -> Result:
        """FIONREAD: how many bytes all events take."""
        if cmd != FIONREAD:
            return super().unlocked_ioctl(file, task, cmd, arg)
        task.mm.write_u32(arg, self.waiting(file))
        return 0

    def release(self, inode: Inode, file: File) -> None:
        """The group ends."""
        group: EventGroup = file.private_data
        group.close()
