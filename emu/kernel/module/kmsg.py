"""/dev/kmsg: the kernel's log, message by message. See Documentation/ABI/testing/dev-kmsg."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from emu.kernel.errno import EAGAIN, EFAULT, EINVAL, EPERM, EPIPE, ESPIPE
from emu.kernel.module.printk import (
    FACILITY_SHIFT,
    LEVEL_MASK,
    LOG_USER,
    KernelLog,
)
from emu.kernel.uaccess import copy_whole
from emu.kernel.uapi.capability import CAP_SYS_ADMIN, CAP_SYSLOG
from emu.kernel.uapi.fcntl import O_ACCMODE, O_NONBLOCK, O_WRONLY
from emu.kernel.uapi.fs import SEEK_DATA, SEEK_END, SEEK_SET
from emu.kernel.uapi.poll import POLLERR, POLLIN, POLLPRI, POLLRDNORM
from emu.kernel.vfs.file_operations import FileOperations, PollTable, Result

if TYPE_CHECKING:
    from emu.kernel.uaccess import Buffer
    from emu.kernel.vfs.file import File
    from emu.kernel.vfs.inode import Inode

WRITE_MAX = 1024
_PREFIX = re.compile(rb"<([0-9]{1,10})>")


class KmsgDevice(FileOperations):
    """Each open file has its own place in the log: ``file.private_data``."""

    def open(self, inode: Inode, file: File) -> Awaitable[None] | None:
        """Begin at the oldest message. EPERM for readers who may not."""
        if file.flags & O_ACCMODE != O_WRONLY:
            cred = file.cred
            if not cred.capable(CAP_SYSLOG) and not cred.capable(CAP_SYS_ADMIN):
                raise EPERM("the kernel's messages need CAP_SYSLOG")
        file.private_data = log_of(file).first_seq
        return None

    def read(self, file: File, buffer: Buffer, pos: int) -> Result:
        """The next message. EAGAIN; EPIPE when it was overwritten; EINVAL if there is no room."""
        log = log_of(file)
        if file.private_data >= log.next_seq:
            if file.flags & O_NONBLOCK:
                raise EAGAIN
            return self._read_later(file, buffer, log)
        return self._take(file, buffer, log)

    async def _read_later(self, file: File, buffer: Buffer, log: KernelLog) -> int:
        while file.private_data >= log.next_seq:
            await log.changed.wait()
        return self._take(file, buffer, log)

    def _take(self, file: File, buffer: Buffer, log: KernelLog) -> int:
        if file.private_data < log.first_seq:
            file.private_data = log.first_seq
            raise EPIPE("messages were overwritten")
        line = log.at(file.private_data).kmsg_line()
        if len(line) > buffer.count:
            raise EINVAL("the message does not fit")
        file.private_data += 1
        if buffer.copy_to(line) < len(line):
            raise EFAULT
        return len(line)

    def write(self, file: File, buffer: Buffer, pos: int) -> Result:
        """One message, with a priority in ``<>`` if it likes. EINVAL when too long."""
        count = buffer.count
        if count > WRITE_MAX:
            raise EINVAL("message too long")
        text = copy_whole(buffer, count)
        log = log_of(file)
        level, facility = log.default_loglevel, LOG_USER
        prefix = _PREFIX.match(text)
        if prefix:
            priority = int(prefix[1])
            level = priority & LEVEL_MASK
            facility = (priority >> FACILITY_SHIFT & 0xFF) or LOG_USER
            text = text[prefix.end() :]
        log.log(level, text.removesuffix(b"\n"), facility)
        return count

    def llseek(self, file: File, offset: int, whence: int) -> int:
        """To the oldest message, the last cleared, or the end. ESPIPE for offsets, EINVAL."""
        if offset:
            raise ESPIPE
        log = log_of(file)
        places = {SEEK_SET: log.first_seq, SEEK_DATA: log.clear_seq, SEEK_END: log.next_seq}
        if whence not in places:
            raise EINVAL("no such place in the log")
        file.private_data = places[whence]
        return 0

    def poll(self, file: File, waits: PollTable | None) -> int:
        """Readable while there are messages."""
        log = log_of(file)
        if waits is not None:
            waits.append(log.changed)
        if file.private_data >= log.next_seq:
            return 0
        lost = file.private_data < log.first_seq
        return POLLIN | POLLRDNORM | (POLLERR | POLLPRI if lost else 0)


def log_of(file: File) -> KernelLog:
    """The log of a file's machine."""
    return file.inode.sb.vfs.kernel.part(KernelLog)
